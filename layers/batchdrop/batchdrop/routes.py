"""A route: a named way to process a file. The first path segment under `incoming/` names it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Route:
    """Service, API and options. `params` are the service's own parameters, common to all records.

    dedupe: equal records are sent and paid once. batch_records: records in one batch (0 = the service's own number).
    pace: overrides of the service's waits in seconds (`first_look`, `min_wait`). hold: jobs wait until a person starts them.
    """

    name: str
    service: str
    api: str
    params: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    dedupe: bool = True
    batch_records: int = 0
    pace: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    hold: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as kept in the job row and in job.json."""
        return {
            "name": self.name, "service": self.service, "api": self.api, "params": dict(self.params),
            "dedupe": self.dedupe, "batch_records": self.batch_records, "pace": dict(self.pace), "hold": self.hold,
        }  # fmt: skip

    @classmethod
    def from_dict(cls, entry: Mapping[str, Any]) -> Route:
        """The inverse of to_dict; unknown names raise TypeError."""
        return cls(**entry)


_DAY = 86_400
_PACE = frozenset({"first_look", "min_wait"})
_OPTIONS = frozenset({"extends", "service", "api", "params", "dedupe", "batch_records", "pace", "hold"})


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
    for key, kind in (
        ("dedupe", bool),
        ("batch_records", int),
        ("params", dict),
        ("pace", dict),
        ("hold", bool),
    ):
        if key in entry and not isinstance(entry[key], kind):
            raise ValueError(f"`{key}` is not of the kind {kind.__name__}")
    _check_numbers(entry.get("batch_records", 0), entry.get("pace", {}))
    return Route(
        name=name,
        service=str(service),
        api=str(api),
        params={**(base.params if base else {}), **entry.get("params", {})},
        dedupe=entry.get("dedupe", True),
        batch_records=entry.get("batch_records", 0),
        pace=entry.get("pace", {}),
        hold=entry.get("hold", base.hold if base else False),
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
