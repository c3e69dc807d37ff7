"""What a route may ask of the Batch Geocoder 6.2: checked before anything is sent. Names are without case [doc]. Pure.

maxresults         answers a record, 1 to 100; 1 unless said otherwise (the service's own default is 10 [doc])
outcols            further columns, see apis.MORE_COLUMNS, as a list or one text
outputcombined     true: records without a match stand among the results; false: in a file of their own [doc]
outputcompressed   true: zip; false: plain text [doc]
radius             metres around a point (reverse)
country            an input column (geocode) [doc: data input]: the only one that a record may bring itself
prox               job-wide bias (geocode) [client]; and the geocoder's job-wide defaults, handed on as they are
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.errors import ConfigurationError
from batchdrop.services.delimited import DELIMITER, as_parameter
from batchdrop.services.here_geocoder_v6.apis import FIELDS, MORE_COLUMNS, NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

COUNTRY = "country"
COMBINED, COMPRESSED = "outputcombined", "outputcompressed"
RADIUS = "250"
"""Metres, where the route has no `radius` [client: tidygeocoder, after HERE's example]."""

_HANDED_ON = (  # [doc: request parameters] [client: Geo.NET]
    *("language", "gen", "politicalview", "countryfocus", "locationattributes", "addressattributes"),
    *("responseattributes", "bbox", "mapview", "sortby", "level", "additionaldata", "minresults", "mailto"),
)
_OURS = ("maxresults", "outcols", COMBINED, COMPRESSED)
_OWN: Mapping[str, tuple[str, ...]] = {"geocode": ("prox", COUNTRY), "reverse": ("radius",)}
_NUMBER = re.compile(r"\d{1,6}(\.\d{1,3})?")


@dataclass(frozen=True, slots=True)
class Options:
    """A route's parameters, checked. fields: our column → HERE's, the API's own first; most: answers a record."""

    fields: Mapping[str, str]
    most: int
    combined: bool
    compressed: bool
    radius: str
    country: str
    handed_on: Mapping[str, str]


def options(api: str, params: Mapping[str, Any]) -> Options:
    """Raises ConfigurationError for a parameter that the API does not have, or a value that it cannot have."""
    given = {name.lower(): value for name, value in params.items()}
    unknown = sorted(set(given) - {*_HANDED_ON, *_OURS, *_OWN[api]})
    if unknown:
        raise ConfigurationError(f"{NAME} {api} has no parameter {', '.join(unknown)}")
    own = sorted(name for name, value in given.items() if value == "" and name != COUNTRY)  # see columns_for
    if own:
        raise ConfigurationError(
            f"{NAME}: {', '.join(own)} holds for a whole job; no record can have its own"
        )
    most, radius = str(given.get("maxresults", 1)), str(given.get("radius", RADIUS))
    if not re.fullmatch(r"[1-9]\d?|100", most):
        raise ConfigurationError("maxresults is a number from 1 to 100")
    if not _NUMBER.fullmatch(radius):
        raise ConfigurationError("radius is a number of metres")
    return Options(
        fields=_fields(given.get("outcols", ())),
        most=int(most),
        combined=_flag(COMBINED, given),
        compressed=_flag(COMPRESSED, given),
        radius=radius,
        country=str(given.get(COUNTRY, "")),
        handed_on={name: str(given[name]).strip() for name in (*_HANDED_ON, "prox") if name in given},
    )


def build_parameters(api: str, params: Mapping[str, Any], delimiter: str) -> dict[str, str]:
    """Return the parameters of a job: they go with the upload and, the same, with the run.

    Which of the two the service heeds is not said [assumed: either]. `outputcompressed` is for the download and only kept
    with the ticket. delimiter: of the input; "" where only the upload knew it.
    """
    chosen = options(api, params)
    mode = {"mode": "retrieveAddresses"} if api == "reverse" else {}
    return {
        **chosen.handed_on,
        **mode,
        "maxresults": str(chosen.most),
        COMBINED: _word(chosen.combined),
        COMPRESSED: _word(chosen.compressed),
        "header": "true",
        **({"indelim": as_parameter(delimiter)} if delimiter else {}),
        "outdelim": DELIMITER,
        "outcols": ",".join(chosen.fields.values()),
    }


def _flag(name: str, given: Mapping[str, Any]) -> bool:
    word = str(given.get(name, True)).lower()
    if word not in ("true", "false"):
        raise ConfigurationError(f"{name} is true or false")
    return word == "true"


def _word(flag: bool) -> str:
    return "true" if flag else "false"


def _fields(more: Any) -> Mapping[str, str]:
    """Names may be in any case; what is there already is not asked for twice."""
    names = re.split(r"[,\s]+", more.strip()) if isinstance(more, str) else more
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise ConfigurationError("outcols is a list of names")
    known = {name.lower(): name for name in MORE_COLUMNS}
    there = {name.lower() for name in FIELDS.values()} | {"recid", "seqnumber", "seqlength", ""}
    fields = dict(FIELDS)
    for name in (name for name in names if name.lower() not in there):
        if name.lower() not in known:
            raise ConfigurationError(f"outcols: there is no column {name[:64]!r}")
        fields[f"bd_{known[name.lower()]}"] = known[name.lower()]
    return fields
