"""The handlers' surroundings, for rows that go through them."""

from __future__ import annotations

from tests.functions.conftest import functions, simulators

__all__ = ["functions", "simulators"]
