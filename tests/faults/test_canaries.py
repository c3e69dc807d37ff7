"""Whole jobs with a careless service: keys and addresses stand in no log, history, event, queue or row, whatever it answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from batchdrop import library_logs
from batchdrop.errors import ServiceRefused
from batchdrop.transport import client
from tests.faults.careless import ANSWERS, CANARIES, READS, WRITES, Bench, Left, open_bench
from tests.faults.over_http import SERVICE_OF

EXCHANGES = 500
"""At least so many with each of the four services."""


def try_all(bench: Bench, kinds: list[str]) -> list[Left]:
    """Let the service give each kind of answer, to what reads and to what writes."""
    return [bench.try_answer(kind, methods) for kind in kinds for methods in (READS, WRITES)]


@pytest.mark.parametrize("service", SERVICE_OF.values())
def test_no_answer_of_a_careless_service_brings_a_canary_anywhere(service: str) -> None:
    assert len(ANSWERS) >= 28
    with open_bench(service) as bench:
        left = try_all(bench, list(ANSWERS))
    assert [each.kind for each in left if not each.rested] == []
    assert [leak for each in left for leak in each.find_leaks()] == []
    assert all(
        each.texts[where] not in ("", "[]") for each in left for where in ("a log", "an event", "a history")
    )
    assert bench.exchanges >= EXCHANGES


def _refuse_in_the_words_of_the_service(about: Any, _headers: Any, body: bytes, *_: Any) -> ServiceRefused:
    return ServiceRefused(body.decode(errors="replace"), **about.fields())


@pytest.mark.parametrize(
    ("place", "name", "naive", "kind"),
    [
        (library_logs, "_remove_data", lambda _record: None, "a header line without a colon"),
        (client, "_sent", lambda _request: lambda _text: False, "a refusal whose code is the key"),
        (client, "verdict", _refuse_in_the_words_of_the_service, "the whole request again, refused"),
    ],
    ids=["logs of libraries as they are", "any code", "the words of the service"],
)
def test_a_naive_product_is_found_out(
    monkeypatch: pytest.MonkeyPatch, place: Any, name: str, naive: Any, kind: str
) -> None:
    monkeypatch.setattr(place, name, naive)
    with open_bench("geoapify") as bench:
        assert [leak for each in try_all(bench, [kind]) for leak in each.find_leaks()]


def test_a_canary_is_found_wherever_it_stands() -> None:
    with open_bench("geoapify") as bench:
        left = bench.try_answer("a good answer", READS)
    assert not left.find_leaks()
    for where, text in left.texts.items():
        for canary in CANARIES:
            told = replace(left, texts={**left.texts, where: text + canary})
            assert len(told.find_leaks()) == 1
