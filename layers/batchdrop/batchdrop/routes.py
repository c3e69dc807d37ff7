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
    pace: overrides of the service's waits in seconds (`first_look`, `min_wait`). hold: jobs wait until a person starts them.
    columns: field (as records/columns.py names them, or `param:<name>`) → the file's column, where names alone do not tell.
    structured: an address is sent in its parts (street, city, …), where the service takes them, instead of as one text.
    encoding, delimiter: of the file, where its first bytes do not tell; "" = found. language: of the answers, "" = the service's choice.
    max_invalid: more bad records than this share (below 1) or number hold the job. budget: "job", "day", "month" → the most that may be
    spent, in the service's unit. prices: overrides of the service's (`per_record`, `per_submit`, `per_look`). repeats: what to do with bytes
    that were dropped before (`allow`, `warn`, `hold`). min_confidence: answers below it are errors, None = none are.
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
    repeats: str = "warn"
    min_confidence: float | None = None
    output_columns: tuple[str, ...] = ()
    excel: bool = False
    secret: str = ""
    may_pay_again_up_to: float = 0.0

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


_DAY = 86_400
_PACE = frozenset({"first_look", "min_wait"})
_KINDS: Mapping[str, type | tuple[type, ...]] = MappingProxyType(
    {
        "params": dict, "dedupe": bool, "batch_records": int, "pace": dict, "hold": bool, "columns": dict, "structured": bool, "encoding": str,
        "delimiter": str, "language": str, "max_invalid": (int, float), "budget": dict, "prices": dict, "repeats": str,
        "min_confidence": (int, float), "output_columns": list, "excel": bool, "secret": str, "may_pay_again_up_to": (int, float),
    }
)  # fmt: skip
_OPTIONS = frozenset({"extends", "service", "api", *_KINDS})


def parse(name: str, entry: Any) -> Route:
    """A route from its JSON document `routes/<name>.json`: `extends` a built-in route, or names `service` and `api`.

    Raises ValueError with a sentence that says what to correct.
    """
    if not isinstance(entry, dict):
        raise ValueError("the document is not a JSON object")
    unknown = sorted(set(entry) - _OPTIONS)
    if unknown:
        raise ValueError(f"unknown options {', '.join(unknown)}; known are {', '.join(sorted(_OPTIONS))}")
    base = BUILT_IN.get(str(entry.get("extends", "")))
    if base is None and not {"service", "api"} <= set(entry):
        raise ValueError(f"it needs `service` and `api`, or `extends` with one of {', '.join(BUILT_IN)}")
    service, api = (entry.get(key, getattr(base, key, "")) for key in ("service", "api"))
    for key, kind in _KINDS.items():
        if key in entry and not isinstance(entry[key], kind):
            wanted = kind.__name__ if isinstance(kind, type) else "number"
            raise ValueError(f"`{key}` is not of the kind {wanted}")
    _check_numbers(entry.get("batch_records", 0), entry.get("pace", {}))
    return Route.from_dict(
        {
            **(base.to_dict() if base else {}),
            **{key: entry[key] for key in _KINDS if key in entry},
            "name": name,
            "service": str(service),
            "api": str(api),
            "params": {**(base.params if base else {}), **entry.get("params", {})},
        }
    )


def _check_numbers(batch_records: int, pace: Mapping[str, Any]) -> None:
    """Numbers that would send or look wrongly are refused before anything is sent."""
    if isinstance(batch_records, bool) or batch_records < 0:
        raise ValueError("`batch_records` is a number of records, or 0 for the service's own")
    for name, wait in pace.items():
        if (
            name not in _PACE
            or isinstance(wait, bool)
            or not isinstance(wait, int | float)
            or not 1 <= wait <= _DAY
        ):
            raise ValueError(f"`pace` holds {' and '.join(sorted(_PACE))}, in seconds from 1 to {_DAY}")


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
