"""Columns that look like parts of an address and are not sent: the job waits, and nobody pays for half an address unasked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.steps.anything import Anything
from tests.steps.world import World

TWO_ADDRESSES = "street,city,mail_addr1,mail_city\n1 Main St,Dover,PO Box 4,Salem\n1 Main St,Dover,PO Box 5,Salem\n1 Main St,Dover,PO Box 5,Salem\n"


def dropped(body: str, name: str = "a.csv", **options: Any) -> tuple[World, str]:
    """A world with the file dropped and driven as far as it goes by itself."""
    world = World(Anything)
    world.route("any", service="memory", api="place", **options)
    job = world.drop(body.encode(), route="any", name=name)
    world.drive(job)
    return world, job


@pytest.mark.parametrize(
    ("body", "name", "unsent"),
    [
        (TWO_ADDRESSES, "a.csv", ["mail_addr1", "mail_city"]),
        ("city,zip,Street of XY\nDover,19901,1 Main St\n", "a.csv", ["Street of XY"]),
        ("address,zip,where\n1 Main St,19901,Dover\n", "a.csv", ["where"]),
        ("street,city,Cross Street 1\nMain St,Dover,Oak St\n", "a.csv", ["Cross Street 1"]),
        ('{"street":"1 Main St","city":"Dover","mailing":{"street":"PO Box 4"}}\n', "a.ndjson", ["mailing.street"]),
        ('[{"street":"1 Main St","city":"Dover"},{"street":"1 Main St","city":"Dover","Cross Street 1":"Oak"}]', "a.json", ["Cross Street 1"]),
    ],
)  # fmt: skip
def test_a_job_with_parts_of_an_address_that_are_not_sent_waits(
    body: str, name: str, unsent: list[str]
) -> None:
    world, job = dropped(body, name)
    document = world.document(job)
    assert not world.shop.calls
    assert document["attention"]["code"] == "PARTIAL_COLUMNS"
    for column in unsent:
        assert column in document["attention"]["message"]
        assert column in document["notSent"]


def test_the_definition_to_paste_lets_the_file_go() -> None:
    body = "city,zip,Street of XY\nDover,19901,1 Main St\n"
    world, job = dropped(body)
    text: str = world.document(job)["attention"]["definition"]
    definition = json.loads(text.removesuffix(" in routes/any.json"))
    assert definition == {"columns": {"city": "city", "postcode": "zip", "address1": "Street of XY"}}
    world, job = dropped(body, **definition)
    assert world.document(job)["status"] == "completed"
    assert list(world.shop.billed.elements()) == ["text=1 Main St, Dover, 19901"]


def test_a_route_that_names_the_columns_of_the_address_says_what_is_meant() -> None:
    world, job = dropped(TWO_ADDRESSES, columns={"address1": "street"})
    assert world.document(job)["status"] == "completed"
    assert list(world.shop.billed.elements()) == ["text=1 Main St, Dover"]
    assert world.document(job)["notSent"] == ["mail_addr1", "mail_city"]


def test_records_that_differ_only_in_such_columns_are_not_equal() -> None:
    world, job = dropped(TWO_ADDRESSES)
    assert world.document(job)["records"]["distinct"] == 2
    world.jobs.start(job)
    world.drive(job, run=1)
    assert world.document(job)["status"] == "completed"
    assert list(world.shop.billed.elements()) == ["text=1 Main St, Dover"] * 2


def test_such_a_column_without_any_value_holds_nobody_up() -> None:
    world, job = dropped("street,city,mail_addr1,mail_city\n1 Main St,Dover,,\n")
    assert world.document(job)["status"] == "completed"


def test_an_address_in_parts_waits_where_a_part_has_no_field() -> None:
    world, job = dropped("address,address2,city\n5 Main St,Apt 7,Littleton\n", structured=True)
    assert world.document(job)["attention"]["code"] == "PARTIAL_COLUMNS"
    world, job = dropped("address,address2,city\n5 Main St,,Littleton\n", structured=True)
    assert list(world.shop.billed.elements()) == ["street=5 Main St;city=Littleton"]


@pytest.mark.parametrize(
    ("body", "name", "expected"),
    [
        ('{"address":{"streetAddress":"1 Main St","addressLocality":"Dover"}}\n', "a.ndjson", "text=1 Main St, Dover"),
        ('{"shipping_address":{"address1":"1 Main St","city":"Dover","zip":"19901"}}\n', "a.ndjson", "text=1 Main St, Dover, 19901"),
        ('{"customer":{"address":{"line1":"1 Main St","city":"Dover"}}}\n', "a.ndjson", "text=1 Main St, Dover"),
        ("address.street,address.city\n1 Main St,Dover\n", "a.csv", "text=1 Main St, Dover"),
    ],
)  # fmt: skip
def test_members_of_an_address_object_are_its_parts(body: str, name: str, expected: str) -> None:
    world, _ = dropped(body, name)
    assert list(world.shop.billed.elements()) == [expected]
