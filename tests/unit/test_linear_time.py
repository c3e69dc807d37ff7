"""No reader or parser takes more than two seconds of CPU for one megabyte, whatever somebody puts into it.

Each input is tried with few bytes first: what takes the square of its length would take hours with a megabyte.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop import definitions
from batchdrop.errors import BatchdropError
from batchdrop.ports import Takes
from batchdrop.records import (
    coordinates,
    devices,
    known_names,
    own_params,
    owncells,
    quoting,
    spreadsheets,
    values,
)
from batchdrop.records.arrays import raw_elements
from batchdrop.records.columns import map_columns
from batchdrop.records.geometry import to_geojson
from batchdrop.records.mapping import QueryMaker
from batchdrop.records.queries import address_text, names
from batchdrop.records.shapes import first_position
from batchdrop.redaction import nameless, redact
from batchdrop.services import json_items, quota
from batchdrop.transport.verdicts import retry_after
from tests.fuzz.road import drive

if TYPE_CHECKING:
    from collections.abc import Callable

MOST = 2.0  # seconds of CPU on a machine with nothing else to do
AT_ALL = 10.0  # seconds of CPU on any machine
GROWTH = 8  # times as long for four times the size: 4 where time is linear, 16 where it is quadratic
LARGE = 1_000_000  # bytes
SMALL = 16_000
SMALL_MOST = 0.5  # seconds; far more than anything linear needs for so little

PIECES = {
    "blanks": " ",
    "tabs": "\t",
    "letters": "a",
    "words": "a ",
    "digits": "1",
    "numbers": "1 ",
    "decimals": "1.",
    "dots": ".",
    "commas": ",",
    "spaced commas": " , ",
    "semicolons": ";",
    "pipes": "|",
    "colons": ":",
    "hyphens": "-",
    "quotes": '"',
    "quotes and commas": '",',
    "apostrophes": "'",
    "backslashes": "\\",
    "escaped quotes": '\\"',
    "open brackets": "[",
    "open braces": "{",
    "open parentheses": "(",
    "closing brackets": "]",
    "combining marks": "\u0301\u0323\u0335",
    "accents": "é",
    "line ends": "\n",
    "carriage returns": "\r",
    "members": '"a":',
    "our members": ',"bd":{',
    "our unfinished members": '"bd":{"a',
    "question marks": "?",
    "schemes": "bearer ",
    "tokens": "token=",
    "addresses": "http://a",
    "slashes": "/",
    "positions": "1 1,",
    "mixed case": "aB1_",
}


def of(piece: str, size: int) -> str:
    """The piece again and again, for `size` bytes."""
    return piece * (size // len(piece.encode()))


def in_files(name: str, before: str, behind: str, takes: Takes, **more: Any) -> Callable[[str], object]:
    """Take a file with the text at some place all the way through plan and collect."""
    return lambda text: drive(f"{before}{text}{behind}".encode(), name, takes=takes, **more)


def _json_text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _own_member(text: str) -> None:
    for whole in (
        f'{{"q":{_json_text(text)},"bd":{{"recId":1,"outcome":"x"}}}}',
        f'{{"bd":{{"recId":1,"outcome":{_json_text(text)}}}}}',
        f'{{"q":1{" " * len(text)},"bd":{{"recId":1,"outcome":"x"}},"z":{_json_text(text)}}}',
    ):
        owncells.free_member(whole.encode())
        owncells.without_member(whole.encode())


def _broken_member(text: str) -> None:
    owncells.without_member(f'{{"outcome":{text}'.encode())


def _own_cells(text: str) -> None:
    raw = f'1,"{text},2,{text}\n'.encode()
    for width in (1, 3):
        owncells.user_part(raw, ",", width, 5)
        owncells.user_part(text.encode(), ",", width, 4)
    places = owncells.OwnPlaces(",", 6, {"recId": 1, "outcome": 2, "job": 3})
    places.user_part(raw)
    places.mark(raw)


def _quotes(text: str) -> None:
    raw = text.encode()
    for delimiter in (b",", b"\t", "§".encode()):
        found = quoting.grammar(delimiter)
        for pattern in (found.begins, found.goes_on, found.closes):
            pattern.match(raw)
            pattern.match(b'"' + raw)
        quoting.has_space_before_quote(raw, delimiter.decode())


def _names(text: str) -> None:
    for name in (text, f"tag:a{text}b", f"param:{text}", f"addr:{text}x", f"street {text}"):
        devices.listed(name)
        own_params.own_params([name])
        names.fold(name)
        names.read_name(name)
        names.is_excluded(name)
        known_names.is_well_known(name)


def _points(text: str) -> None:
    for cell in (
        text,
        f"POINT ({text}",
        f"POINT (1{text} 1)",
        f"({text})",
        f"geo:{text}",
        f"1{text}, 2",
        f"N {text}",
    ):
        coordinates.pair(cell)
        coordinates.split_points(cell)
        coordinates.range_hint(cell, cell, cell)
        coordinates.degrees(cell, "lat")


def _wkt(text: str) -> None:
    for whole in (f"POINT ({text})", f"LINESTRING ({text}", f"MULTIPOLYGON (((1 1, {text})))", f"A{text}"):
        first_position(whole)
        to_geojson(whole)


def _values(text: str) -> None:
    for whole in (text, f'"{text}', f"[{text}]", f'{{"a":{text}', _json_text(text), "[" * 200 + f'"{text}'):
        values.value_of(whole, line=1)
        values.is_cut_off(whole)


def _elements(text: str) -> None:
    for whole in (f"[{text}", f'["{text}', f'[{{"a":{text}}}]', f"[{_json_text(text)}]"):
        list(raw_elements(io.BytesIO(whole.encode())))


def _answers(text: str) -> None:
    for whole in (
        f'{{"results":[{text}',
        f'{{"results":[{{"id":{text}}}]}}',
        f'{{"results":[{{"id":"{text}"}},{{"id":2}}]}}',
        f'{{"results":[{_json_text(text)}],"a":{_json_text(text)}}}',
        f'{{"results":[{{"id":1,{text}}}],"state":"x"}}',
    ):
        list(json_items.items(io.BytesIO(whole.encode()), "results", service="geoapify"))


def _redacted(text: str) -> None:
    nameless(redact(text))


def _redacted_value(text: str) -> None:
    for whole in (f'token="{text}', f"bearer {text}", f"basic x{text}", f"http://{text}", f"/hooks/{text}"):
        nameless(redact(whole))


def _addresses(text: str) -> None:
    at = {"address1": 0, "street_name": 1, "housenumber": 2, "city": 3, "state": 4, "county": 5, "suburb": 6}
    make = address_text.make_text(at, {name: name for name in at})
    make([text, f"x{text}", "1", text, f"{text}b", f"b{text}", text])
    address_text.clean(text)


def _device_cells(text: str) -> None:
    header = ["name", "tags", "sendMs", "rules", f"tag:a{text}b"]
    QueryMaker(header, map_columns(header, Takes.DEVICE, {}), Takes.DEVICE).make(["n", text, text, text, "1"])


def _way_cells(text: str) -> None:
    header = ["waypoints"]
    QueryMaker(header, map_columns(header, Takes.WAYPOINTS, {}), Takes.WAYPOINTS).make([text])


def _definitions(text: str) -> None:
    for whole in (text, f'{{"service":{_json_text(text)}}}', f"{{{_json_text(text)}:1}}"):
        definitions.read("x.json", whole.encode())


def _headers(text: str) -> None:
    quota.says_used_up(text.encode())
    retry_after({"Retry-After": text}, 0.0)


def _formulas(text: str) -> None:
    for cell in (text, f"={text}", f"-1{text}", f" {text}="):
        spreadsheets.may_hold_a_formula(cell)
        spreadsheets.as_it_was(str(spreadsheets.harmless(cell)))


READERS: dict[str, tuple[Callable[[str], object], int]] = {
    "a header": (in_files("x.csv", "address,", "\nBerlin,1\n", Takes.PLACE), 190_000),
    "a header of devices": (in_files("x.csv", "name,tag:a", "b\nx,1\n", Takes.DEVICE), 95_000),
    "a cell of an address": (in_files("x.csv", "address,city\nMain St 1,", "\nx,y\n", Takes.PLACE), LARGE - 99),
    "a cell that is quoted": (in_files("x.csv", 'address,city\n"', '",y\nx,y\n', Takes.PLACE), LARGE // 2),
    "cells of points": (in_files("x.csv", "lat,lon\n1,", "\n1,2\n", Takes.POINT), LARGE - 99),
    "lines of JSON": (in_files("x.ndjson", '{"address":"', '"}\n{"address":"b"}\n', Takes.PLACE), LARGE - 99),
    "a list of JSON": (in_files("x.json", '[{"address":', "}]", Takes.PLACE), LARGE - 99),
    "a zipped file": (
        lambda text: drive(gzip.compress(f"address\n{text}\n".encode(), 1), "x.csv.gz"), LARGE - 99),
    "our errors": (
        in_files("x.csv", "address,bd_recId,bd_outcome,bd_code,bd_message,bd_job\nx,1,", ",a,b,c\n", Takes.PLACE),
        LARGE - 99),
    "names of columns": (_names, LARGE // 25),
    "points": (_points, LARGE),
    "shapes": (_wkt, LARGE),
    "our member": (_own_member, LARGE),
    "a broken member": (_broken_member, LARGE),
    "our cells": (_own_cells, LARGE // 2),
    "quotes": (_quotes, LARGE),
    "values": (_values, LARGE),
    "elements": (_elements, LARGE - 99),
    "answers in JSON": (_answers, LARGE),
    "what is redacted": (_redacted, LARGE),
    "values that are redacted": (_redacted_value, LARGE // 10),
    "addresses": (_addresses, LARGE),
    "device cells": (_device_cells, LARGE // 10),
    "waypoint cells": (_way_cells, LARGE),
    "definitions": (_definitions, LARGE),
    "texts of errors": (_headers, LARGE),
    "formulas": (_formulas, LARGE),
}  # fmt: skip


def seconds(read: Callable[[str], object], text: str, most: float) -> float:
    """Return the CPU seconds of one call; over `most`, of the fastest of three: a busy machine only ever adds to them."""
    fastest = float("inf")
    for _ in range(3):
        start = time.thread_time()
        with contextlib.suppress(BatchdropError, ValueError, RecursionError, coordinates.BadNumber):
            read(text)
        fastest = min(fastest, time.thread_time() - start)
        if fastest <= most:
            break
    return fastest


def test_there_are_as_many_inputs_as_were_promised() -> None:
    assert len(READERS) * len(PIECES) >= 366


@pytest.mark.parametrize("name", READERS)
def test_time_grows_with_the_size_of_an_input_and_not_with_its_square(name: str) -> None:
    read, size = READERS[name]
    slow = {}
    for kind, piece in PIECES.items():
        took = seconds(read, of(piece, SMALL), SMALL_MOST)
        if took > SMALL_MOST:
            slow[f"{kind}, {SMALL} bytes"] = round(took, 2)
            continue
        took = seconds(read, of(piece, size), MOST)
        if took > AT_ALL or (took > MOST and took > GROWTH * seconds(read, of(piece, size // 4), 0)):
            slow[f"{kind}, {size} bytes"] = round(took, 2)
    assert slow == {}
