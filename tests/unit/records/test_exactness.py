"""Row-exactness for every way a file may be written: each record once, in order; its bytes, or where those cannot be kept its text."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

from hypothesis import assume, given
from hypothesis import strategies as st

from batchdrop.errors import BadFile
from batchdrop.records.cutting import BlankRows, raw_records
from tests.fuzz.road import LABEL, drive

if TYPE_CHECKING:
    from batchdrop.records.dialect import Dialect

NAMES = ["key", "address", "note"]
ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "cp1252",
    "cp1251",
    "shift_jis",
    "big5",
    "gb18030",
    "euc_jp",
    "iso8859-15",
]
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"])
    | st.sampled_from(list("äßЖ東表功;,\"'\n|§ ¦^&#\\"))
    | st.characters(max_codepoint=126, min_codepoint=32),
    max_size=8,
)


BLANKS = " \t\r\n\x0b\x0c"
"""Cells of nothing else make a row blank."""


def table(data: bytes, dialect: Dialect) -> list[list[str]]:
    text = data.decode(dialect.read_as).removeprefix("\ufeff")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter))


@given(
    rows=st.lists(st.lists(TEXT, min_size=3, max_size=3), min_size=1, max_size=6),
    encoding=st.sampled_from(ENCODINGS),
    delimiter=st.sampled_from(",;\t|^~\x1f§ &"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    zipped=st.booleans(),
    leave_after=st.lists(st.integers(0, 3), max_size=2).map(tuple),
)
def test_any_table_survives_the_road(
    rows: list[list[str]], encoding: str, delimiter: str, end: str, zipped: bool, leave_after: tuple[int, ...]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(NAMES)
    writer.writerows(rows)
    data = text.getvalue().encode(encoding, "replace")
    rows = list(csv.reader(io.StringIO(data.decode(encoding), newline=""), delimiter=delimiter))[1:]
    assume(any(cell.strip(BLANKS) for row in rows for cell in row))
    declared = "utf-8" if encoding == "utf-8-sig" else encoding
    dialect, made, results, errors = drive(
        gzip.compress(data) if zipped else data,
        "x.csv.gz",
        leave_after=leave_after,
        encoding=declared,
        delimiter=delimiter,
    )
    rows = [row for row in rows if any(cell.strip(BLANKS) for cell in row)]
    total = len(made)
    assert total == len(rows)
    seen: dict[int, list[str]] = {}
    for row in table(results, dialect)[1:]:
        assert seen.setdefault(int(row[3]), row[:3]) == row[:3]
        said = LABEL if dialect.read_as == "utf-8" else row[7].encode(dialect.read_as).decode(dialect.read_as)
        assert row[7] == said
    failed = {int(row[3]): row[:3] for row in table(errors, dialect)[1:]}
    assert not seen.keys() & failed.keys()
    assert [number for number, _ in sorted((seen | failed).items())] == list(range(1, len(made) + 1))
    assert [cells for _, cells in sorted((seen | failed).items())] == rows
    if not dialect.recoded:
        blank = BlankRows(delimiter, dialect.rules)
        cut = (raw for _, raw in raw_records(io.BytesIO(data), delimiter))
        bodies = [raw.rstrip(b"\r\n") for raw in cut if not blank.match(raw)]
        for output in (results, errors):
            raws = [raw for _, raw in raw_records(io.BytesIO(output), delimiter)]
            for raw, row in zip(raws[1:], table(output, dialect)[1:], strict=True):
                assert raw.startswith(bodies[int(row[3])] + delimiter.encode())


VALUES = st.none() | st.booleans() | st.integers() | TEXT | st.lists(TEXT, max_size=2)
OBJECTS = st.dictionaries(st.sampled_from(["q", "city", "x", "bd", "value", "ü"]), VALUES, max_size=3)


@given(
    values=st.lists(OBJECTS, min_size=1, max_size=6)
    | st.lists(TEXT, min_size=1, max_size=6)
    | st.lists(VALUES | OBJECTS, min_size=1),
    form=st.sampled_from(["array", "lines", "object"]),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]),
    leave_after=st.lists(st.integers(0, 3), max_size=2).map(tuple),
)
def test_any_values_survive_the_road(
    values: list[Any], form: str, encoding: str, leave_after: tuple[int, ...]
) -> None:
    assume(
        form != "lines" or len(values) > 1 or not isinstance(values[0], list)
    )  # one line with an array is an array
    lines = [json.dumps(value, ensure_ascii=False) for value in values]
    text = "\n".join(lines) + "\n"
    if form != "lines":
        text = "[" + ",\n".join(lines) + "]"
        text = text if form == "array" else '{"total": 5, "rows": ' + text + ', "next": null}'
    try:
        name = "x.ndjson" if form == "lines" else "x.json"
        _, made, results, errors = drive(text.encode(encoding), name, leave_after=leave_after)
    except BadFile as refused:
        if str(refused) != "WRONG_COLUMNS":
            raise
        return
    assert len(made) == len(values)
    seen: dict[int, Any] = {}
    for output in (results, errors):
        for line in output.decode().split("\n")[:-1]:
            found = json.loads(line, object_pairs_hook=list)
            name, ours = found.pop()
            assert name == ("bd2" if "bd" in dict(found) else "bd")
            seen[dict(ours)["recId"]] = found
    wanted = [
        json.loads(line, object_pairs_hook=list) if line.startswith("{") else [("value", json.loads(line))]
        for line in lines
    ]
    assert [list(map(tuple, found)) for _, found in sorted(seen.items())] == [
        list(map(tuple, value)) for value in wanted
    ]
    assert sorted(seen) == list(range(1, len(made) + 1))
