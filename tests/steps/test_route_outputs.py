"""What a route's options make of the answers: language, columns, confidence."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.steps.memory_service import MemoryService
from tests.steps.world import World

PEOPLE = b"id,address\n7,Main Street 1\n8,Side Street 22\n"
CONFIDENT = {"more": ["bd_confidence"]}


def world_with(**options: Any) -> World:
    world = World()
    world.shop.works_for = 10
    world.shop.answer = lambda text: {
        "lat": str(len(text)),
        "label": text.upper(),
        "confidence": "0.9" if "Main" in text else "0.42",
    }
    world.route("mine", service="memory", api="geocode", **options)
    return world


def test_columns_a_route_names_stand_in_the_results_in_its_order_and_no_others() -> None:
    world = world_with(params=CONFIDENT, output_columns=["bd_confidence", "bd_lat"])
    job = world.drop(PEOPLE, route="mine")
    assert world.drive(job) == "Done"
    assert world.output(job, "results.csv").decode().splitlines() == [
        "id,address,bd_recId,bd_seqNumber,bd_seqLength,bd_confidence,bd_lat",
        "7,Main Street 1,1,1,1,0.9,13",
        "8,Side Street 22,2,1,1,0.42,14",
    ]


def test_an_answer_below_the_least_confidence_is_an_error_that_tells_the_answer() -> None:
    world = world_with(params=CONFIDENT, min_confidence=0.6)
    job = world.drop(PEOPLE, route="mine")
    assert world.drive(job) == "Done"
    [good] = world.rows(job, "results.csv")
    [low] = world.rows(job, "errors.csv")
    assert (good["id"], low["id"]) == ("7", "8")
    assert (low["bd_outcome"], low["bd_code"]) == ("lowConfidence", "LOW_CONFIDENCE")
    assert low["bd_message"] == "The confidence 0.42 is below 0.6. The best answer: SIDE STREET 22."
    assert list(low)[-5:] == ["bd_recId", "bd_outcome", "bd_code", "bd_message", "bd_job"]
    records = world.document(job)["records"]
    assert (records["matched"], records["failed"], records["processed"]) == (1, 1, 2)
    assert world.document(job)["status"] == "completed"


def test_confidence_is_judged_even_where_its_column_is_not_wanted() -> None:
    world = world_with(params=CONFIDENT, min_confidence=0.6, output_columns=["bd_label"])
    job = world.drop(PEOPLE, route="mine")
    assert world.drive(job) == "Done"
    assert [row["bd_label"] for row in world.rows(job, "results.csv")] == ["MAIN STREET 1"]
    assert len(world.rows(job, "errors.csv")) == 1


def test_an_answer_without_a_confidence_is_not_below_any() -> None:
    world = world_with(params=CONFIDENT, min_confidence=1)
    world.shop.answer = lambda text: {"lat": "1", "label": text, "confidence": ""}
    job = world.drop(PEOPLE, route="mine")
    assert world.drive(job) == "Done"
    assert len(world.rows(job, "results.csv")) == 2


def test_the_language_becomes_the_service_s_own_parameter_and_one_among_the_parameters_wins() -> None:
    for params, expected in (({}, "de"), ({"lang": "fr"}, "fr")):
        world = world_with(language="de", params=params)
        job = world.drop(PEOPLE, route="mine")
        assert world.drive(job) == "Done"
        assert world.journal.row(job)["route"]["params"]["lang"] == expected


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"output_columns": ["bd_nothing"]}, "has no bd_nothing; it has bd_lat, bd_label"),
        ({"min_confidence": 0.5}, "have no bd_confidence"),
    ],
)
def test_options_that_do_not_fit_the_api_refuse_the_file_and_nothing_is_sent(
    options: dict[str, Any], says: str
) -> None:
    world = world_with(**options)
    job = world.drop(PEOPLE, route="mine")
    assert world.drive(job) == "Done"
    [found] = world.document(job)["problems"]
    assert found["code"] == "ROUTE_INVALID"
    assert says in found["message"]
    assert not world.shop.calls


def test_equal_records_are_paid_once_and_the_saving_is_told() -> None:
    world = world_with()
    job = world.drop(
        b"address\nMain Street 1\n" * 1 + b"Main Street 1\nMain  Street 1 \nmain street 1\n", route="mine"
    )
    assert world.drive(job) == "Done"
    document = world.document(job)
    assert document["records"]["distinct"] == 2  # blanks are cleaned, capital letters are sent as they are
    assert document["price"] == {"unit": "credits", "dated": "2026", "estimated": 4, "spent": 4, "saved": 2}


def test_case_is_folded_where_the_service_says_that_it_ignores_it() -> None:
    class Careless(MemoryService):
        apis = {"geocode": replace(MemoryService.apis["geocode"], ignores_case=True)}  # noqa: RUF012  # as the port has it

    world = World(kind=Careless)
    job = world.drop(b"address\nMain Street 1\nMAIN STREET 1\n")
    assert world.drive(job) == "Done"
    assert world.document(job)["records"]["distinct"] == 1
    assert world.shop.billed == {"Main Street 1": 1}
    assert len(world.rows(job, "results.csv")) == 2


def test_what_was_spent_goes_by_what_each_record_costs() -> None:
    world = world_with(params={"by_word": True, "priority": 0.5}, batch_records=1)
    job = world.drop(PEOPLE + b"9,Main Street 1\n", route="mine")
    assert world.drive(job) == "Done"
    price = world.document(job)["price"]
    assert price["estimated"] == price["spent"] == 0.5 * (3 + 3 + 2 * 2)
    assert price["saved"] == 0.5 * 3


def test_outputs_for_a_spreadsheet_have_a_mark_and_no_formula() -> None:
    world = world_with(excel=True)
    world.shop.answer = lambda text: None if "22" in text else {"lat": "-3.5", "label": "=1+1"}
    job = world.drop(b"id,address\n=7,Main Street 1\n-8,Side Street 22\n", route="mine")
    assert world.drive(job) == "Done"
    results, errors = (world.output(job, f"{name}.csv") for name in ("results", "errors"))
    assert results.startswith(b"\xef\xbb\xbfid,address,bd_recId")
    assert b"'=7,Main Street 1,1,1,1,-3.5,'=1+1\n" in results
    assert errors.startswith(b"\xef\xbb\xbfid,address,bd_recId")
    assert b"-8,Side Street 22,2,noMatch," in errors
