"""What a service declares of itself: its APIs, its prices, what it can do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class Takes(StrEnum):
    """What one record of an API is made of; `records/mapping.py` makes it from columns."""

    PLACE = "place"  # fields: text; or structured name, housenumber, street, city, state, postcode, country
    POINT = "point"  # fields: lat, lon (decimal text, checked)
    ID = "id"  # fields: id
    WAYPOINTS = "waypoints"  # fields: waypoints as lat,lon|lat,lon
    INPUT = "input"  # fields: input, the compact JSON of one input of the service: {params?, body?}
    DEVICE = "device"  # fields: device, the compact JSON of a device to add
    DEVICE_DELETE = "deviceDelete"  # fields: device, the compact JSON of a device to delete


@dataclass(frozen=True, slots=True)
class Price:
    """What a service bills, in its own unit. dated: of when the figures are; "route" where a route overrides them.

    How many times per_record a record costs (waypoints, ranges) and what parameters make of a price say Service.units_of and .factor.
    """

    unit: str
    per_record: float
    per_submit: float = 0.0
    per_look: float = 0.0
    dated: str = ""
    known: bool = True
    """False: nobody here knows what a record costs; per_record is then 0, and every sum is only the part that is known."""


@dataclass(frozen=True, slots=True)
class Api:
    """One API of a service: what a record is, and which columns an answer has (all named bd_…).

    own_columns: columns that are parameters of the record's own in a file with the service's own header line (one with a
    recId), without the prefix that they need elsewhere. dedupe: equal records may be sent once and share the answer; false where a record is an order, not a question.
    structured: an address may be sent in its parts, see Takes.PLACE.
    language: the parameter that takes the language of the answers, "" = there is none. ignores_case: the service says that capital and
    small letters are the same to it, so records that differ in nothing else are equal.
    """

    name: str
    takes: Takes
    columns: tuple[str, ...]
    price: Price
    required_params: tuple[str, ...] = ()
    dedupe: bool = True
    own_columns: tuple[str, ...] = ()
    structured: bool = False
    language: str = ""
    ignores_case: bool = False


@dataclass(frozen=True, slots=True)
class Requests:
    """How a file that is the service's own request is read: a JSON object whose `member` is the array of its inputs.

    route_of: the other members, and the route's parameters → API and parameters, raising ConfigurationError. Each input
    then becomes the field `input` of a query, whatever the API takes otherwise.
    """

    member: str
    route_of: Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[str, dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a service can do; callers ask here instead of finding out by exceptions. Times in seconds, sizes in bytes."""

    max_records: int
    max_bytes: int
    batch_records: int  # how many records a batch has unless the route says otherwise
    two_phase: bool
    finds_lost: bool
    rings: bool
    stops: bool
    deletes: bool
    keeps_results_for: float
    first_look: float  # earliest useful look after the start
    seconds_per_record: float  # guess of the working time, for services that bill looks
    min_wait: float  # between two looks
    deadline: float  # running longer than this is STALLED
    looks_are_billed: bool = False
    requests: Requests | None = None  # its own request as a file, where it is a JSON object
    restarts: bool = False  # a job that failed may be started once more, and goes on
    lists: bool = False  # offers `list_ours`, see Lists
    requests_per_second: float | None = None
    submit_interval: float = 0.0  # between two jobs of one account
