"""Answers that are odd in part: what could be read is delivered, what could not is named, and nothing is paid for again."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from batchdrop.batches.states import BatchRow, batch_key
from batchdrop.errors import ServiceSpokeUnknown
from batchdrop.ports import Change, Place, State
from batchdrop.steps.operator import Operator
from tests.steps.memory_service import ONE_PHASE, MemoryService
from tests.steps.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.ports import AnswerNotes, Capabilities, Outcome, Progress

THREE = b"id,address\n1,Main Street 1\n2,Side Street 2\n3,High Street 3\n"
Entries = list[Any]


def thousand() -> bytes:
    return b"id,address\n" + b"".join(b"%d,Street %d\n" % (number, number) for number in range(1, 1001))


def entries_changed(change: Callable[[Entries], Entries]) -> Callable[[bytes], bytes]:
    """The service's answer with other entries."""
    return lambda body: json.dumps(change(json.loads(body))).encode()


def operator(world: World) -> Operator:
    return Operator(world.table, world.journal, world.jobs, world.clock, {"memory": world.kind})


def dropped(change: Callable[[Entries], Entries], body: bytes = THREE, **more: Any) -> tuple[World, str, str]:
    """A job whose answer is changed so; the state its execution ends in."""
    world = World(**more)
    world.shop.body = entries_changed(change)
    job = world.drop(body)
    return world, job, world.drive(job)


def codes(world: World, job: str) -> list[tuple[str, str]]:
    return [(row["bd_recId"], row["bd_code"]) for row in world.rows(job, "errors.csv")]


def detail(world: World, job: str) -> str:
    (batch,) = world.document(job)["attention"]["batches"]
    text: str = batch["detail"]
    return text


def batch_row(world: World, job: str) -> BatchRow:
    row = world.table.get(batch_key(job, 1))
    assert row is not None
    return BatchRow.from_row(row)


def test_rows_of_nobody_are_noted_and_the_job_is_completed() -> None:
    world, job, state = dropped(lambda rows: [*rows, [7777, {"lat": "1"}], "noise"], thousand())
    assert state == "Done"
    document = world.document(job)
    assert (document["status"], document["records"]["matched"]) == ("completed", 1000)
    (note,) = document["notes"]
    assert (note["code"], note["count"]) == ("ODD_ROWS", 2)
    assert "batch 00001, answer.json line 1001: it belongs to no record" in note["message"]
    assert note["remedy"]
    assert world.shop.calls["check"] == 2, "nothing was fetched again"


def test_of_a_thousand_records_with_one_odd_row_999_are_delivered_and_one_is_named() -> None:
    world, job, state = dropped(lambda rows: [*rows[:499], "odd", *rows[500:]], thousand())
    assert state == "Parked"
    assert detail(world, job) == (
        "1 of 1000 records have no answer. 1 row of the answer could not be used. "
        "The first of them: answer.json line 500: it belongs to no record."
    )
    assert detail(world, job) in world.document(job)["attention"]["message"]
    assert len(world.rows(job, "results.csv")) == 999, "while the job waits"
    operator(world).accept_gaps(job, [1])
    assert world.drive(job, run=1) == "Done"
    document = world.document(job)
    assert (document["status"], document["attention"]) == ("completed", None)
    assert len(world.rows(job, "results.csv")) == 999
    assert codes(world, job) == [("500", "UNACCOUNTED")]
    assert [(note["code"], note["count"]) for note in document["notes"]] == [("ODD_ROWS", 1)]
    assert set(world.shop.billed.values()) == {1}


def test_fetched_again_by_a_person_the_mended_answer_counts_and_the_note_is_gone() -> None:
    world, job, _ = dropped(lambda rows: [*rows[:1], "odd", *rows[2:]])
    assert world.document(job)["notes"]
    world.shop.body = lambda body: body
    operator(world).recollect(job, [1])
    assert world.drive(job, run=1) == "Done"
    document = world.document(job)
    assert (document["records"]["matched"], document.get("notes")) == (3, None)
    assert not batch_row(world, job).notes
    assert not batch_row(world, job).detail
    assert set(world.shop.billed.values()) == {1}


