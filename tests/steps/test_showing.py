"""What people and programs ask of jobs: lists by pages, one job, links to its outputs."""

from __future__ import annotations

from typing import Any

import pytest

from batchdrop.batches.orders import Order
from batchdrop.batches.states import job_key
from batchdrop.errors import GoneMissing
from batchdrop.jobs import Input, Status, folder
from batchdrop.ports import Change, Place
from batchdrop.steps.journal import ANNOUNCING, ORDERED
from batchdrop.steps.showing import Mark, NotKept, NotReady, Page, Showing
from tests.ports.memory import MemoryLinks
from tests.steps.world import RESULTS, World

PEOPLE = b"id,address\n7,Main Street 1\n8,Side Street 2\n"


def asks(world: World, **bounds: int) -> Showing:
    return Showing(world.table, world.store, MemoryLinks(), world.journal, RESULTS, **bounds)


def add(world: World, number: int, minute: int, status: str = "completed", **more: Any) -> str:
    """A job row as the index shows it."""
    job = f"job-{number:016x}"
    row = {
        "id": job,
        "run": 0,
        "status": status,
        "status_key": status,
        "route_name": "memory-geocode",
        "created": "2026-11-21T10:00:00.000000Z",
        "updated": f"2026-11-21T10:{minute:02}:00.000000Z",
        "input": Input("inbox", f"incoming/memory-geocode/{number}.csv", "v1", 9).to_dict(),
        **more,
    }
    world.table.write(Change(job_key(job), put=row))
    return job


def pages(world: World, bounds: dict[str, int] | None = None, **asked: Any) -> list[list[str]]:
    """Ids, page by page, going on with the mark as a caller does."""
    found: list[list[str]] = []
    after: Mark | None = None
    while len(found) < 20:  # as many as no test needs
        page: Page = asks(world, **bounds or {}).page(after=after, **asked)
        found.append([item["id"] for item in page.items])
        if page.next is None:
            return found
        after = Mark.from_word(page.next.to_word())
    raise AssertionError("the pages have no end")


def test_jobs_of_all_statuses_come_newest_change_first() -> None:
    world = World()
    jobs = [add(world, number, number, status) for number, status in enumerate(Status)]
    assert pages(world) == [jobs[::-1]]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 8])
def test_pages_lose_and_repeat_nothing_even_where_changes_fall_together(limit: int) -> None:
    world = World()
    jobs = {add(world, number, number // 3, ["completed", "queued"][number % 2]) for number in range(7)}
    found = pages(world, limit=limit)
    assert all(len(page) == limit for page in found[:-1])
    flat = [job for page in found for job in page]
    assert (len(flat), set(flat)) == (7, jobs)


@pytest.mark.parametrize("word", [ANNOUNCING, ORDERED])
def test_a_job_whose_event_or_order_is_under_way_is_listed_by_its_status(word: str) -> None:
    world = World()
    job = add(world, 1, 1, status_key=word)
    assert pages(world, status="completed") == [[job]]
    assert pages(world, status="stopped") == [[]]


def test_filters_leave_what_fits_and_a_page_ends_after_so_many_rows() -> None:
    world = World()
    for number in range(10):
        add(world, number, number, route_name="other" if number % 5 else "wanted")
    assert pages(world, {"looked_at": 4}, route="wanted") == [[], [f"job-{5:016x}"], [f"job-{0:016x}"]]
    assert pages(world, key="incoming/memory-geocode/3.csv") == [[f"job-{3:016x}"]]


def test_a_page_never_grows_over_what_an_answer_holds() -> None:
    world = World()
    for number in range(4):
        add(world, number, number, problems=[{"code": "X", "message": "y" * 1000}])
    assert [len(page) for page in pages(world, {"most_bytes": 3000})] == [1, 1, 1, 1]


@pytest.mark.parametrize(
    "word", ["", "x", "20261121100000000000", f"2026112110000000000.a-{0:016x}", f"{'1' * 20}.a-{0:016x}\n"]
)
def test_a_word_that_is_not_ours_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="not a word of ours"):
        Mark.from_word(word)


def test_a_mark_brings_back_the_moment_to_the_microsecond() -> None:
    mark = Mark("2026-11-21T10:09:08.765432Z", f"a-b_c-{7:016x}")
    assert Mark.from_word(mark.to_word()) == mark


def test_a_job_is_shown_as_its_row_is_and_as_job_json_says() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.drive(job)
    assert asks(world).job(job) == world.document(job)
    with pytest.raises(GoneMissing):
        asks(world).job("people-0123456789abcdef")


def test_outputs_are_not_there_before_the_job_is_over_and_then_are() -> None:
    world = World()
    job = world.drop(PEOPLE)
    with pytest.raises(NotReady, match="submitted"):
        asks(world).link(job, "results")
    world.drive(job)
    link = asks(world).link(job, "results")
    assert (
        link == f"memory://{RESULTS}/{folder(job)}results.csv?seconds=900&name={job}-results.csv&shown=False"
    )
    assert asks(world).link(job, "problems") is None


def test_a_report_is_shown_and_not_saved() -> None:
    world = World()
    job = add(world, 1, 1, objects=["report.html"])
    world.store.put(Place(RESULTS, f"{folder(job)}report.html"), b"<html>")
    assert str(asks(world).link(job, "report")).endswith("shown=True")


def test_a_refused_file_has_problems_and_no_results() -> None:
    world = World()
    job = world.drop(b"")
    world.drive(job)
    assert asks(world).link(job, "problems")
    assert asks(world).link(job, "results") is None


def test_results_whose_days_are_over_are_not_kept() -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.drive(job)
    world.store.lose(Place(RESULTS, f"{folder(job)}results.csv"))
    with pytest.raises(NotKept, match="days"):
        asks(world).link(job, "results")


@pytest.mark.parametrize("done", [{"status": Status.DELETED, "objects": []}, {"order": Order.DELETE}])
def test_a_deleted_job_keeps_nothing_from_the_order_on(done: dict[str, Any]) -> None:
    world = World()
    job = world.drop(PEOPLE)
    world.drive(job)
    world.journal.change(job, 0, done)
    with pytest.raises(NotKept, match="deleted"):
        asks(world).link(job, "results")
