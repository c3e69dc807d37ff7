"""One input of the fuzzer: some options and a file. Anything but a documented problem is a finding.

The first four bytes choose the name, the kind of records, what the route says, and whether the file is gzipped; the rest is the file.
"""

from __future__ import annotations

import contextlib
import gzip
import json

from batchdrop.errors import BadFile, ConfigurationError
from batchdrop.ports import Takes
from batchdrop.problems import CODES, Level, Problem
from batchdrop.records.columns import check_fields
from tests.fuzz.road import drive

NAMES = ("x.csv", "x.json", "x.ndjson", "x.txt.gz", "x.geojson", "x.zip")
KINDS = tuple(Takes)
TOLD: tuple[dict[str, str], ...] = (
    {}, {"encoding": "cp1252"}, {"encoding": "utf-16"}, {"encoding": "gb18030"}, {"encoding": "shift_jis"}, {"delimiter": "^"},
    {"delimiter": "\x1f"}, {"delimiter": "§"}, {"encoding": "euc_jp", "delimiter": "|"}, {"encoding": "cp1252", "delimiter": "§"},
    {"encoding": "iso2022_jp"}, {"encoding": "rot13"}, {"delimiter": "ab"}, {"encoding": "utf-32-be"}, {"delimiter": " "},
)  # fmt: skip
CHOSEN: tuple[dict[str, str], ...] = (
    {},
    {"text": "x"},
    {"at": "q"},
    {"param:lang": "x"},
    {"city": ""},
    {"waypoint2": "x"},
)
PREFIX = 4


def seed(body: bytes, name: str, takes: Takes, told: dict[str, str]) -> bytes:
    """The input that makes this case."""
    plain = body
    if body.startswith(b"\x1f\x8b"):
        with contextlib.suppress(EOFError, gzip.BadGzipFile):
            plain = gzip.decompress(body)
    return bytes([NAMES.index(name), KINDS.index(takes), TOLD.index(told), 0]) + plain


def one_input(data: bytes) -> None:
    """Read, map and join this. Raises AssertionError, or whatever escaped, for a finding."""
    if len(data) < PREFIX:
        return
    name, takes = NAMES[data[0] % len(NAMES)], KINDS[data[1] % len(KINDS)]
    told, more = TOLD[data[2] % len(TOLD)], data[3]
    chosen, body = CHOSEN[more // 8 % len(CHOSEN)], data[PREFIX:]
    own = "inputs" if more & 2 else ""
    try:
        check_fields(chosen, takes)
        driven = drive(
            gzip.compress(body, 1) if more & 1 else body, name, takes=takes, chosen=chosen, own=own,
            leave_after=(1, 2) if more & 4 else (), **told,
        )  # fmt: skip
    except ConfigurationError:
        return
    except BadFile as refused:
        _check_refusal(refused)
        return
    assert [rec_id for rec_id, _ in driven.made] == list(range(1, len(driven.made) + 1))
    for _, query in driven.made:
        if isinstance(query, Problem):
            assert CODES[query.code].level is Level.RECORD, query.code
            assert query.message
        else:
            assert query
            assert all(isinstance(text, str) for text in query.values())
    if driven.dialect.format != "csv":
        lines = (driven.results + driven.errors).split(b"\n")[:-1]
        ours = [json.loads(line).popitem()[1] for line in lines]  # the last member, however it is called
        assert len({each["recId"] for each in ours}) == len(driven.made)
    (driven.results + driven.errors).decode(driven.dialect.read_as)


def _check_refusal(refused: BadFile) -> None:
    """NO_VALID_ROWS alone is followed by problems of records."""
    assert refused.problems
    for found in refused.problems:
        assert CODES[found.code].level is Level.FILE, found.code
        assert found.remedy
