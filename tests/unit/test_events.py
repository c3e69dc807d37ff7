"""The event made from a job's row, and the schemas that are published for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from batchdrop.events import ATTENTION, STATUS_CHANGE, detail, durations, event, webhook_body
from batchdrop.jobs import Status
from tests.golden import FOLDER, golden, schema
from tests.unit.test_jobs import row

GOLDENS = sorted(path.stem for path in FOLDER.glob("*.json"))
CALL = {"code": "GAPS", "message": "…", "actions": ["recollect"]}


def kind(entry: dict[str, Any]) -> str:
    """A golden event calls a person when it names what for."""
    return ATTENTION if entry["attention"] else STATUS_CHANGE


def validator(detail_type: str) -> Draft202012Validator:
    return Draft202012Validator(schema(detail_type), format_checker=FormatChecker())


def test_the_same_event_has_the_same_id_and_no_other_has() -> None:
    first, again = detail(row(), "results", 4), detail(row(updated="later"), "results", 4)
    assert first["eventId"] == again["eventId"]
    others = (
        detail(row(), "results", 5),
        detail(row(run=1), "results", 4),
        detail(row(hash="1" * 64), "results", 4),
    )
    assert len({first["eventId"], *(each["eventId"] for each in others)}) == 4


def test_an_event_says_the_match_rate_of_what_was_answered() -> None:
    assert detail(row(), "results", 4)["matchRate"] == 0.75
    assert detail(row(records={"matched": 0, "noMatch": 0}), "results", 4)["matchRate"] is None


@pytest.mark.parametrize("status", Status)
def test_the_topic_hears_of_ends_and_of_calls_only(status: Status) -> None:
    told = event(row(status=status), "results", attention=False, number=4)
    assert told["topic"] is (status in ("completed", "failure", "stopped", "deleted"))
    assert told["detail_type"] == "Job Status Change"
    call = event(row(status=status, attention=CALL), "results", attention=True, number=4)
    assert (call["topic"], call["detail_type"], call["detail"]["attention"]) == (
        True,
        "Job Attention",
        "GAPS",
    )


def test_durations_are_seconds_between_times_that_are_known() -> None:
    times = {
        "created": "2026-11-21T10:00:00.000000Z",
        "started": "2026-11-21T10:00:07.250000Z",
        "ended": "2026-11-21T11:00:07.250400Z",
    }
    assert durations(times) == {"queued": 7.25, "working": 3600.0, "total": 3607.25}
    assert durations({**times, "ended": None}) == {"queued": 7.25}
    assert durations({"created": times["created"], "ended": times["ended"]}) == {"total": 3607.25}
    assert durations({**times, "started": "2026-11-21T12:00:00.000000Z"})["working"] == 0.0


def test_a_webhook_carries_the_detail_with_its_type_and_time() -> None:
    told = golden("completed-here-geocode")
    assert webhook_body(STATUS_CHANGE, told) == {
        "type": "job.completed",
        "timestamp": told["time"],
        "data": told,
    }
    assert webhook_body(ATTENTION, golden("attention"))["type"] == "job.attention"


@pytest.mark.parametrize("detail_type", [STATUS_CHANGE, ATTENTION])
def test_a_schema_is_one_itself_and_names_its_kind(detail_type: str) -> None:
    Draft202012Validator.check_schema(schema(detail_type))
    assert schema(detail_type)["title"] == detail_type


def test_both_kinds_of_event_have_the_same_members() -> None:
    change, call = (schema(each)["properties"] for each in (STATUS_CHANGE, ATTENTION))
    assert {name for name in change if change[name] != call.get(name)} == {"attention"}
    assert set(change) == set(call)


def test_there_is_a_golden_event_for_every_status_and_one_that_calls_a_person() -> None:
    found = {(each := golden(name))["attention"] or each["status"] for name in GOLDENS}
    assert found == {*Status, golden("attention")["attention"]}


@pytest.mark.parametrize("name", GOLDENS)
def test_a_golden_event_is_valid(name: str) -> None:
    validator(kind(golden(name))).validate(golden(name))


@pytest.mark.parametrize("name", GOLDENS)
def test_a_member_that_is_renamed_anywhere_is_found(name: str) -> None:
    whole = golden(name)
    places = [(whole, member) for member in whole]
    places += [(value, member) for value in whole.values() if isinstance(value, dict) for member in value]
    assert len(places) > 20
    for place, member in places:
        place[f"{member}X"] = place.pop(member)
        with pytest.raises(ValidationError):
            validator(kind(golden(name))).validate(whole)
        place[member] = place.pop(f"{member}X")
    validator(kind(golden(name))).validate(whole)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("status", "done"),
        ("eventId", "no-id"),
        ("sequence", 0),
        ("time", "yesterday"),
        ("matchRate", 75),
        ("simulated", "yes"),
        ("records", {}),
        ("ended", None),
        ("durations", {"total": -1}),
        ("output", {"bucket": "batchdrop-results", "job": "elsewhere/job.json"}),
    ],
)
def test_a_wrong_value_is_found(member: str, value: Any) -> None:
    whole = golden("completed-here-geocode") | {member: value}
    with pytest.raises(ValidationError):
        validator(STATUS_CHANGE).validate(whole)


def test_an_event_is_small() -> None:
    for name in GOLDENS:
        assert len(json.dumps(golden(name))) < 2_500
