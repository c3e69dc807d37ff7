"""Delimited answers in the many forms that they have or may have, for both services that write them."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from batchdrop.errors import ServiceSpokeUnknown
from batchdrop.ports import AnswerNotes
from batchdrop.services import SERVICES
from batchdrop.services.tables import Table, numbered_lines
from tests.services.bench import batch_of, by_ordinal, saved

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from batchdrop.ports import Outcome

V6, V7 = "here_geocoder_v6", "here_batch_v7"
PARTS = {V6: "result.txt", V7: "results.txt"}
NAMES = {
    V6: ["recId", "SeqNumber", "seqLength", "displayLatitude", "displayLongitude", "locationLabel", "city"],
    V7: ["recId", "seqNumber", "seqLength", "positionLat", "positionLng", "addressLabel", "addressCity"],
}
ROWS = [
    ["1", "1", "1", "52.5", "13.4", "Label 1", "Berlin"],
    ["2", "1", "1", "48.8", "2.35", "Label 2", "Paris"],
]
BOTH = pytest.mark.parametrize("service", [V6, V7])


def text_of(names: Sequence[str], rows: Sequence[Sequence[str]] = ROWS, *, delimiter: str = "|") -> str:
    return "".join(f"{delimiter.join(line)}\n" for line in (names, *rows))


def read(
    service: str, text: str | bytes, notes: AnswerNotes | None = None, *, count: int = 2
) -> dict[int, Outcome]:
    adapter = SERVICES[service](None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    body = text.encode() if isinstance(text, str) else text
    return by_ordinal(adapter.read(batch_of([{"text": "x"}] * count), [saved(PARTS[service], body)], notes))


def cells(service: str, outcome: Outcome) -> tuple[str, ...]:
    columns = SERVICES[service].apis["geocode"].columns
    found = dict(zip(columns, outcome.answers[0], strict=True))
    return tuple(found[name] for name in ("bd_lat", "bd_lon", "bd_label", "bd_city"))


EXPECTED = {1: ("52.5", "13.4", "Label 1", "Berlin"), 2: ("48.8", "2.35", "Label 2", "Paris")}

FORMS: dict[str, Callable[[list[str]], str]] = {
    "as usual": text_of,
    "colons": lambda names: text_of(names, delimiter=":"),
    "semicolons": lambda names: text_of(names, delimiter=";"),
    "commas": lambda names: text_of(names, delimiter=","),
    "tabs": lambda names: text_of(names, delimiter="\t"),
    "a delimiter at the end of the header": lambda names: text_of([*names, ""]),
    "a delimiter at the end of the rows": lambda names: text_of(names, [[*row, ""] for row in ROWS]),
    "a delimiter at the end of all lines": lambda names: text_of([*names, ""], [[*row, ""] for row in ROWS]),
    "two delimiters at the end of the header": lambda names: text_of([*names, "", ""]),
    "spaces around names": lambda names: text_of([f" {name} " for name in names]),
    "names in capitals": lambda names: text_of([name.upper() for name in names]),
    "names in small letters": lambda names: text_of([name.lower() for name in names]),
    "quoted names": lambda names: text_of([f'"{name}"' for name in names]),
    "quoted cells": lambda names: text_of(names, [[f'"{cell}"' for cell in row] for row in ROWS]),
    "a byte order mark": lambda names: "\ufeff" + text_of(names),
    "Windows line ends": lambda names: text_of(names).replace("\n", "\r\n"),
    "no line end after the last row": lambda names: text_of(names).removesuffix("\n"),
    "Windows line ends but for the last": lambda names: text_of(names).replace("\n", "\r\n").removesuffix("\r\n"),
    "empty lines": lambda names: "\n" + text_of(names).replace("\n", "\n\n"),
    "another order": lambda names: text_of(names[::-1], [row[::-1] for row in ROWS]),
    "further columns": lambda names: text_of([*names, "weather"], [[*row, "fine"] for row in ROWS]),
    "further columns in front": lambda names: text_of(["weather", *names], [["", *row] for row in ROWS]),
    "inputs repeated": lambda names: text_of([*names, "in:recId", "searchText"], [[*row, row[0], "x"] for row in ROWS]),
    "a column twice": lambda names: text_of([*names, names[0]], [[*row, "999"] for row in ROWS]),
    "a nameless column": lambda names: text_of([names[0], "", *names[1:]], [[row[0], "x", *row[1:]] for row in ROWS]),
    "no sequence": lambda names: text_of([names[0], *names[3:]], [[row[0], *row[3:]] for row in ROWS]),
    "empty sequence cells": lambda names: text_of(names, [[row[0], "", "", *row[3:]] for row in ROWS]),
    "zeros before the recId": lambda names: text_of(names, [[f"000{row[0]}", *row[1:]] for row in ROWS]),
    "spaces around the recId": lambda names: text_of(names, [[f" {row[0]} ", *row[1:]] for row in ROWS]),
}  # fmt: skip


@BOTH
@pytest.mark.parametrize("form", FORMS)
def test_a_table_is_read_in_each_form(service: str, form: str) -> None:
    notes = AnswerNotes()
    outcomes = read(service, FORMS[form](NAMES[service]), notes)
    assert {ordinal: cells(service, outcome) for ordinal, outcome in outcomes.items()} == EXPECTED
    assert (notes.odd, notes.partial) == (0, 0)


@BOTH
@pytest.mark.parametrize(
    ("form", "remark"),
    [
        ("a delimiter at the end of the header", "the header ends in a delimiter"),
        ("a delimiter at the end of the rows", "the rows end in a delimiter"),
        ("a column twice", "the header has a column twice; the first one counts"),
        ("no line end after the last row", "there is no line end after the last row"),
    ],
)
def test_an_unusual_form_is_remarked(service: str, form: str, remark: str) -> None:
    notes = AnswerNotes()
    read(service, FORMS[form](NAMES[service]), notes)
    assert notes.remarks == [f"{PARTS[service]}: {remark}"]
    assert notes.unfinished == form.startswith("no line end")


@BOTH
def test_an_empty_cell_too_many_in_one_row_means_that_a_cell_was_split_in_two(service: str) -> None:
    """Its last column was empty, so the row looks as if it ended in a delimiter: but no other row does."""
    names = NAMES[service]
    rows = [ROWS[0], ["2", "1", "1", "48.8", "2.35", "La", "bel 2", ""]]
    notes = AnswerNotes()
    assert sorted(read(service, text_of(names, rows), notes)) == [1]
    assert [odd.reason for odd in notes.named] == ["it has more cells than the header"]


@BOTH
@pytest.mark.parametrize(("sequence", "kind"), [("", "noMatch"), ("0", "noMatch"), ("1", "noMatch")])
def test_a_row_without_a_position_is_no_match_whatever_its_sequence(
    service: str, sequence: str, kind: str
) -> None:
    rows = [["1", sequence, sequence, "", "", "", ""], ROWS[1]]
    notes = AnswerNotes()
    outcomes = read(service, text_of(NAMES[service], rows), notes)
    assert [outcomes[ordinal].kind for ordinal in (1, 2)] == [kind, "matched"]
    assert notes.odd == 0


@BOTH
@pytest.mark.parametrize("end", [2, 5, 9, 14])
def test_a_last_row_that_is_cut_off_is_set_aside_and_the_others_are_read(service: str, end: int) -> None:
    text = text_of(NAMES[service])
    notes = AnswerNotes()
    cut = text[: text.rindex("2|1|1") + end]
    assert sorted(read(service, cut, notes)) == [1]
    assert [odd.text() for odd in notes.named] == [f"{PARTS[service]} line 3: the line is cut off"]


@BOTH
def test_a_header_alone_answers_no_record_and_is_not_odd(service: str) -> None:
    for body in (text_of(NAMES[service], []), "|".join(NAMES[service])):
        notes = AnswerNotes()
        assert read(service, body, notes) == {}
        assert notes.odd == 0


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        "<html>|recId|</html>\n",
        "recId\n1\n",
        "1|1|1|52.5|13.4\n",
        '{"results": []}\n',
        "recId|seqNumber|seqLength\n1|1|1\n",
        "recId|positionLat|displayLatitude\n1|2|2\n",
        "recId|seqNumber|seqLength|position|title\n1|1|1|(1,2)|x\n",
    ],
)
def test_a_text_without_recid_or_position_is_another_form(service: str, body: str) -> None:
    with pytest.raises(ServiceSpokeUnknown, match=PARTS[service]):
        read(service, body)


@BOTH
def test_a_gzipped_body_is_read_whatever_its_header_said(service: str) -> None:
    whole = gzip.compress(text_of(NAMES[service]).encode())
    assert sorted(read(service, whole)) == [1, 2]
    for broken in (whole[:-9], whole[:40]):
        with pytest.raises(ServiceSpokeUnknown, match="gzip data is cut off or damaged"):
            read(service, broken)
    bomb = gzip.compress(text_of(NAMES[service]).encode() + b"\n" * (60 << 20))
    with pytest.raises(ServiceSpokeUnknown, match="expands"):
        read(service, bomb)


@BOTH
def test_all_rows_odd_is_another_form_and_says_the_first_reason(service: str) -> None:
    with pytest.raises(ServiceSpokeUnknown, match=r"no row can be used; .* line 2: its recId was never sent"):
        read(service, text_of(NAMES[service], [["77", *ROWS[0][1:]], ["78", *ROWS[0][1:]]]))


@BOTH
def test_a_line_without_end_takes_bounded_memory(service: str) -> None:
    body = text_of(NAMES[service]).encode() + b"3|1|1|1|2|" + b"x" * (30 << 20) + b"\n" + b"junk\n"
    notes = AnswerNotes()
    tracemalloc.start()
    try:
        assert sorted(read(service, body, notes)) == [1, 2]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [odd.reason for odd in notes.named] == [
        "the line is over 128 KB",
        "it has fewer cells than the header",
    ]
    assert [odd.line for odd in notes.named] == [4, 5]
    assert peak < 3 << 20


def test_lines_are_numbered_with_the_empty_ones_and_those_that_cannot_be_read() -> None:
    notes = AnswerNotes()
    body = io.BytesIO(b"\xef\xbb\xbfa\r\n\r\n\xff\n\nb\n" + b"c" * 200_000)
    assert list(numbered_lines(body, "p", notes)) == [(1, "a", True), (5, "b", True)]
    assert [tuple(odd) for odd in notes.named] == [
        ("p", 3, "the line is not UTF-8"),
        ("p", 6, "the line is over 128 KB"),
    ]


def test_a_text_that_something_else_proves_whole_needs_no_last_line_end() -> None:
    notes = AnswerNotes()
    table = Table(io.BytesIO(b"recId|a\n1|2"), "p", notes, "x", whole=True)
    assert list(table) == [(2, ["1", "2"])]
    assert not notes.unfinished


def test_both_spellings_of_a_column_are_read_and_the_one_that_is_filled_counts() -> None:
    columns = SERVICES[V7].apis["geocode"].columns
    place = columns.index("bd_confidence")
    for names, confidence in (
        (("queryScore", "x"), "0.9"),
        (("scoringQueryScore", "x"), "0.9"),
        (("x", "scoringQueryScore"), "0.1"),
        (("queryScore", "scoringQueryScore"), "0.9"),
    ):
        text = f"recId|positionLat|positionLng|{names[0]}|{names[1]}\n1|1|2|0.9|0.1\n"
        assert read(V7, text, count=1)[1].answers[0][place] == confidence
    text = "recId|positionLat|positionLng|queryScore|scoringQueryScore\n1|1|2||0.1\n"
    assert read(V7, text, count=1)[1].answers[0][place] == "0.1"


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("label", "bd_label"),
        ("city", "bd_city"),
        ("countryCode", "bd_countryCode"),
        ("countryName", "bd_country"),
        ("houseNumber", "bd_houseNumber"),
        ("postalCode", "bd_postalCode"),
    ],
)
def test_a_column_named_by_its_last_member_alone_is_read_too(name: str, column: str) -> None:
    for lat, lng in (
        ("positionLat", "positionLng"),
        ("latitude", "longitude"),
        ("positionLatitude", "positionLongitude"),
    ):
        text = f"recId|{lat}|{lng}|{name}\n1|1|2|found\n"
        answer = dict(
            zip(SERVICES[V7].apis["geocode"].columns, read(V7, text, count=1)[1].answers[0], strict=True)
        )
        assert (answer[column], answer["bd_lat"], answer["bd_lon"]) == ("found", "1", "2")
