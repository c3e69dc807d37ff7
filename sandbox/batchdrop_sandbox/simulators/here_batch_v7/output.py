"""How HERE writes results and errors: flattened columns, quoting, JSON lines."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from batchdrop_sandbox.simulators.gazetteer import Hit
from batchdrop_sandbox.simulators.here_batch_v7.settings import Settings
from batchdrop_sandbox.simulators.here_batch_v7.submission import Submission
from batchdrop_sandbox.simulators.places import Place

_STREET, _NAMED = "here:af:streetsection:", "here:cm:namedplace:"


def here_id(place: Place) -> str:
    """An id in HERE's form that can be read back."""
    if place.kind == "city":
        return _NAMED + place.id.removeprefix("city-")
    return _STREET + urlsafe_b64encode(place.id.encode()).decode().rstrip("=")


def place_of(identifier: str) -> str:
    """The place an id stands for; an unknown one gives a name that no place has."""
    if identifier.startswith(_NAMED):
        return "city-" + identifier.removeprefix(_NAMED)
    packed = identifier.removeprefix(_STREET)
    try:
        return urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except ValueError:
        return ""


def _pair(hit: Hit) -> str:
    return f"({hit.place.lat!r},{hit.place.lon!r})"  # [spec] rendered as (lat,lng)


def _result_type(hit: Hit) -> str:
    return "houseNumber" if hit.place.kind == "address" else "locality"


# [doc] flattened names, scoringQueryScore by the rule for nested fields; [client] queryScore, resultType, access…;
# a field that does not exist is an empty cell [doc]
_CELLS: Mapping[str, Callable[[Hit], str]] = {
    "title": lambda hit: hit.place.label,
    "id": lambda hit: here_id(hit.place),
    "resultType": _result_type,
    "position": _pair,
    "positionLat": lambda hit: repr(hit.place.lat),
    "positionLng": lambda hit: repr(hit.place.lon),
    "displayCoordinate": _pair,
    "access": _pair,
    "accessLatitude": lambda hit: repr(hit.place.lat),
    "accessLongitude": lambda hit: repr(hit.place.lon),
    "distance": lambda hit: str(round(hit.distance)),
    "queryScore": lambda hit: f"{hit.confidence:g}",
    "scoringQueryScore": lambda hit: f"{hit.confidence:g}",
    "address": lambda hit: hit.place.label,  # [peer] one formatted string
    "addressLabel": lambda hit: hit.place.label,
    "addressHouseNumber": lambda hit: hit.place.house_number,
    "addressStreet": lambda hit: hit.place.street,
    "addressDistrict": lambda hit: hit.place.district,
    "addressCity": lambda hit: hit.place.city,
    "addressPostalCode": lambda hit: hit.place.postcode,
    "addressCounty": lambda hit: hit.place.county,
    "addressState": lambda hit: hit.place.state,
    "addressStateCode": lambda hit: hit.place.state_code,
    "addressCountryCode": lambda hit: hit.place.country_code3,  # [doc] alpha-3
    "addressCountryName": lambda hit: hit.place.country,
    # [client] the names that Mapotempo asks for and reads
    "positionLatitude": lambda hit: repr(hit.place.lat),
    "positionLongitude": lambda hit: repr(hit.place.lon),
    "label": lambda hit: hit.place.label,
    "houseNumber": lambda hit: hit.place.house_number,
    "street": lambda hit: hit.place.street,
    "postcode": lambda hit: hit.place.postcode,
    "city": lambda hit: hit.place.city,
    "district": lambda hit: hit.place.district,
    "county": lambda hit: hit.place.county,
    "state": lambda hit: hit.place.state,
    "country": lambda hit: hit.place.country_code3,
}
_KNOWN = {name.lower(): name for name in _CELLS}

_COUNTED = ("recId", "seqNumber", "seqLength")
# [doc] default columns by service
_DEFAULT = {
    "geocode": (*_COUNTED, "position", "address", "title"),
    "revgeocode": (*_COUNTED, "displayCoordinate", "distance", "address"),
    "lookup": ("recId", "displayCoordinate", "address"),
}


