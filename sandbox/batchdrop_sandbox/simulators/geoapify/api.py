"""What an API inside a Geoapify batch is: a path, a way to answer one input, a price."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Gazetteer

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """One input as the inner API sees it: merged params and body.

    `not_computed`: answer as if it took too long. `alone`: a call of its own, outside a batch, with half of the
    batch's limits [doc].
    """

    params: Params
    body: Params
    not_computed: bool = False
    alone: bool = False


class Refused(Exception):
    """The inner API refuses one input; the job goes on, the input's result is the error object."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class InnerApi:
    """`answer` raises Refused; `credits` is the price of one input before the priority factor.

    `posted`: outside a batch it is called by POST with a body, else by GET.
    """

    path: str
    answer: Callable[[Question, Gazetteer], dict[str, Any] | bytes]
    credits: Callable[[Question], float]
    posted: bool = False


def text(params: Params, name: str) -> str:
    """A parameter as text; numbers are accepted for text and the reverse [client]."""
    value = params.get(name)
    return "" if value is None else str(value).strip()


def number(params: Params, name: str, low: float, high: float) -> float:
    """A required number within limits. Raises Refused."""
    raw = text(params, name)
    if not raw:
        raise Refused(400, f'"{name}" is required')
    return parsed(raw, name, low, high)


def parsed(raw: str, name: str, low: float, high: float) -> float:
    """Text as a number within limits. Raises Refused."""
    try:
        value = float(raw)
    except ValueError:
        raise Refused(400, f'"{name}" must be a number') from None
    if not low <= value <= high:
        raise Refused(400, f'"{name}" must be between {low:g} and {high:g}')
    return value


def choice(params: Params, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
    """One of some words. Raises Refused, also when it is missing and there is no default."""
    raw = text(params, name)
    if not raw and default is not None:
        return default
    if raw not in allowed:
        raise Refused(
            400, f'"{name}" must be one of [{", ".join(allowed)}]' if raw else f'"{name}" is required'
        )
    return raw


def limit_of(params: Params, default: int) -> int:
    """The `limit` parameter; its upper end is our choice [assumed]."""
    return int(number(params, "limit", 1, 100)) if text(params, "limit") else default


# [spec] travel modes → metres per second on a usual road [assumed]
SPEEDS: Mapping[str, float] = {
    "drive": 18.0,
    "light_truck": 17.0,
    "medium_truck": 16.0,
    "truck": 15.0,
    "heavy_truck": 14.0,
    "truck_dangerous_goods": 14.0,
    "long_truck": 14.0,
    "bus": 14.0,
    "scooter": 11.0,
    "motorcycle": 18.0,
    "bicycle": 5.0,
    "mountain_bike": 4.5,
    "road_bike": 6.0,
    "walk": 1.4,
    "hike": 1.2,
    "transit": 9.0,
    "approximated_transit": 9.0,
}
