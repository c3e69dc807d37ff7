"""The page of a report, as text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from batchdrop.jobs import Records
from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.records.observing import EXAMPLES, SAMPLE, Observer
from batchdrop.records.outcomes import outcome_line
from batchdrop.report import report
from batchdrop.report.timeline import timeline

COLUMNS = ("bd_lat", "bd_lon", "bd_label", "bd_matchLevel", "bd_confidence")
HOSTILE = "</style></title><script>alert(1)</script><img src=x onerror=alert(2)>\"'`{{7*7}}&amp;\u202e\u0000"


def job(**changes: Any) -> dict[str, Any]:
    records = Records(total=4, valid=4, processed=4, succeeded=3, failed=1, matched=3, noMatch=1, distinct=3)
    entry: dict[str, Any] = {
        "id": "people-0123456789abcdef", "route": "geoapify-geocode", "service": "geoapify", "api": "geocode", "status": "completed",
        "created": "2026-03-02T09:14:07.000000Z", "started": "2026-03-02T09:14:11.000000Z", "ended": "2026-03-02T10:14:07.000000Z",
        "run": 0, "records": records.to_dict(), "batches": {"total": 1, "settled": 1, "parked": 0}, "attention": None,
        "price": {"unit": "credits", "estimated": 5, "spent": 6}, "problems": [], "simulated": False, "input": {"key": "incoming/r/people.csv"},
    }  # fmt: skip
    return {**entry, **changes}


def observed(total: int = 4, label: str = "Main Street 1", text: str = "x,y") -> dict[str, Any]:
    observer = Observer(COLUMNS, total)
    for number in range(observer.every, total + 1, observer.every):
        answer = (str(50 + number % 700 / 100), str(number % 900 / 100), label, label, "0.95")
        observer.answered(number, outcome_line(Outcome(number, OutcomeKind.MATCHED, answers=(answer,))))
    observer.failed(2, text.encode(), "noMatch", "NO_MATCH", label)
    state: dict[str, Any] = json.loads(json.dumps(observer.state))
    return state


class Tags(HTMLParser):
    """What a browser would see: tags, attributes, text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_report_says_what_happened() -> None:
    text = Tags(report(job(), observed())).text
    for said in (
        "people-0123456789abcdef",
        "75.0 %",
        "completed",
        "NO_MATCH",
        "record 2:",
        "credits",
        "1 h 0 min",
    ):
        assert said in text


def test_markup_in_every_value_stays_text() -> None:
    entry = job(
        id=HOSTILE, route=HOSTILE, service=HOSTILE, api=HOSTILE, input={"key": HOSTILE}, simulated=True,
        attention={"code": HOSTILE, "message": HOSTILE, "remedy": HOSTILE, "actions": [HOSTILE]},
        problems=[{"code": HOSTILE, "message": HOSTILE, "remedy": HOSTILE, "line": 1, "column": HOSTILE, "recId": 2}],
        price={"unit": HOSTILE, "estimated": 1, "spent": 1},
    )  # fmt: skip
    page = Tags(report(entry, observed(label=HOSTILE, text=HOSTILE)))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "img", "iframe", "object", "link", "base", "form", "a"}
    assert not [
        name
        for _, attributes in page.tags
        for name in attributes
        if name.startswith("on") or name in ("style", "href", "src")
    ]
    assert "<script>alert(1)</script>" in page.text  # as text


def test_a_report_asks_nothing_of_the_network() -> None:
    page = report(job(), observed()).decode()
    assert not re.search(r"https?://|@import|url\((?!#)", page)
    assert "default-src 'none'" in page


@pytest.mark.parametrize("total", [1, 5000, 1_000_000])
def test_a_report_stays_small_whatever_the_size_of_the_job(total: int) -> None:
    state = observed(total, label="x" * 500, text="y" * 5000)
    assert len(state["points"]) <= SAMPLE
    assert len(report(job(), state)) <= 2_000_000


def test_a_refused_file_has_a_report_with_its_problems() -> None:
    refused = job(
        status="failure",
        records=Records().to_dict(),
        price={},
        problems=[{"code": "NO_ROWS", "message": "The file has no records.", "line": 3}],
    )
    text = Tags(report(refused, {})).text
    assert "Why the file was refused" in text
    assert "line 3" in text


def test_a_job_that_waits_says_for_whom_and_one_that_is_simulated_says_so() -> None:
    waiting = job(ended=None, updated="2026-03-02T09:20:07.000000Z", simulated=True, status="inProgress",
                  attention={"code": "GAPS", "message": "Records lack.", "remedy": "Fetch again.", "actions": ["recollect"]})  # fmt: skip
    text = Tags(report(waiting, {})).text
    assert "waits for a person" in text
    assert "What can be done: recollect." in text
    assert "Simulated." in text


def test_devices_have_a_report_without_a_map() -> None:
    observer = Observer(("bd_trackingId",), 1)
    observer.answered(1, outcome_line(Outcome(1, OutcomeKind.MATCHED, answers=(("HERE-1",),))))
    assert "Where the results are" not in report(job(), observer.state).decode()


def test_examples_and_codes_are_bounded_and_every_record_is_counted() -> None:
    observer = Observer(COLUMNS, 1000)
    for number in range(1000):
        observer.failed(number, b"a,b", "failed", f"CODE_{number % 90}", "m")
    assert sum(entry[3] for entry in observer.state["outcomes"]) == 1000
    assert all(len(entry[4]) <= EXAMPLES for entry in observer.state["outcomes"])
    assert len(observer.state["outcomes"]) <= 41


def test_what_was_observed_goes_on_where_it_was_left() -> None:
    whole, first = Observer(COLUMNS, 4), Observer(COLUMNS, 4)
    for observer in (whole, first):
        observer.failed(1, b"a", "failed", "X", "m")
    second = Observer(COLUMNS, 4, state=json.loads(json.dumps(first.state)))
    for observer in (whole, second):
        observer.failed(2, b"b", "failed", "X", "m")
        observer.failed(3, b"c", "noMatch", "Y", "m")
    assert json.loads(json.dumps(second.state)) == json.loads(json.dumps(whole.state))


def test_the_timeline_is_in_order_and_tells_how_long() -> None:
    assert [(step["word"], step["after"]) for step in timeline(job())] == [
        ("file dropped", "0.0 s"), ("first batch at the service", "4.0 s"), ("over", "1 h 0 min"),
    ]  # fmt: skip
