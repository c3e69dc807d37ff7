"""Two bad days of AWS. `make faults` knows two dozen."""

from __future__ import annotations

import pytest

from tests.faults.outages import endure_all
from tests.faults.weather import OUTAGES, QUICK


@pytest.mark.e2e
@pytest.mark.long
def test_jobs_survive_lost_replies_of_aws() -> None:
    passed = list(endure_all(QUICK))
    assert [each.outage for each in passed] == list(QUICK)
    assert not [(each.outage.name, each.trouble) for each in passed if each.trouble]
    claim, publish = passed
    assert claim.broken == 10  # each service's job, five tries each
    assert publish.repeated  # the same event again, and nothing else


def test_every_outage_is_known_by_its_name() -> None:
    assert len({each.name for each in OUTAGES}) == len(OUTAGES)
    assert len(QUICK) == 2
