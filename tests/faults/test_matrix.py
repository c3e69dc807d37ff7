"""A part of the fault matrix in `make test`: each case in its first way at each effect. `make e2e` and `make faults` try them all."""

from __future__ import annotations

import pytest

from tests.faults import naive, over_http, trial
from tests.faults.checks import check_all
from tests.faults.matrix import FAULTS, cases, cells
from tests.faults.region import Region
from tests.faults.scenes import body


def test_the_matrix_is_whole() -> None:
    assert len(cells()) == 280
    assert sum(cell.applies for cell in cells()) == 223
    assert len(cases()) == 571
    assert sum(bool(case.why_not) for case in cases()) == 81


def find_failed(fault: str, most: int = 1000) -> list[tuple[str, tuple[str, ...]]]:
    """Try the cases of one fault, each in so many ways or in all; return those that failed, with what was wrong."""
    asked = [case for case in cases() if case.cell.fault == fault and not case.why_not]
    results = [trial.attempt(case, most=most) for case in asked]
    return [(result.case.name, result.trouble) for result in results if not result.passed]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_effect_survives(fault: str) -> None:
    assert not find_failed(fault, most=1)


@pytest.mark.e2e
@pytest.mark.long
@pytest.mark.parametrize("fault", FAULTS)
def test_every_effect_survives_whichever_way_the_fault_comes(fault: str) -> None:
    assert not find_failed(fault)


@pytest.mark.parametrize("name", naive.VARIANTS)
def test_a_naive_product_is_found_out(name: str) -> None:
    by_name = {case.name: case for case in cases()}
    for cell in naive.BREAKS_AT[name]:
        assert not trial.attempt(by_name[cell], naive.VARIANTS[name], most=2).passed, cell


@pytest.mark.parametrize(
    "name", ["F3×S4 blind", "F10×S4 named", "F6×S6 tagged", "F9×S8 uploaded", "F17×S10 tagged"]
)
def test_the_real_services_survive_over_http(name: str) -> None:
    case = {case.name: case for case in over_http.marked()}[name]
    result = over_http.attempt(case)
    assert result.passed, result.trouble


def test_a_leak_would_be_seen() -> None:
    region = Region(trial.kind_of("blind"))
    region.drop(body())
    with trial.listening(region):
        assert region.settle()
    assert not check_all(region, "nothing to see")
    assert check_all(region, "a line with Canaryweg 1 in it")
    assert check_all(region, "key canary-secret-8c1f")


def test_a_second_payment_would_be_seen() -> None:
    region = Region(trial.kind_of("blind"))
    region.drop(body())
    with trial.listening(region):
        assert region.settle()
    region.world.shop.billed.update(["Canaryweg 1"])
    assert any("paid for 2 times" in each for each in check_all(region))
