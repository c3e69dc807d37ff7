"""Every job that is over or waits for a person has a report beside its outputs, the same however it was collected."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from batchdrop.jobs import folder
from batchdrop.ports import Api, OutcomeKind, Place, Price, State, Takes, Told
from batchdrop.report import page
from batchdrop.steps.operator import Operator
from batchdrop.steps.reporting import Reporting, moments
from tests.steps.memory_service import MemoryService
from tests.steps.test_orders import WHOLE, Stoppable, under_way
from tests.steps.world import RESULTS, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

PEOPLE = "id,address\n7,Main Street 1\n8,nowhere\n9,Main Street 1\n10,Straße 2\n11,\n".encode()


class Placing(MemoryService):
    """Answers with a place for each text, and a confidence."""

    apis: ClassVar[Mapping[str, Api]] = {
        "geocode": Api(
            "geocode",
            Takes.PLACE,
            ("bd_lat", "bd_lon", "bd_label", "bd_confidence"),
            Price("credits", 1, 1, 1),
        )
    }

    def read(self, batch: Any, raw: Any, notes: Any = None) -> Iterator[Any]:
        for outcome in super().read(batch, raw, notes):
            rows = [
                (str(50 + outcome.ordinal % 90 / 30), str(10 + outcome.ordinal % 70 / 20), label, "0.75")
                for _, label in outcome.answers
            ]
            yield type(outcome)(outcome.ordinal, outcome.kind, outcome.code, outcome.message, tuple(rows))


def telling(world: World) -> list[Told]:
    """What the reports of this world are told, from now on."""
    heard: list[Told] = []

    def report(told: Told) -> bytes:
        heard.append(told)
        return page(told)

    world.reporting = Reporting(world.store, RESULTS, report)
    return heard


def html(world: World, job: str) -> str:
    return world.output(job, "report.html").decode()


def test_a_completed_job_has_a_report_of_its_records_answers_money_and_times() -> None:
    world = World(Placing)
    world.shop.answer = lambda text: None if text == "nowhere" else {"lat": "1", "label": text}
    heard = telling(world)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    [told] = heard
    assert told.job["records"]["total"] == 5
    assert [(kind, code, count) for kind, code, count, _ in told.errors] == [
        ("invalid", "EMPTY_QUERY", 1),
        ("noMatch", "NO_MATCH", 1),
    ]
    assert told.errors[1][3] == [[2, "nothing found", "8,nowhere"]]
    assert told.summary is not None
    assert [point[0] for point in told.summary["points"]] == [1, 3]
    assert told.rec_ids == {1: 1, 3: 4}, "the second Main Street is the first one's equal"
    assert told.job["price"]["saved"] == 1.0
    assert [what for what, _ in told.moments] == [
        "The file was dropped", "It was checked and planned", "The first batch was sent", "The service had the first batch", "The job was completed",
    ]  # fmt: skip
    text = html(world, job)
    assert "record 4 · STRASSE 2" in text or "record 4 · Straße 2" in text
    stored = world.store.head(Place(RESULTS, folder(job) + "report.html"))
    assert stored is not None


def test_job_json_and_the_event_name_the_report() -> None:
    world = World()
    job = world.drop(PEOPLE)
    assert world.document(job)["reportHref"] == ""
    assert world.drive(job) == "Done"
    assert world.document(job)["reportHref"] == f"s3://results/jobs/{job}/report.html"
    *_, event = world.publisher.published
    assert event.detail["output"]["report"] == f"jobs/{job}/report.html"


def test_it_is_stored_as_a_page() -> None:
    world, kinds = World(), {}
    put = world.store.put

    def noting(place: Place, body: bytes, *, content_type: str = "") -> Any:
        kinds[place.key.rsplit("/", 1)[-1]] = content_type
        return put(place, body, content_type=content_type)

    world.store.put = noting  # type: ignore[method-assign]  # the store is ours to watch
    assert world.drive(world.drop(PEOPLE)) == "Done"
    assert kinds["report.html"] == "text/html; charset=utf-8"


def test_a_refused_file_has_a_report_of_what_is_wrong() -> None:
    world = World()
    job = world.drop(b"colour\nred\n")
    assert world.drive(job) == "Done"
    assert "WRONG_COLUMNS" in html(world, job)
    assert world.document(job)["reportHref"]
    *_, event = world.publisher.published
    assert set(event.detail["output"]) == {"bucket", "job", "problems", "report"}


def test_a_file_without_a_route_has_one_too() -> None:
    world = World()
    job = world.drop(PEOPLE, route="nobody-knows")
    assert world.drive(job) == "Done"
    assert "NO_ROUTE" in html(world, job)


def test_a_wrong_route_is_not_the_file_s_fault() -> None:
    world = World()
    job = world.drop(PEOPLE, route="nobody-knows")
    assert world.drive(job) == "Done"
    assert "What is wrong with the route" in html(world, job)
    assert "Correct the file" not in html(world, job)


def test_of_many_invalid_records_a_refused_file_lists_what_its_table_lists() -> None:
    world = World()
    job = world.drop(b"id,address\n" + b"1,\n" * 25)
    assert world.drive(job) == "Done"
    text = html(world, job)
    listed = world.output(job, "problems.csv").count(b"EMPTY_QUERY")
    assert text.count("<code>EMPTY_QUERY</code>") == listed == 20
    assert "The first 20 invalid records are listed" in text


def test_an_invalid_record_is_told_once_with_its_line_and_how_many_more_there_are() -> None:
    world = World()
    job = world.drop(b"id,address\n1,Main Street 1\n" + b"2,\n" * 23)
    assert world.drive(job) == "Done"
    text = html(world, job)
    assert text.count("<code>EMPTY_QUERY</code>") == 1
    assert "line 3" in text
    assert "And 20 more in errors.csv." in text


def test_the_same_bytes_again_are_told_of() -> None:
    world = World()
    first = world.drop(PEOPLE)
    assert world.drive(first) == "Done"
    second = world.drop(PEOPLE, name="again.csv")
    assert world.drive(second) == "Done"
    assert world.document(second)["sameBytesAs"] == first
    assert f"became the job <code><bdi>{first}</bdi></code>" in html(world, second)
    assert "The same file again" not in html(world, first)


def test_a_stopped_job_tells_what_it_has() -> None:
    world, job = under_way(Stoppable, WHOLE)
    world.jobs.stop(job)
    world.drive(job)
    assert world.document(job)["status"] == "stopped"
    assert "Stopped" in html(world, job)


def test_a_parked_job_tells_what_can_be_done_and_the_next_report_takes_its_place() -> None:
    world = World()
    world.shop.answer = lambda text: {"missing": True} if text == "nowhere" else {"lat": "1", "label": text}
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert "accept-gaps" in html(world, job)
    assert world.document(job)["reportHref"]
    Operator(world.table, world.journal, world.jobs, world.clock, {"memory": world.kind}).accept_gaps(
        job, [1]
    )
    assert world.drive(job, run=1) == "Done"
    assert "A person is needed" not in html(world, job)
    assert world.document(job)["run"] == 1
    assert "taken up again once" in html(world, job)
    assert "<code>run</code> is 1 in job.json" in html(world, job)
    assert "UNACCOUNTED" in html(world, job)


def test_a_job_whose_service_failed_has_a_report_without_answers() -> None:
    world = World(Placing)
    world.shop.status = lambda _job: State.FAILED
    world.shop.body = lambda _: b"[]"
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    assert "SERVICE_ERROR" in html(world, job)
    assert "Where the results are" not in html(world, job)


def test_a_run_that_breaks_down_for_good_tells_so() -> None:
    world = World()
    job = world.drop(PEOPLE)
    for _ in range(4):
        world.announce({"job": job, "run": 0, "failed": True})
    assert world.document(job)["status"] == "failure"
    assert "BROKE_DOWN" in html(world, job)


def test_a_job_whose_input_is_gone_tells_so() -> None:
    world = World()
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0])
    world.store.delete_all("inbox", "incoming/")
    assert world.collect(payload)["outcome"] == "parked"
    assert "INPUT_GONE" in html(world, job)


def test_a_deleted_job_leaves_no_report() -> None:
    world = World()
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    world.jobs.delete(job)
    world.drive(job, run=1)
    assert world.store.head(Place(RESULTS, folder(job) + "report.html")) is None
    assert world.document(job)["reportHref"] == ""


RECORDS = 45_000


def big() -> bytes:
    rows = (
        b"%d,Street %d\n" % (number, number % 7000) if number % 9 else b"%d,\n" % number
        for number in range(RECORDS)
    )
    return b"n,address\n" + b"".join(rows)


def test_in_pieces_it_is_the_same_report() -> None:
    whole, pieces = World(Placing), World(Placing)
    for world in (whole, pieces):
        world.shop.answer = lambda text: None if text.endswith("7") else {"lat": "1", "label": text}
    heard_whole, heard_pieces = telling(whole), telling(pieces)
    first = whole.drop(big(), name="n.csv")
    assert whole.drive(first) == "Done"
    job = pieces.drop(big(), name="n.csv")
    payload = {"job": job, "run": 0}
    for lane in pieces.plan(payload)["lanes"]:
        pieces.lane(payload, lane)
    outcomes = pieces.collect_in_pieces(payload)
    assert outcomes == ["more", "more", "done"]
    [one], [other] = heard_whole, heard_pieces
    assert (one.errors, one.summary, one.rec_ids) == (
        other.errors,
        other.summary,
        other.rec_ids,
    )
    assert one.summary is not None
    assert one.summary["matched"] > 5000
    assert not one.summary["everything"]
    assert sum(count for _, _, count, _ in one.errors) == RECORDS - one.job["records"]["matched"]
    assert html(whole, first) == html(pieces, job)


def test_a_batch_without_a_summary_is_told_of_without_its_answers() -> None:
    """As after an update in the middle of a job."""
    world = World(Placing)
    heard = telling(world)
    job = world.drop(PEOPLE)
    payload = {"job": job, "run": 0}
    world.lane(payload, world.plan(payload)["lanes"][0])
    assert world.store.delete_all(RESULTS, folder(job) + "work/summary/") == 1
    assert world.collect(payload)["outcome"] == "done"
    assert heard[0].summary is not None
    assert heard[0].summary["matched"] == 0


def test_a_report_that_cannot_be_made_keeps_no_results_back(caplog: pytest.LogCaptureFixture) -> None:
    world = World()

    def broken(_: Told) -> bytes:
        raise ValueError("Main Street 1")

    world.reporting = Reporting(world.store, RESULTS, broken)
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    document = world.document(job)
    assert (document["status"], document["reportHref"]) == ("completed", "")
    assert "the report could not be made" in caplog.messages
    logged = [record.__dict__ for record in caplog.records]
    assert "Main Street" not in str(logged), "what an error says may be a record's text"


def test_summaries_are_small_and_hold_only_what_was_matched() -> None:
    world = World(Placing)
    world.shop.answer = lambda text: None if text == "nowhere" else {"lat": "1", "label": text}
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    summary = json.loads(world.output(job, "work/summary/00001.json"))
    assert summary["matched"] == 2
    assert OutcomeKind.NO_MATCH not in json.dumps(summary)


def test_nothing_is_told_to_have_happened_after_the_end() -> None:
    """A lane's time runs ahead of the clock where waits are shortened."""
    row = {
        "created": "2026-03-02T09:00:00.000000Z",
        "planned": "2026-03-02T09:00:01.000000Z",
        "started": "2026-03-02T09:00:30.000000Z",
        "ended": "2026-03-02T09:00:10.000000Z",
        "status": "completed",
    }
    found = moments(row, (), row["ended"])
    assert [what for what, _ in found][-2:] == ["The service had the first batch", "The job was completed"]
    assert [when for _, when in found] == sorted(when for _, when in found)
    assert found[-1][1] == found[-2][1] == row["ended"]
