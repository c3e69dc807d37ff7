"""A route: a named way to process a file. The first path segment under `incoming/` names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Route:
    """Service, API and options. `params` are the service's own parameters, common to all records.

    dedupe: equal records are sent and paid once. batch_records: records in one batch (0 = the service's own number).
    pace: overrides of the service's waits in seconds (`first_look`, `min_wait`, `submit_interval`). hold: jobs wait until a person starts them.
    columns: field (as records/columns.py names them, or `param:<name>`) → the file's column, where names alone do not tell.
    structured: an address is sent in its parts (street, city, …), where the service takes them, instead of as one text.
    encoding, delimiter: of the file, where its first bytes do not tell; "" = found. language: of the answers, "" = the service's choice.
    max_invalid: more bad records than this share (below 1) or number hold the job. budget: "job", "day", "month" → the most that may be
    spent, in the service's unit. prices: overrides of the service's (`per_record`, `per_submit`, `per_look`, `factor`). repeats: what to do with bytes
    that were dropped before (`hold`, `warn`, `pay`; `allow` is an older name of `pay`). min_confidence: answers below it are errors, None = none are.
    output_columns: those of the API's columns that are wanted, () = all. excel: a BOM, and cells that are safe in a spreadsheet.
    secret: a name from the stack's list of further secrets, "" = the service's own. may_pay_again_up_to: what the machine may spend on
    sending a batch again whose first sending nobody can clear up.
    """

    name: str
    service: str
    api: str
    params: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    dedupe: bool = True
    batch_records: int = 0
    pace: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    hold: bool = False
    columns: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    structured: bool = False
    encoding: str = ""
    delimiter: str = ""
    language: str = ""
    max_invalid: float = 0.2
    budget: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    prices: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    repeats: str = "hold"
    min_confidence: float | None = None
    output_columns: tuple[str, ...] = ()
    excel: bool = False
    secret: str = ""
    may_pay_again_up_to: float = 0.0

    @property
    def account(self) -> str:
        """Whose account at the service: the service's name, or `<service>/<secret>` where the route names another secret."""
        return f"{self.service}/{self.secret}" if self.secret else self.service

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as kept in the job row and in job.json."""
        plain = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: _json(value) for name, value in plain.items()}

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Route:
        """The inverse of to_dict; unknown names raise TypeError."""
        return cls(**{**entry, "output_columns": tuple(entry.get("output_columns", ()))})


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


BUILT_IN: Mapping[str, Route] = MappingProxyType(
    {
        route.name: route
        for route in (
            Route("geoapify-geocode", "geoapify", "geocode", {"format": "json", "limit": 1}),
            Route("geoapify-reverse", "geoapify", "reverse", {"format": "json", "limit": 1}),
            Route("geoapify-routing", "geoapify", "routing", {"format": "json", "mode": "drive"}),
            Route(
                "geoapify-isoline",
                "geoapify",
                "isoline",
                {"format": "geojson", "mode": "drive", "type": "time", "range": 900},
            ),
            Route("here-geocode", "here_batch_v7", "geocode"),
            Route("here-reverse", "here_batch_v7", "reverse"),
            Route("here-lookup", "here_batch_v7", "lookup"),
            Route("here-v6-geocode", "here_geocoder_v6", "geocode"),
            Route("here-v6-reverse", "here_geocoder_v6", "reverse"),
            Route("here-tracking-devices", "here_tracking_v4", "devices"),
            Route("here-tracking-delete", "here_tracking_v4", "delete", hold=True),
        )
    }
)


def get_base_name(route: Route) -> str:
    """Return the built-in route that a definition for this route's service and API extends; "" when there is none."""
    if route.name in BUILT_IN:
        return route.name
    same = (name for name, base in BUILT_IN.items() if (base.service, base.api) == (route.service, route.api))
    return next(same, "")
