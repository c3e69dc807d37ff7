"""Every job that ends or rests has its report."""

from __future__ import annotations

from tests.steps.world import World

PEOPLE = b"id,address\n7,Main Street 1\n8,Side Street 2\n9,\n"


def test_a_completed_job_has_a_report_beside_its_results() -> None:
    world = World()
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Done"
    page = world.output(job, "report.html").decode()
    assert "completed" in page
    assert "EMPTY_QUERY" in page
    document = world.document(job)
    assert document["reportHref"].endswith(f"jobs/{job}/report.html")
    *_, event = world.publisher.published
    assert event.detail["output"]["report"] == f"jobs/{job}/report.html"


def test_a_refused_file_has_a_report() -> None:
    world = World()
    job = world.drop(b"id\n")
    world.drive(job)
    assert world.document(job)["status"] == "failure"
    assert "Why the file was refused" in world.output(job, "report.html").decode()


def test_a_parked_job_has_a_report_that_says_what_it_waits_for() -> None:
    world = World()
    world.shop.body = lambda _body: b"<html>"
    job = world.drop(PEOPLE)
    assert world.drive(job) == "Parked"
    assert "waits for a person" in world.output(job, "report.html").decode()
