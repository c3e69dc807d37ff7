"""What these tests share."""

from __future__ import annotations

import csv
from importlib import resources
from typing import TYPE_CHECKING

import pytest
import requests

from tests.services.simulators.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def web() -> Iterator[requests.Session]:
    """An HTTP client that no setting of this machine leads elsewhere."""
    with requests.Session() as session:
        session.trust_env = False
        yield session


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