def test_what_one_reading_found_stays_when_later_ones_can_read_nothing() -> None:
    world = World()
    once = iter([entries_changed(lambda rows: [*rows[:1], "odd", *rows[2:]])])

    def answer(body: bytes) -> bytes:
        change = next(once, None)
        return change(body) if change else b"<html>"

    world.shop.body = answer
    job = world.drop(THREE)
    assert world.drive(job) == "Parked"
    assert world.shop.calls["check"] == 4, "read three times, after one look too early"
    assert "could not be read to its end" in detail(world, job)
    assert len(world.rows(job, "results.csv")) == 2
    operator(world).accept_gaps(job, [1])
    world.drive(job, run=1)
    assert codes(world, job) == [("2", "UNACCOUNTED")]


def test_readings_that_lack_different_records_make_a_whole_one() -> None:
    world = World()
    lost = iter([0, 1, 2])
    world.shop.body = entries_changed(lambda rows: [*rows, "odd"][(n := next(lost)) + 1 :] + rows[:n])
    job = world.drop(THREE)
    assert world.drive(job) == "Done"
    assert world.document(job)["records"]["matched"] == 3
    assert set(world.shop.billed.values()) == {1}


def test_results_that_are_gone_when_a_person_fetches_again_do_not_take_what_was_read_along() -> None:
    world, job, _ = dropped(lambda rows: [*rows[:1], "odd", *rows[2:]])
    world.shop.status = lambda _job: State.GONE
    operator(world).recollect(job, [1])
    assert world.drive(job, run=1) == "Parked"
    assert world.document(job)["attention"]["code"] == "DELETED_BY_OTHER"
    operator(world).accept_gaps(job, [1])
    assert world.drive(job, run=2) == "Done"
    assert [row["bd_recId"] for row in world.rows(job, "results.csv")] == ["1", "3"]
    assert codes(world, job) == [("2", "UNACCOUNTED")]


def test_an_answer_with_more_odd_rows_than_records_is_left_to_a_person_although_every_record_has_one() -> (
    None
):
    world, job, state = dropped(lambda rows: [*rows, *[[number, {"lat": "9"}] for number in range(50, 54)]])
    assert state == "Parked"
    assert detail(world, job).startswith("4 rows of the answer could not be used, more than could.")
    operator(world).accept_gaps(job, [1])
    world.drive(job, run=1)
    assert len(world.rows(job, "results.csv")) == 3
    assert codes(world, job) == []


def test_however_many_rows_are_odd_the_batch_keeps_a_few_names() -> None:
    world, job, _ = dropped(lambda rows: [*rows, *["odd"] * 900], thousand())
    row = batch_row(world, job)
    assert (row.notes["odd"], len(row.notes["named"])) == (900, 10)
    assert len(world.document(job)["notes"][0]["message"]) < 1000


class Reader(MemoryService):
    """Reads as `MemoryService`; then `after` is done."""

    can: ClassVar[Capabilities] = replace(ONE_PHASE, looks_are_billed=False)
    after: ClassVar[Callable[[AnswerNotes], None]]
    counters: ClassVar[dict[str, Any]] = {}

    def check(self, ticket: Any) -> Progress:
        return replace(super().check(ticket), **self.counters)

    def read(self, batch: Any, raw: Any, notes: Any = None) -> Iterator[Outcome]:
        yield from super().read(batch, raw, notes)
        type(self).after(notes)


def reader(after: Callable[[AnswerNotes], None] = lambda _: None, **counters: Any) -> type[Reader]:
    return type("Kind", (Reader,), {"after": staticmethod(after), "counters": counters})


def breaking(_notes: AnswerNotes) -> None:
    raise ServiceSpokeUnknown("the answer is cut off")


def test_an_answer_that_breaks_off_after_the_last_record_is_read_again_and_then_believed_with_a_note() -> (
    None
):
    world, job, state = dropped(lambda rows: rows, kind=reader(breaking))
    assert state == "Done"
    (note,) = world.document(job)["notes"]
    assert note["code"] == "ODD_ANSWER"
    assert "could not be read to its end: the answer is cut off" in note["message"]
    assert world.shop.calls["check"] == 4


def test_an_answer_that_breaks_off_before_the_last_record_is_parked_with_what_was_read() -> None:
    world, job, state = dropped(lambda rows: rows[:2], kind=reader(breaking))
    assert state == "Parked"
    assert "1 of 3 records have no answer." in detail(world, job)
    assert "the answer is cut off" in detail(world, job)
    assert len(world.rows(job, "results.csv")) == 2


