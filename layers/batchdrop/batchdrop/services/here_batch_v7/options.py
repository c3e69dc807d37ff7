"""What a route may ask of HERE Batch v7 beside its input columns: checked before anything is sent. Pure.

outputColumns   further columns of an answer, by HERE's flattened names, as a list or one text  [spec]
outputType      csv, or jsonl (ALPHA [spec]; opt-in)
outputFilter    jsonl only: paths joined by commas [spec]
billingTags     up to 6, as a list or one text [spec]
inputHeader     query (default): the columns are named by inputColumns; body: by the first line of the input [seed]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop.errors import ConfigurationError
from batchdrop.services.here_batch_v7.apis import EXTRAS, FIELDS, TWIN_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 1024
"""Characters of outputColumns and outputFilter [spec]."""

_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,14}[A-Za-z0-9]")  # 4 to 16, plain at both ends [spec]
_MOST_TAGS = 6
_COLUMN = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
_COUNTED = frozenset({"recid", "seqnumber", "seqlength"})  # always there [doc], and ours already
_NAMES = ("billingTags", "inputHeader", "outputColumns", "outputFilter", "outputType")


@dataclass(frozen=True, slots=True)
class Options:
    """A route's parameters, checked. fields: our column → HERE's, the API's own first, then the route's; columns: what is asked for."""

    fields: Mapping[str, str]
    columns: tuple[str, ...]
    jsonl: bool
    output_filter: str
    billing_tags: tuple[str, ...]
    header_in_body: bool
    """The input's columns are named by its first line, and not by a query parameter."""


def options(api: str, params: Mapping[str, Any]) -> Options:
    """Raises ConfigurationError for a parameter that this API does not have, or that HERE would refuse."""
    unknown = sorted(set(params) - {*EXTRAS[api], *_NAMES})
    if unknown:
        raise ConfigurationError(f"here_batch_v7 {api} has no parameter {', '.join(unknown)}")
    kind = params.get("outputType", "csv")
    if kind not in ("csv", "jsonl"):
        raise ConfigurationError("outputType is csv or jsonl")
    header = params.get("inputHeader", "query")
    if header not in ("query", "body"):
        raise ConfigurationError("inputHeader is query or body")
    fields = _fields(api, _listed("outputColumns", params.get("outputColumns", ())))
    return Options(
        fields=fields,
        columns=_columns(fields),
        jsonl=kind == "jsonl",
        output_filter=_filter(params.get("outputFilter", ""), jsonl=kind == "jsonl"),
        billing_tags=_tags(_listed("billingTags", params.get("billingTags", ()))),
        header_in_body=header == "body",
    )


def _listed(name: str, value: Any) -> tuple[str, ...]:
    """Texts of a list, or of one text in which they are parted by a sign that no name has. Each once."""
    found = re.split(r"[|,;+\s]+", value.strip()) if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(one, str) for one in found):
        raise ConfigurationError(f"{name} is a list of names")
    return tuple(dict.fromkeys(one.strip() for one in found if one.strip()))


def _fields(api: str, extra: tuple[str, ...]) -> Mapping[str, str]:
    fields = dict(FIELDS[api])
    known = {name.lower() for name in fields.values()} | _COUNTED
    for name in extra:
        if not _COLUMN.fullmatch(name):
            raise ConfigurationError(
                f"outputColumns: {name[:64]!r} is not a column name such as accessLatitude"
            )
        if name.lower() in known:
            continue  # it is there already, under our name
        known.add(name.lower())
        if f"bd_{name}" in fields:
            raise ConfigurationError(
                f"outputColumns: {name} would stand in the column bd_{name}, which is another"
            )
        fields[f"bd_{name}"] = name
    return fields


def _columns(fields: Mapping[str, str]) -> tuple[str, ...]:
    """What HERE is asked for: the fields, and the second names of some of them where there is room."""
    asked = tuple(fields.values())
    known = {name.lower() for name in asked}
    twins = tuple(name for name in TWIN_COLUMNS if name.lower() not in known)
    if _length(asked) > LONGEST:
        raise ConfigurationError(f"outputColumns has over {LONGEST} characters")
    return (*asked, *twins) if _length((*asked, *twins)) <= LONGEST else asked


def _length(names: tuple[str, ...]) -> int:
    return sum(len(name) + 1 for name in (*names, *_COUNTED))


def _filter(value: Any, *, jsonl: bool) -> str:
    if value and not jsonl:
        raise ConfigurationError("outputFilter goes with outputType jsonl")
    if not isinstance(value, str) or len(value) > LONGEST:
        raise ConfigurationError(f"outputFilter is a text of up to {LONGEST} characters")
    return value


def _tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    if len(tags) > _MOST_TAGS:
        raise ConfigurationError(f"billingTags has over {_MOST_TAGS} tags")
    for tag in tags:
        if not _TAG.fullmatch(tag):
            raise ConfigurationError(
                f"billingTags: {tag[:64]!r} is not 4 to 16 letters, digits, - _ . with a letter or digit at both ends"
            )
    return tags
