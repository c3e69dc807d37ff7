"""What a route's parameters do to a job: columns that are added, and parameters that are refused before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.steps.memory_service import MemoryService
from tests.steps.world import World

if TYPE_CHECKING:
    from batchdrop.ports import Progress, Ticket

PEOPLE = b"id,address\n7,Main Street 1\n"


def test_columns_a_route_asks_for_stand_in_the_results() -> None:
    world = World()
    world.route("more", service="memory", api="geocode", params={"more": ["bd_title"]})
    job = world.drop(PEOPLE, route="more")
    assert world.drive(job) == "Done"
    assert world.output(job, "results.csv").decode().splitlines() == [
        "id,address,bd_recId,bd_seqNumber,bd_seqLength,bd_lat,bd_label,bd_title",
        "7,Main Street 1,1,1,1,13,MAIN STREET 1,",
    ]


def test_a_parameter_the_api_does_not_take_refuses_the_file_and_nothing_is_sent() -> None:
    world = World()
    world.route("odd", service="memory", api="geocode", params={"wrong": 1})
    job = world.drop(PEOPLE, route="odd")
    assert world.drive(job) == "Done"
    [found] = world.document(job)["problems"]
    assert found["code"] == "ROUTE_INVALID"
    assert "no parameter wrong" in found["message"]
    assert not world.shop.calls


def test_parameters_that_the_records_bring_are_asked_about_too() -> None:
    world = World()
    job = world.drop(b"address,param:wrong\nMain Street 1,5\n")
    assert world.drive(job) == "Done"
    assert world.document(job)["problems"][0]["code"] == "ROUTE_INVALID"
    assert not world.shop.calls


def test_equal_records_with_other_parameters_are_other_records() -> None:
    world = World()
    job = world.drop(b"address,param:lang\nMain Street 1,de\nMain Street 1,fr\nMain Street 1,de\n")
    assert world.drive(job) == "Done"
    assert world.document(job)["records"]["distinct"] == 2
    assert len(world.rows(job, "results.csv")) == 3


def test_a_service_that_bills_looks_is_not_looked_at_earlier_than_it_is_meant_to_because_it_says_so() -> None:
    world = World()
    world.shop.works_for = 300
    looks: list[float] = []

    class Hasty(MemoryService):
        def check(self, ticket: Ticket) -> Progress:
            looks.append(world.clock())
            return replace(super().check(ticket), retry_after=5.0)

    world.service = Hasty(world.shop)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert len(looks) > 2
    assert min(later - earlier for earlier, later in pairwise(looks)) >= world.service.can.min_wait
