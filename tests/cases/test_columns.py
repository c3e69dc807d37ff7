"""Headers that were half understood once: what `check` says of each file, and what would be sent of its first record."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from batchdrop_cli.main import app

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "columns"

CASES = {
    # file: (records, valid, distinct), the first record's query
    "de-nr.csv": ((4, 4, 4), "5740 North 59th Avenue, Glendale, 85301"),
    "geoapify-output.csv": ((1, 1, 1), "Salvia 22, 3317 JN Dordrecht, Netherlands, South Holland"),
    "kunden.csv": ((2, 2, 2), "Hauptstraße 5, 10115 Berlin, Germany"),
    "openaddresses.csv": ((3, 3, 3), "1 First Street, OAVILLE, NSW 2000"),
    "parcel.csv": ((2, 2, 2), "100 N Main St, Unit 4, Denver, CO 80201"),
    "phila.csv": ((2, 2, 2), "12 Main St, Springfield, IL 62701"),
    "plz_ort.csv": ((2, 2, 2), "Hauptstr. 5, 10115 Berlin"),
    "stripe.csv": ((2, 2, 2), "12 Main St, Springfield, IL 62701, US"),
}


def test_every_file_has_its_row() -> None:
    assert {path.name for path in FOLDER.glob("*.csv")} == CASES.keys()


@pytest.mark.parametrize("name", CASES)
def test_a_header_is_understood_whole(name: str, record_property: Callable[[str, object], None]) -> None:
    found = CliRunner().invoke(app, ["check", str(FOLDER / name), "--route", "geoapify-geocode", "--json"])
    shown = json.loads(found.stdout)
    counts = (shown["records"]["total"], shown["records"]["valid"], shown["records"]["distinct"])
    record_property("counts", f"{name}: {counts[0]} records, {counts[1]} valid, {counts[2]} distinct")
    assert (counts, shown["sample"]) == (CASES[name][0], {"text": CASES[name][1]})
    assert (shown["verdict"], shown["concerns"], found.exit_code) == ("goes", [], 0)
