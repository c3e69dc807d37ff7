"""The input of a job: a header line, then one line for each record, in a delimiter that no value holds.

A record's line number tells which it is, so every record is sent, in order: the header is line 1 [client].
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.errors import ConfigurationError
from batchdrop.ports import OWN_PARAM
from batchdrop.services import delimited
from batchdrop.services.here_geocoder_v6.apis import INPUTS, NAME
from batchdrop.services.here_geocoder_v6.options import COUNTRY, options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from batchdrop.ports import Batch
    from batchdrop.services.here_geocoder_v6.options import Options

FIRST_LINE = 2
"""The line number of the first record."""


def rows(batch: Batch) -> Iterator[tuple[str, ...]]:
    """`recId`, which is the record's ordinal, and what is asked: free text, or `lat,lng,radius` [doc: data input].

    `country` is a third column where route or records have one. Raises ConfigurationError for another parameter of a record.
    """
    chosen = options(batch.api, batch.params)
    named = bool(chosen.country or max((_country(query.fields) for query in batch.queries()), default=""))
    yield ("recId", INPUTS[batch.api], *([COUNTRY] if named else ()))
    for query in batch.queries():
        country = [delimited.cleaned(_country(query.fields) or chosen.country)] if named else ()
        yield (str(query.ordinal), _record(batch.api, query.fields, chosen), *country)


def _record(api: str, fields: Mapping[str, str], chosen: Options) -> str:
    if api == "reverse":
        return delimited.cleaned(f"{fields['lat']},{fields['lon']},{chosen.radius}")
    return delimited.cleaned(delimited.one_line(fields))


def _country(fields: Mapping[str, str]) -> str:
    """The record's own country, or empty."""
    country = ""
    for name, text in fields.items():
        if name.startswith(OWN_PARAM):
            if name.removeprefix(OWN_PARAM).lower() != COUNTRY:
                raise ConfigurationError(f"{NAME}: {name} holds for a whole job; no record can have its own")
            country = text
    return country
