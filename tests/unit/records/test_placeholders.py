"""Words that stand for a missing value are not sent; names of places that look like them are."""

from __future__ import annotations

import pytest

from batchdrop.ports import Takes
from batchdrop.problems import Problem
from batchdrop.records.mapping import QueryMaker, map_columns
from batchdrop.records.notes import Notes
from batchdrop.records.placeholders import WORDS, Placeholders, are_codes

ADDRESS = ("id", "address", "city", "state", "postcode", "country")


def made(cells: tuple[str, ...], names: tuple[str, ...] = ADDRESS, takes: Takes = Takes.PLACE, countries: tuple[str, ...] = ()) -> tuple[dict[str, str] | str, dict[str, tuple[int | None, str]]]:  # fmt: skip
    """What is sent of these cells, or the code of the problem; and the notes: code → count and text."""
    maker, notes = QueryMaker(names, map_columns(names, takes), takes), Notes()
    query = maker.make(Placeholders(maker.at, notes, lambda: countries).clear(cells, 7))
    found = {note.code: (note.count, note.message) for note in notes.get_all()}
    return query.code if isinstance(query, Problem) else query, found


@pytest.mark.parametrize(
    "word",
    [
        "NA", "N/A", "n/a", "n.a.", "N.A.", "NULL", "null", "Null", "nil", "none", "None", "NONE", "#N/A", "#NULL!", "#REF!", "#VALUE!",
        "#NAME?", "#DIV/0!", "#NUM!", "nan", "NaN", "NAN", "-nan", "\\N", "-", "--", "---", "\N{EM DASH}", ".", "...", "?", "??", "<NA>",
        "(null)", "[NULL]", "undefined", "UNKNOWN", "unknown", "Unknown", " NA ", "\tnull", "NaT", "na", "1.#IND", "missing", "*", "_",
        "not available", "Not available", "N / A", "<nil>", "(blank)",
    ],
)  # fmt: skip
def test_a_record_of_nothing_but_such_a_word_is_empty(word: str) -> None:
    query, notes = made(("1", word, word, word, word, word))
    assert query == "EMPTY_QUERY"
    assert notes["PLACEHOLDERS"][0] == 1
    assert word.strip() in notes["PLACEHOLDERS"][1]


@pytest.mark.parametrize("word", ["N/A", "NULL", "#N/A", "nan", "\\N", "-", "?", "none", "NA"])
@pytest.mark.parametrize("place", [1, 2, 4])
def test_in_a_record_with_an_address_it_is_left_out_of_the_query(word: str, place: int) -> None:
    cells = ["1", "12 Rue X", "Paris", "", "75001", "France"]
    cells[place] = word
    left = ["12 Rue X", "Paris", "75001", "France"]
    left.pop(min(place, 3) - 1)
    query, notes = made(tuple(cells))
    assert query == {"text": ", ".join(left)}
    assert notes["PLACEHOLDERS"][0] == 1


def test_the_users_own_columns_are_not_looked_at() -> None:
    assert made(("NA", "12 Rue X", "Paris", "", "75001", "France")) == (
        {"text": "12 Rue X, Paris, 75001, France"},
        {},
    )


