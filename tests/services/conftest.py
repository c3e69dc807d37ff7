"""Real addresses with the positions the simulators answer."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@pytest.fixture(scope="session")
def addresses() -> Sequence[Mapping[str, str]]:
    """A hundred of the shipped addresses: text, lat, lon as written in the truth file."""
    data = files("batchdrop_sandbox.data")
    with data.joinpath("us_addresses.csv").open(encoding="utf-8") as sheet:
        rows = list(csv.DictReader(sheet))[:100]
    with data.joinpath("us_addresses_truth.csv").open(encoding="utf-8") as sheet:
        truth = {row["customer_id"]: row for row in csv.DictReader(sheet)}
    names = ("address1", "address2", "city", "state", "postal_code", "country")
    return [
        {
            "text": ", ".join(row[name] for name in names if row[name]),
            "lat": truth[row["customer_id"]]["lat"],
            "lon": truth[row["customer_id"]]["lng"],
        }
        for row in rows
    ]
