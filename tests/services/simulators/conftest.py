"""What these tests share."""

from __future__ import annotations

import csv
from importlib import resources

import pytest

from tests.services.simulators.scene import Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture(scope="session")
def known() -> list[tuple[dict[str, str], str, str]]:
    """Every known address with the text of its true lat and lon."""
    data = resources.files("batchdrop_sandbox.data")
    rows = csv.DictReader(data.joinpath("us_addresses.csv").read_text(encoding="utf-8").splitlines())
    truths = csv.DictReader(data.joinpath("us_addresses_truth.csv").read_text(encoding="utf-8").splitlines())
    return [(row, truth["lat"], truth["lng"]) for row, truth in zip(rows, truths, strict=True)]