@pytest.mark.parametrize(("billed", "looks"), [(False, 3), (True, 2)])
def test_a_part_without_its_last_line_end_is_downloaded_twice_where_that_is_free(
    billed: bool, looks: int
) -> None:
    def unfinished(notes: AnswerNotes) -> None:
        notes.unfinished = True
        notes.remark("answer.json: there is no line end after the last row")

    kind = reader(unfinished)
    kind.can = replace(kind.can, looks_are_billed=billed)
    world, job, state = dropped(lambda rows: rows, kind=kind)
    assert state == "Done"
    assert world.shop.calls["check"] == looks
    assert [note["code"] for note in world.document(job)["notes"]] == ["ODD_ANSWER"]


def test_a_record_with_some_of_its_answers_is_parked_and_accepted_with_those() -> None:
    def partly(notes: AnswerNotes) -> None:
        notes.partial += 1

    world, job, state = dropped(lambda rows: rows, kind=reader(partly))
    assert state == "Parked"
    assert detail(world, job) == "1 of 3 records have fewer answers than the service says."
    operator(world).accept_gaps(job, [1])
    assert world.drive(job, run=1) == "Done"
    assert len(world.rows(job, "results.csv")) == 3


@pytest.mark.parametrize(
    ("counters", "told"),
    [
        ({"total": 9}, "The service counts total 9; read were matched 3, noMatch 0, lowConfidence 0, failed 0."),
        ({"total": 3, "succeeded": 1, "failed": 2}, "The service counts total 3, succeeded 1, failed 2; read were matched 3,"),
        ({"sums": {"valid": 2, "invalid": 0}, "total": 3}, "The counters of the service do not add up: valid 2 + invalid 0 is not total 3."),
        ({"sums": {"pending": 2}}, "The counters of the service do not add up: pending 2 of a completed job."),
    ],
)  # fmt: skip
def test_counters_of_the_service_that_differ_are_told_with_both_numbers(
    counters: dict[str, Any], told: str
) -> None:
    world, job, state = dropped(lambda rows: rows, kind=reader(**counters))
    assert state == "Parked"
    assert told in detail(world, job)
    operator(world).accept_gaps(job, [1])
    world.drive(job, run=1)
    assert len(world.rows(job, "results.csv")) == 3


def test_a_failed_job_whose_answer_cannot_be_read_keeps_what_was_read() -> None:
    world = World(kind=reader(breaking))
    world.shop.status = lambda _job: State.FAILED
    world.shop.body = entries_changed(lambda rows: rows[:1])
    job = world.drop(THREE)
    assert world.drive(job) == "Parked"
    assert len(world.rows(job, "results.csv")) == 1
    operator(world).accept_gaps(job, [1])
    world.drive(job, run=1)
    assert codes(world, job) == [("2", "UNACCOUNTED"), ("3", "UNACCOUNTED")]


@pytest.mark.parametrize("readable", [True, False])
def test_an_answer_that_older_code_could_not_read_is_read_before_its_gaps_are_accepted(
    readable: bool,
) -> None:
    """As older code parked it: the answer is saved, nothing of it was counted, no outcomes were written."""
    world, job, _ = dropped(lambda rows: [*rows[:1], "odd", *rows[2:]])
    world.table.write(Change(batch_key(job, 1), remove=("counts", "notes", "detail")))
    world.store.delete_all("results", f"jobs/{job}/work/outcomes/")
    if not readable:
        world.store.put(Place("results", f"jobs/{job}/raw/00001/answer.json"), b"<html>")
    operator(world).accept_gaps(job, [1])
    assert world.drive(job, run=1) == "Done"
    assert world.document(job)["status"] == "completed"
    missing = ["2"] if readable else ["1", "2", "3"]
    assert codes(world, job) == [(number, "UNACCOUNTED") for number in missing]
    assert world.shop.calls["check"] == 4, "read without the service"


def test_a_batch_that_older_code_saved_is_read() -> None:
    world, job, _ = dropped(lambda rows: [*rows[:1], "odd", *rows[2:]])
    row = dict(world.table.get(batch_key(job, 1)) or {})
    older = {name: value for name, value in row.items() if name not in ("notes", "detail", "counts")}
    found = BatchRow.from_row(older)
    assert (found.notes, found.detail, found.counts) == ({}, "", {})