class Writer:
    """Writes the rows of one job."""

    def __init__(self, job: Submission, settings: Settings) -> None:
        self._delimiter = job.delimiter
        self._jsonl = job.output_type == "jsonl"
        self._paths = tuple(part for part in job.output_filter.split(",") if part)
        self._rec_id = settings.rec_id_name
        self.columns = _columns(job, first=settings.general_columns == "first")

    def header(self) -> bytes:
        """The first line of the results; none in JSON lines [assumed]."""
        names = [self._rec_id if name == "recId" else name for name in self.columns]
        return b"" if self._jsonl else self._line(names)

    def row(self, rec_id: str, number: int, length: int, hit: Hit) -> bytes:
        """One found place of a record."""
        if self._jsonl:
            counted = {self._rec_id: rec_id, "seqNumber": number, "seqLength": length}
            item = {**counted, **_filtered(_item(hit), self._paths)}
            return json.dumps(item, ensure_ascii=False).encode() + b"\n"
        counts = {"recId": rec_id, "seqNumber": str(number), "seqLength": str(length)}
        return self._line([counts[name] if name in counts else _CELLS[name](hit) for name in self.columns])

    def nothing(self, rec_id: str) -> bytes:
        """A record without a place as a row of its own: every other cell is empty [assumed]."""
        if self._jsonl:
            return json.dumps({self._rec_id: rec_id}).encode() + b"\n"
        return self._line([rec_id if name == "recId" else "" for name in self.columns])

    def _line(self, cells: tuple[str, ...] | list[str]) -> bytes:
        return (self._delimiter.join(quoted(cell, self._delimiter) for cell in cells) + "\n").encode()


def quoted(cell: str, delimiter: str) -> str:
    """[doc] in double quotes where the value holds the delimiter; a quote in it is doubled [assumed]."""
    if delimiter not in cell and '"' not in cell and "\n" not in cell:
        return cell
    return '"' + cell.replace('"', '""') + '"'


def error_line(rec_id: str, code: int, message: Mapping[str, Any], settings: Settings) -> bytes:
    """[peer] recId|errorCode|errorMessage; the message is a JSON object and may hold pipes and quotes itself.

    As JSON lines: the three as members of an object [assumed].
    """
    if settings.errors_form == "jsonl":
        whole = {settings.rec_id_name: rec_id, "errorCode": code, "errorMessage": message}
        return json.dumps(whole, ensure_ascii=False).encode() + b"\n"
    text = json.dumps(message, ensure_ascii=False)
    return f"{rec_id}|{code}|{quoted(text, '|') if settings.quoted_errors else text}\n".encode()


def errors_header(settings: Settings) -> bytes:
    """[peer] the first line of the errors; HERE's own form is not known."""
    name = settings.rec_id_name.encode()
    return name + b"|errorCode|errorMessage\n" if settings.errors_form == "header" else b""


def _columns(job: Submission, *, first: bool) -> tuple[str, ...]:
    """[spec] names without regard to case, unknown ones ignored; the counting ones are always there [seed] [doc].

    `first`: they "always precede" whatever is asked for [spec].
    """
    if not job.output_columns:
        return _DEFAULT[job.service]
    counted = _COUNTED if job.service != "lookup" else ("recId",)
    known = {**_KNOWN, **{name.lower(): name for name in counted}}
    asked = [known[name.lower()] for name in job.output_columns if name.lower() in known]
    missing = [name for name in counted if first or name not in asked]
    return tuple(dict.fromkeys([*missing, *asked]))


def _item(hit: Hit) -> dict[str, Any]:
    """One item as the single call has it; the shape of a jsonl line is ALPHA and [assumed]."""
    place = hit.place
    address = {
        "label": place.label,
        "countryCode": place.country_code3,
        "countryName": place.country,
        "stateCode": place.state_code,
        "state": place.state,
        "city": place.city,
        "street": place.street,
        "postalCode": place.postcode,
        "houseNumber": place.house_number,
    }
    return {
        "title": place.label,
        "id": here_id(place),
        "resultType": _result_type(hit),
        "address": {name: value for name, value in address.items() if value},
        "position": {"lat": place.lat, "lng": place.lon},
        "scoring": {"queryScore": hit.confidence},
        "distance": round(hit.distance),
    }


def _filtered(item: dict[str, Any], paths: tuple[str, ...]) -> dict[str, Any]:
    """[spec] `outputFilter`: case-sensitive paths; unknown ones are ignored."""
    if not paths:
        return item
    kept: dict[str, Any] = {}
    for path in paths:
        first, _, inner = path.partition(".")
        if first in item and not inner:
            kept[first] = item[first]
        elif isinstance(item.get(first), dict) and inner in item[first]:
            kept.setdefault(first, {})[inner] = item[first][inner]
    return kept
