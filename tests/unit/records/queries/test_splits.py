"""An address split into columns at random: the query holds every part, or the file does not go by itself."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import BadFile
from batchdrop.ports import Takes
from batchdrop.problems import Problem
from batchdrop.records.columns import map_columns
from batchdrop.records.mapping import QueryMaker

if TYPE_CHECKING:
    from collections.abc import Callable

TABLES: dict[str, Any] = tomllib.loads(
    (files("batchdrop.records.queries") / "address_names.toml").read_text("utf-8")
)
SPECIAL = {"weak", "qualifiers", "suffixes", "excluded", "labels"}
WORDS = {part: " ".join(sources.values()).split() for part, sources in TABLES.items() if part not in SPECIAL}
QUALIFIERS = [
    "",
    *[
        "address",
        "billing",
        "shipping",
        "mailing",
        "customer",
        "res",
        "property",
        "home",
        "kunden",
        "liefer",
        "ship_to",
        "site",
    ],
]
ADDRESSES = [
    {"housenumber": "5740", "street": "North 59th Avenue", "unit": "12", "city": "Glendale", "state": "Arizona", "postcode": "85301", "country": "USA"},
    {"housenumber": "22", "street": "Invalidenstraße", "suburb": "Mitte", "city": "Berlin", "postcode": "10115", "country": "Deutschland"},
    {"housenumber": "7a", "street": "Rue Cler", "city": "Paris", "county": "Seine", "postcode": "75007"},
    {"line": "12 Main St", "address2": "Rear door", "city": "Springfield", "state": "Illinois", "postcode": "62701"},
    {"housenumber": "100", "street_predirection": "North", "street": "Broad", "street_type": "Avenue", "city": "Denver", "postcode": "80201"},
    {"line": "4 rue du Bac", "city_line": "75007 Paris", "country": "France"},
]  # fmt: skip
CASES: tuple[Callable[[str], str], ...] = (str, str.upper, str.title, str.lower)


@st.composite
def splits(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Names and cells of one record: each part under one of its names, all below one word, in any order."""
    address = draw(st.sampled_from(ADDRESSES))
    must = {"street", "line", "city", "city_line", "street_type", "street_predirection"}
    parts = [part for part in address if part in must or draw(st.booleans())]
    qualifier, sign = draw(st.sampled_from(QUALIFIERS)), draw(st.sampled_from(["_", " ", "-", ".", ":"]))
    names = {}
    for part in parts:
        name = sign.join(filter(None, (qualifier, draw(st.sampled_from(WORDS[part])))))
        name += draw(st.sampled_from(["", "", "", f"{sign}desc", f"{sign}txt"]))
        names[draw(st.sampled_from(CASES))(name)] = address[part]
    order = draw(st.permutations([*names, "ref"]))
    return list(order), [names.get(name, "R-1") for name in order]


@pytest.mark.hypothesis
@given(splits())
def test_no_part_of_an_address_is_left_out_silently(split: tuple[list[str], list[str]]) -> None:
    names, cells = split
    try:
        maker = QueryMaker(names, map_columns(names, Takes.PLACE, rows=[cells]), Takes.PLACE)
    except BadFile:
        return
    query = maker.make(cells)
    if not (isinstance(query, Problem) or maker.unsent):
        missing = [cell for cell in cells if cell != "R-1" and cell not in query["text"]]
        assert not missing


@pytest.mark.hypothesis
@given(splits(), st.data())
def test_records_that_differ_in_a_part_are_never_equal(
    split: tuple[list[str], list[str]], data: st.DataObject
) -> None:
    names, cells = split
    at = data.draw(st.integers(0, len(names) - 1).filter(lambda at: names[at] != "ref"))
    other = [*cells]
    other[at] = f"{cells[at]}9"
    try:
        maker = QueryMaker(names, map_columns(names, Takes.PLACE, rows=[cells, other]), Takes.PLACE)
    except BadFile:
        return
    first, second = maker.make(cells), maker.make(other)
    assert isinstance(first, Problem) or first != second