@pytest.mark.parametrize(
    ("cells", "sent"),
    [
        (("1", "Via Roma 1", "Napoli", "NA", "80133", "Italy"), "Via Roma 1, Napoli, NA 80133, Italy"),
        (("1", "Via Roma 1", "Napoli", "NA", "", "IT"), "Via Roma 1, Napoli, NA, IT"),
        (("1", "Via Roma 1", "Napoli", "NA", "", ""), "Via Roma 1, Napoli, NA"),
        (("1", "1 Main St", "Springfield", "NA", "62701", ""), "1 Main St, Springfield, 62701"),
        (("1", "1 Main St", "Springfield", "NA", "", "USA"), "1 Main St, Springfield, USA"),
        (("1", "Via Roma 1", "NA", "NA", "", ""), "Via Roma 1"),
        (("1", "Via Roma 1", "Napoli", "na", "80133", "Italy"), "Via Roma 1, Napoli, 80133, Italy"),
        (("1", "12 Independence Ave", "Windhoek", "", "", "NA"), "12 Independence Ave, Windhoek, NA"),
        (("1", "NA", "Windhoek", "", "", "NA"), "Windhoek"),
        (("1", "", "", "", "", "NA"), "EMPTY_QUERY"),
        (("1", "", "None", "TO", "10060", "Italia"), "None, TO 10060, Italia"),
        (("1", "Via Roma 1", "None", "", "", "Italy"), "Via Roma 1, None, Italy"),
        (("1", "1 Main St", "None", "IL", "62701", "USA"), "1 Main St, IL 62701, USA"),
        (("1", "Sumon Thewarat Rd 1", "Nan", "Nan", "55000", "Thailand"), "Sumon Thewarat Rd 1, Nan, Nan 55000, Thailand"),
        (("1", "1 Main St", "Nan", "", "62701", ""), "1 Main St, 62701"),
    ],
)  # fmt: skip
def test_a_word_that_is_also_a_place_stays_where_the_other_cells_say_so(
    cells: tuple[str, ...], sent: str
) -> None:
    query, notes = made(cells)
    assert query == (sent if sent == "EMPTY_QUERY" else {"text": sent})
    kept = {word for word in ("NA", "None", "Nan") if word in sent.replace("N-", "").replace(",", "").split()}
    assert ("AMBIGUOUS_WORDS" in notes) == bool(kept)


@pytest.mark.parametrize(
    ("countries", "sent"),
    [
        (("DE", "NA", "FR"), "Hauptstr. 5, Berlin, NA"),
        (("Germany", "NA", "France"), "Hauptstr. 5, Berlin"),
        (("Germany", "DE"), "Hauptstr. 5, Berlin"),
        (("NA", "", "NULL"), "Hauptstr. 5, Berlin, NA"),
    ],
)
def test_a_country_na_is_a_code_only_in_a_column_of_codes(countries: tuple[str, ...], sent: str) -> None:
    assert made(("1", "Hauptstr. 5", "Berlin", "", "", "NA"), countries=countries)[0] == {"text": sent}
    assert are_codes(countries) == sent.endswith("NA")


@pytest.mark.parametrize(
    ("names", "takes", "cells", "expected"),
    [
        (("lat", "lon"), Takes.POINT, ("nan", "NaN"), "EMPTY_QUERY"),
        (("lat", "lon"), Takes.POINT, ("\\N", "NULL"), "EMPTY_QUERY"),
        (("lat", "lon"), Takes.POINT, ("52.5", "NULL"), "NOT_A_NUMBER"),
        (("at",), Takes.POINT, ("N/A",), "EMPTY_QUERY"),
        (("id",), Takes.ID, ("NULL",), "EMPTY_QUERY"),
        (("waypoints",), Takes.WAYPOINTS, ("-",), "EMPTY_QUERY"),
        (("wp1", "wp2", "wp3"), Takes.WAYPOINTS, ("1,2", "NA", "3,4"), {"waypoints": "1,2|3,4"}),
        (("text", "param:lang"), Takes.PLACE, ("Berlin", "NA"), {"text": "Berlin", "param:lang": "NA"}),
    ],
)
def test_they_count_in_records_of_every_other_kind(
    names: tuple[str, ...], takes: Takes, cells: tuple[str, ...], expected: dict[str, str] | str
) -> None:
    assert made(cells, names, takes)[0] == expected


@pytest.mark.parametrize("name", ["Nancy", "Nana", "Null Street", "Naples", "No", "Unknown Road 5", "5-7", "St.", "N", "A", "0", "None Such Ln"])  # fmt: skip
def test_a_cell_that_only_contains_such_a_word_stays(name: str) -> None:
    assert name not in WORDS
    assert made(("1", name, name, name, name, name))[1] == {}
