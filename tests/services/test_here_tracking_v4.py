"""HERE Tracking bulk jobs v4: the suite of all services, and its own dialect."""

from __future__ import annotations

import json
import logging
import socket
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from batchdrop.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceRefused,
    ServiceSpokeUnknown,
)
from batchdrop.ports import Outcome, OutcomeKind, State, Ticket
from batchdrop.redaction import redact
from batchdrop.routes import BUILT_IN
from batchdrop.services import build
from batchdrop.services.here_tracking_v4 import HereTrackingV4
from batchdrop.transport import Transport
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.here_account.settings import ACCESS_KEY_ID, ACCESS_KEY_SECRET
from batchdrop_sandbox.simulators.here_tracking_v4.behaviour import HereTrackingV4 as Simulator
from batchdrop_sandbox.simulators.keys import Bearer
from batchdrop_sandbox.simulators.server import SimulatorServer
from tests.services.bench import KEY, Bench, batch_of, by_ordinal, fresh_server, saved
from tests.services.conformance import ServiceConformance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from batchdrop.ports import Batch
    from batchdrop_sandbox.simulators.reply import Reply

NAME = "here_tracking_v4"
NOWHERE = "BULK-6279286f-a09a-4521-9d3a-af7559e84836"
HRN = "hrn:here:authorization::myrealm:project/myproject"
USER = {"email": "user@example.org", "password": "p"}
RULE = "74a6fe54-2077-4629-b924-3340bc88b864"


class TestHereTrackingV4(ServiceConformance):
    """The suite."""

    name = NAME
    api = "devices"
    nowhere = OutcomeKind.MATCHED  # a device is made whatever it is called
    asks_first = "login"
    opens = "password"
    unknown = Ticket(NOWHERE)
    one_result = "results-00001.json"
    lost_setting = "lost_rows"
    statuses: ClassVar[Mapping[str, State]] = {
        "pending": State.RUNNING,
        "ongoing": State.RUNNING,
        "completed": State.COMPLETED,
        "failed": State.FAILED,
        "cancelled": State.STOPPED,
        "acknowledged": State.COMPLETED,
    }

    def record(self, text: str) -> Mapping[str, str]:
        return device(name=text[:50], externalId=_id_of(text))

    def words(self, record: Mapping[str, str]) -> str:
        found: str = json.loads(record["device"])["name"]
        return found

    def is_about(self, answer: Mapping[str, str], row: Mapping[str, str]) -> bool:
        return answer["bd_externalId"] == _id_of(row["text"]) and answer["bd_trackingId"].startswith("HERE-")

    def look_answer(self, word: str) -> tuple[int, dict[str, Any]]:
        return 200, {"status": word, "progress": 0, "total": 0, "succeeded": 0}

    def fail_second(self, bench: Bench) -> Mapping[str, str]:
        bench.configure(failed_rows=[1])
        return self.record("the second")

    def row_of(self, ordinal: int) -> bytes:
        text = f"record {ordinal}"
        item = {"name": text, "externalId": _id_of(text), "trackingId": f"HERE-canary{ordinal}"}
        return json.dumps(item).encode()

    def answer_of(self, rows: Sequence[bytes]) -> bytes:
        return b'{"status": "completed", "items": [' + b",".join(rows) + b"]}"

    def odd_rows(self, row: bytes) -> Mapping[str, bytes]:
        return {
            "not UTF-8": row.replace(b"canary", b"can\xe4ry"),
            "not JSON": row.replace(b'": "HERE', b'": HERE'),
            "a bracket too few": row.replace(b"}", b""),
            "a bracket too many": row.replace(b"}", b"]}"),
            "a control character": row.replace(b"canary", b"can\nary"),
            "no object": b'"canary"',
            "null": b"null",
            "of nobody": row.replace(b"record 500", b"canary 500"),
            "no name": b'{"trackingId": ""}',
            "errors that are none": row.replace(b"{", b'{"errors": "canary", ', 1),
        }

    def further_rows(self, row: bytes) -> Mapping[str, bytes]:
        return {"twice": row, "foreign": row.replace(b"record 500", b"canary"), "nameless": b"{}"}

    def large_answer(self, batch_size: int) -> Iterator[bytes]:
        yield b'{"status": "completed", "items": ['
        item = {"name": "x", "externalId": _id_of("x"), "trackingId": "HERE-1", "remark": "y" * 6000}
        for number in range(batch_size):
            yield (", " if number else "").encode() + json.dumps(item).encode()
        yield b"]}"


def _id_of(text: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, text).hex


def device(**fields: Any) -> dict[str, str]:
    """A record as the mapping makes it."""
    return {"device": json.dumps(fields, ensure_ascii=False)}


def devices(*names: str) -> list[Mapping[str, str]]:
    return [device(name=name) for name in names]


def adding(*records: Mapping[str, str], **more: Any) -> Batch:
    return batch_of(records, api="devices", **more)


def deleting(*records: Mapping[str, str], **more: Any) -> Batch:
    return batch_of(records, api="delete", **more)


def cells(outcome: Outcome, api: str = "devices") -> dict[str, str]:
    (answer,) = outcome.answers
    return dict(zip(HereTrackingV4.apis[api].columns, answer, strict=True))


@pytest.fixture
def bench() -> Iterator[Bench]:
    with fresh_server(NAME) as server:
        yield Bench(NAME, server)


def read(batch: Batch, *items: Any) -> dict[int, Outcome]:
    """What the adapter reads out of one page, without any network."""
    service = HereTrackingV4(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    body = json.dumps({"status": "completed", "count": len(items), "items": list(items)}).encode()
    return by_ordinal(service.read(batch, [saved("results-00001.json", body)]))


def uploads(bench: Bench) -> list[tuple[Any, dict[str, str]]]:
    """Body and query of every upload from here on, as they arrive."""
    seen: list[tuple[Any, dict[str, str]]] = []
    behaviour: Any = bench.server.behaviours[NAME]
    submit = behaviour.submit

    def listen(key: str, body: bytes, kind: str, query: Mapping[str, str]) -> Reply:
        assert kind == "application/json"
        seen.append((json.loads(body), dict(query)))
        answer: Reply = submit(key, body, kind, query)
        return answer

    behaviour.submit = listen
    return seen


# adding


def test_the_upload_is_an_array_of_devices_that_carries_the_end_of_the_tag_as_its_file_name(
    bench: Bench,
) -> None:
    seen = uploads(bench)
    records = [device(name="a", sendMs=0, tags=["x"], areaBased=True), device(name="b", externalId="1")]
    bench.service.create(adding(*records, tag="0" * 32 + "f" * 24 + "00000007", params={"projectId": "p-1"}))
    ((body, query),) = seen
    assert body == [json.loads(record["device"]) for record in records]
    assert query == {"projectId": "p-1", "fileName": "f" * 24 + "00000007"}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("people", f"people-{'f' * 24}00000007"),
        ("a-very-long-name-of-a-file-of-devices", f"a-very-long-name-{'f' * 24}00000007"),
        ("0" * 40, f"{'0' * 17}-{'f' * 24}00000007"),
        ("", f"{'f' * 24}00000007"),
    ],
)
def test_the_user_s_file_name_stands_before_the_end_of_the_tag_and_the_job_is_found_by_it(
    bench: Bench, name: str, sent: str
) -> None:
    batch = replace(adding(*devices("a"), tag="0" * 32 + "f" * 24 + "00000007"), name=name)
    seen = uploads(bench)
    ticket = bench.service.create(batch)
    ((_, query),) = seen
    assert query["fileName"] == sent
    assert len(sent) <= 50
    assert bench.service.find(batch) == [ticket]
    assert bench.service.find(replace(batch, name="")) == [ticket], (
        "a job sent before names were kept is found, and the other way round"
    )


def test_the_list_tells_our_jobs_of_a_project_by_their_file_names(bench: Bench) -> None:
    project = {"projectId": "p-1"}
    mine = bench.service.create(replace(adding(*devices("a"), tag="ab" * 32, params=project), name="people"))
    old = bench.service.create(adding(*devices("b"), tag="cd" * 32, params=project))
    bench.service.create(adding(*devices("c"), tag="ef" * 32, params={"projectId": "p-2"}))
    behaviour = simulator(bench)
    for stranger in ("file.csv", "x" * 32, f"people{'ab' * 16}", f"{'ab' * 16}-2"):
        body = json.dumps([{"name": stranger}]).encode()
        behaviour.submit(Bearer(_token(bench)), body, query={"projectId": "p-1", "fileName": stranger})
    service = bench.service
    assert isinstance(service, HereTrackingV4)
    listed = {each.ticket.id: each for each in service.list_ours(project)}
    assert {name: each.tag for name, each in listed.items()} == {mine.id: "ab" * 16, old.id: "cd" * 16}
    assert listed[mine.id].ticket.notes == project
    assert listed[mine.id].state is State.RUNNING


def test_batches_of_one_job_have_file_names_of_their_own(bench: Bench) -> None:
    one, other = (adding(*devices("a"), tag="ab" * 28 + f"{number:08x}") for number in (1, 2))
    ticket = bench.service.create(one)
    bench.service.create(other)
    assert bench.service.find(one) == [ticket]


def test_all_four_variants_come_back_with_their_ids(bench: Bench) -> None:
    outcomes = bench.run(
        adding(
            device(name="new"),
            device(name="known", deviceId="a19b2648-60c1-49fc-896c-ea450a07e98d"),
            device(name="virtual", externalId="MyDevice1"),
            device(name="cloud", externalDeviceId="far-1", connectorId="connector"),
        )
    )
    rows = [cells(outcomes[ordinal]) for ordinal in (1, 2, 3, 4)]
    assert all(row["bd_trackingId"].startswith("HERE-") for row in rows)
    assert rows[0]["bd_deviceId"]
    assert [bool(row["bd_deviceSecret"]) for row in rows] == [True, False, False, False]
    assert rows[1]["bd_deviceId"] == "a19b2648-60c1-49fc-896c-ea450a07e98d"
    assert rows[2]["bd_externalId"] == "MyDevice1"
    assert (rows[3]["bd_externalDeviceId"], rows[3]["bd_connectorId"]) == ("far-1", "connector")
    assert {row["bd_code"] + row["bd_message"] for row in rows} == {""}


def test_ids_and_errors_in_one_row_are_a_match_with_what_was_complained_of(bench: Bench) -> None:
    bench.configure(unknown_ids=[RULE])
    (outcome,) = bench.run(adding(device(name="a", rules=[RULE]))).values()
    row = cells(outcome)
    assert outcome.kind is OutcomeKind.MATCHED
    assert row["bd_trackingId"]
    assert (row["bd_code"], row["bd_message"]) == ("404", f"Not associated. ({RULE} does not exist)")
    assert (outcome.code, outcome.message) == (row["bd_code"], row["bd_message"])


def test_errors_beside_nothing_but_our_own_ids_are_a_failure(bench: Bench) -> None:
    bench.run(adding(device(name="a", externalId="1")))
    (outcome,) = bench.run(adding(device(name="a", externalId="2"), tag="cd" * 32)).values()
    assert (outcome.kind, outcome.code, outcome.answers) == (OutcomeKind.FAILED, "400", ())
    assert outcome.message == "Name is not unique. (A device of the project has this name)"


def test_of_two_records_with_one_name_each_gets_its_own_answer(bench: Bench) -> None:
    outcomes = bench.run(
        adding(device(name="a", externalId="1"), device(name="a", externalId="2"), *devices("b"))
    )
    assert [outcomes[ordinal].kind for ordinal in (1, 2, 3)] == ["matched", "failed", "matched"]
    assert cells(outcomes[1])["bd_externalId"] == "1"


def test_results_are_read_page_by_page_and_each_page_is_a_part(bench: Bench) -> None:
    batch = adding(*(device(name=f"device {number}") for number in range(250)))
    ticket = bench.begin(batch)
    parts = bench.collect(ticket, bench.finish(ticket))
    assert [part.name for part in parts] == [f"results-0000{number}.json" for number in (1, 2, 3)]
    assert [len(json.load(part.open())["items"]) for part in parts] == [100, 100, 50]
    assert len(by_ordinal(bench.service.read(batch, parts))) == 250


def test_pages_that_lead_nowhere_are_not_followed_for_ever(bench: Bench) -> None:
    ticket = bench.begin(adding(*devices("a")))
    bench.finish(ticket)
    page = {"status": "completed", "items": [], "nextPageToken": "again"}
    bench.fault("results", "status", status=200, body=page, times=5)
    with pytest.raises(ServiceSpokeUnknown, match="do not end"):
        list(bench.service.fetch(ticket))


def test_counters_are_handed_on_and_a_total_of_nothing_is_not_believed(bench: Bench) -> None:
    bench.configure(failed_rows=[0], partial_rows=[1])
    ticket = bench.begin(adding(*devices("a", "b", "c")))
    early = bench.service.check(ticket)
    assert (early.status, early.done, early.total) == ("pending", 0, 3)
    late = bench.finish(ticket)
    assert (late.done, late.total, late.succeeded, late.failed) == (3, 3, None, 1)


@pytest.mark.parametrize("body", [{}, {"status": 5}])
def test_a_look_without_a_status_is_not_believed(bench: Bench, body: dict[str, Any]) -> None:
    bench.fault("look", "status", status=200, body=body)
    with pytest.raises(ServiceSpokeUnknown):
        bench.service.check(Ticket(NOWHERE))


def test_odd_counters_do_no_harm(bench: Bench) -> None:
    bench.fault(
        "look", "status", status=200, body={"status": "ongoing", "succeeded": "7", "total": -1, "mood": []}
    )
    progress = bench.service.check(Ticket(NOWHERE))
    assert (progress.done, progress.total, progress.succeeded) == (None, None, None)


def test_a_failed_job_has_no_results(bench: Bench) -> None:
    bench.configure(failing_jobs=1)
    batch = adding(*devices("a"))
    ticket = bench.begin(batch)
    progress = bench.finish(ticket)
    assert progress.state is State.FAILED
    assert by_ordinal(bench.service.read(batch, bench.collect(ticket, progress))) == {}


def test_a_cancelled_job_may_have_made_devices(bench: Bench) -> None:
    bench.configure(pending_seconds=0, rows_per_second=1)
    batch = adding(*devices("a", "b", "c", "d"))
    ticket = bench.begin(batch)
    bench.server.clock.advance(2)
    bench.service.stop(ticket)
    progress = bench.service.check(ticket)
    assert (progress.state, progress.status) == (State.STOPPED, "cancelled")
    outcomes = by_ordinal(bench.service.read(batch, bench.collect(ticket, progress)))
    assert {ordinal: outcome.kind for ordinal, outcome in outcomes.items()} == {1: "matched", 2: "matched"}


def test_stopping_what_ended_or_is_gone_is_harmless(bench: Bench) -> None:
    ticket = bench.begin(adding(*devices("a")))
    bench.finish(ticket)
    bench.service.stop(ticket)
    bench.service.stop(Ticket(NOWHERE))
    assert [part.name for part in bench.service.fetch(ticket)] == ["results-00001.json"]


def test_a_job_that_somebody_else_acknowledged_is_over_and_its_results_are_read(bench: Bench) -> None:
    batch = adding(*devices("a"))
    ticket = bench.begin(batch)
    bench.finish(ticket)
    simulator(bench).acknowledge(Bearer(_token(bench)), ticket.id)
    assert bench.service.check(ticket).status == "acknowledged"
    bench.service.stop(ticket)
    assert bench.finish(ticket).state is State.COMPLETED
    assert [part.name for part in bench.service.fetch(ticket)] == ["results-00001.json"]


def _token(bench: Bench) -> str:
    """A token as the user has one."""
    body = json.dumps({"email": "user@example.org", "password": KEY}).encode()
    found: str = simulator(bench).login(body).json()["accessToken"]
    return found


def simulator(bench: Bench) -> Simulator:
    behaviour = bench.server.behaviours[NAME]
    assert isinstance(behaviour, Simulator)
    return behaviour


# deleting


def test_all_three_variants_are_deleted_by_what_was_sent(bench: Bench) -> None:
    made = bench.run(
        adding(
            device(name="new"),
            device(name="virtual", externalId="MyDevice1"),
            device(name="cloud", externalDeviceId="far-1", connectorId="connector"),
        )
    )
    tracking_id = cells(made[1])["bd_trackingId"]
    batch = deleting(
        device(externalId="nobody"),
        device(connectorId="connector", externalDeviceId="far-1", removeFromConnectorOnly=True),
        device(trackingId=tracking_id, unclaimOnly=True),
        device(externalId="MyDevice1"),
        first=11,
        tag="cd" * 32,
    )
    outcomes = bench.run(batch)
    assert [outcomes[ordinal].kind for ordinal in (11, 12, 13, 14)] == [
        "failed",
        "matched",
        "matched",
        "matched",
    ]
    assert outcomes[11].code == "404"
    assert cells(outcomes[13], "delete")["bd_trackingId"] == tracking_id
    left: Any = bench.server.behaviours[NAME]
    assert [one.name for one in left.devices()] == ["cloud"], "only its connector was taken from it"


def test_a_deletion_with_errors_counts_as_failed_whatever_else_the_row_says() -> None:
    batch = deleting(device(trackingId="HERE-1"))
    error = {"code": 500, "message": "Internal error."}
    (outcome,) = read(batch, {"trackingId": "HERE-1", "deviceId": "d", "errors": [error]}).values()
    assert (outcome.kind, outcome.code, outcome.message) == (OutcomeKind.FAILED, "500", "Internal error.")


# reading


def test_items_in_any_order_and_without_a_name_are_joined_by_what_they_say() -> None:
    batch = adding(
        device(name="a", externalId="1"), device(name="b", deviceId="AB-12"), *devices("c"), first=5
    )
    outcomes = read(
        batch,
        {"name": "c", "deviceId": "new", "trackingId": "HERE-3"},
        {"deviceId": "AB-12", "trackingId": "HERE-2"},
        {"externalId": "1", "trackingId": "HERE-1"},
    )
    assert {ordinal: cells(outcome)["bd_trackingId"] for ordinal, outcome in outcomes.items()} == {
        5: "HERE-1", 6: "HERE-2", 7: "HERE-3"}  # fmt: skip


def test_letters_of_an_id_in_another_case_are_the_same_id() -> None:
    (outcome,) = read(adding(device(name="a", deviceId="AB")), {"name": "a", "deviceId": "ab"}).values()
    assert cells(outcome)["bd_deviceId"] == "ab"


def test_an_item_that_names_nothing_is_passed_over_and_its_record_is_left_out() -> None:
    items = {"errors": [{"code": 1}]}, {"connectorId": "c"}, {"name": ""}, {"name": "b"}
    assert sorted(read(adding(*devices("a", "b")), *items)) == [2]


@pytest.mark.parametrize(
    "items",
    [
        [{"name": "z"}],
        [{"name": "a", "externalId": "2"}],
        ["a"],
        [None],
        [{"name": "a", "errors": "x"}],
    ],
)
def test_items_of_another_form_or_of_nobody_are_not_believed(items: list[Any]) -> None:
    with pytest.raises(ServiceSpokeUnknown):
        read(adding(device(name="a", externalId="1")), *items)


@pytest.mark.parametrize(
    ("errors", "code", "message"),
    [
        (
            [{"code": 400, "message": "Bad", "details": "why"}, {"code": 5, "message": "Too"}],
            "400",
            "Bad (why); Too",
        ),
        ([{}], "SERVICE_ERROR", "The service could not process this record."),
        (["odd"], "SERVICE_ERROR", "The service could not process this record."),
        (
            [{"code": None, "message": True, "details": []}],
            "SERVICE_ERROR",
            "The service could not process this record.",
        ),
        (
            [{"message": 'see ?key=1 {"deviceSecret": "s3cret"}'}],
            "SERVICE_ERROR",
            'see ?… {"deviceSecret": …}',
        ),
    ],
)
def test_errors_of_a_row_become_code_and_message(errors: list[Any], code: str, message: str) -> None:
    (outcome,) = read(adding(*devices("a")), {"name": "a", "errors": errors}).values()
    assert (outcome.kind, outcome.code, outcome.message) == (OutcomeKind.FAILED, code, message)


# what was lost


def test_a_create_whose_answer_was_lost_is_found_by_its_file_name_on_any_page(bench: Bench) -> None:
    batch = adding(*devices("a"), params={"projectId": "p-1"})
    bench.fault("submit", "drop_after")
    with pytest.raises(OutcomeUnknown):
        bench.service.create(batch)
    for number in range(120):
        other = adding(device(name=f"other {number}"), tag=f"{number:064x}", params={"projectId": "p-1"})
        bench.service.create(other)
    assert "look" not in bench.account["calls"]
    (ticket,) = bench.service.find(batch)
    assert ticket.notes == {"projectId": "p-1"}
    assert bench.account["calls"]["look"] == 121
    assert bench.finish(ticket).state is State.COMPLETED


def test_only_jobs_of_the_same_kind_are_looked_at(bench: Bench) -> None:
    bench.service.create(adding(*devices("a")))
    assert bench.service.find(deleting(device(trackingId="HERE-1"))) == []
    assert "look" not in bench.account["calls"]


def test_a_job_that_expires_while_we_look_is_not_ours(bench: Bench) -> None:
    batch = adding(*devices("a"))
    bench.service.create(batch)
    bench.fault("look", "status", status=404)
    assert bench.service.find(batch) == []


def test_a_search_among_too_many_jobs_says_so(bench: Bench) -> None:
    jobs = [{"jobId": f"{NOWHERE}-{number}", "status": "completed"} for number in range(1001)]
    bench.fault("list", "status", status=200, body={"items": jobs})
    bench.fault("look", "status", status=404, times=2000)
    with pytest.raises(ServiceSpokeUnknown, match="too many"):
        bench.service.find(adding(*devices("a")))


@pytest.mark.parametrize("items", ["x", [1], {"a": 1}, [{"jobId": 5}], [{}]])
def test_a_list_of_another_form_is_not_believed(bench: Bench, items: Any) -> None:
    bench.fault("list", "status", status=200, body={"items": items})
    with pytest.raises(ServiceSpokeUnknown):
        bench.service.find(adding(*devices("a")))


# projects and credentials


def test_every_call_names_the_project_of_the_route(bench: Bench) -> None:
    bench.configure(needs_project=True)
    batch = adding(*devices("a"), params={"projectId": "p-1"})
    ticket = bench.begin(batch)
    assert bench.service.find(batch) == [ticket]
    assert len(bench.collect(ticket, bench.finish(ticket))) == 1
    bench.service.stop(ticket)
    with pytest.raises(ServiceRefused):
        bench.service.create(adding(*devices("a")))


@pytest.mark.parametrize("params", [{"colour": "red"}, {"projectId": ""}, {"projectId": "x" * 51}])
def test_a_parameter_that_is_none_of_ours_is_a_setting_to_correct(
    bench: Bench, params: dict[str, str]
) -> None:
    with pytest.raises(ConfigurationError):
        HereTrackingV4.columns_for("devices", params)
    with pytest.raises(ConfigurationError):
        bench.service.create(adding(*devices("a"), params=params))
    assert bench.account["calls"] == {}


def test_one_login_serves_many_calls_until_shortly_before_its_end(bench: Bench) -> None:
    bench.configure(user_token_seconds=3600)
    ticket = bench.begin(adding(*devices("a")))
    bench.finish(ticket)
    assert bench.account["calls"]["login"] == 1
    bench.server.clock.advance(3600 - 100)
    bench.service.check(ticket)
    assert bench.account["calls"]["login"] == 2
    assert bench.reads == [False] * len(bench.reads), "nothing was refused, so the secret was not read afresh"


def test_a_token_that_ended_early_is_replaced_and_the_batch_sent_once(bench: Bench) -> None:
    bench.service.create(adding(*devices("a")))
    bench.server.behaviours[NAME].world.tokens.forget(NAME)
    bench.configure(allowed_keys=[])
    bench.service.create(adding(*devices("b"), tag="cd" * 32))
    assert bench.account["calls"]["login"] == 2
    assert bench.account["jobs"] == 2


def test_a_project_token_is_exchanged_for_where_the_route_names_a_project(bench: Bench) -> None:
    ticket = bench.begin(adding(*devices("a"), params={"projectHrn": HRN}))
    assert ticket.notes == {"projectHrn": HRN}
    assert bench.finish(ticket).state is State.COMPLETED
    assert bench.account["calls"]["token_exchange"] == bench.account["calls"]["login"] == 1
    with pytest.raises(ServiceRefused):  # another project's token does not see the job
        list(bench.service.fetch(Ticket(ticket.id)))


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "status", "status": 400}, ServiceDenied),
        ({"kind": "status", "status": 403}, ServiceDenied),
        ({"kind": "status", "status": 404}, ServiceDenied),
        ({"kind": "status", "status": 429, "retry_after": 7}, ServiceBusy),
        ({"kind": "status", "status": 503}, ServiceBusy),
        ({"kind": "drop_after"}, ServiceBusy),
        ({"kind": "html"}, ServiceBusy),
        ({"kind": "redirect"}, ConfigurationError),
        ({"kind": "status", "status": 200, "body": {}}, ConfigurationError),
        ({"kind": "status", "status": 200, "body": {"accessToken": "two words"}}, ConfigurationError),
    ],
)
def test_a_login_that_fails_says_nothing_about_the_batch(
    bench: Bench, caplog: pytest.LogCaptureFixture, fault: dict[str, Any], kind: type[Exception]
) -> None:
    caplog.set_level(logging.DEBUG)
    bench.fault("login", **fault)
    with pytest.raises(kind) as caught:
        bench.service.create(adding(*devices("a")))
    assert type(caught.value) is kind
    assert bench.account["submits"] == 0
    told = caplog.text + str(caught.value) + repr(vars(caught.value)) + repr(caught.value.__context__)
    assert "canary" not in told
    assert "user@example.org" not in told


@pytest.mark.parametrize(
    ("base", "secret", "params", "host"),
    [
        ("https://tracking.api.here.com", USER, {}, "tracking.api.here.com"),
        ("https://tracking.api.here.com", USER, {"projectId": "p"}, "tracking.api.here.com"),
        ("https://tracking.api.here.com", USER, {"projectHrn": HRN}, "tracking.hereapi.com"),
        ("https://tracking.api.here.com", {**USER, "scope": HRN}, {}, "tracking.hereapi.com"),
        ("https://tracking.eu.example.com", USER, {"projectHrn": HRN}, "tracking.eu.example.com"),
    ],
)
def test_a_project_s_token_is_for_another_host_than_a_user_s(
    base: str, secret: dict[str, str], params: dict[str, str], host: str
) -> None:
    asked: list[str] = []

    def resolve(name: str, *_: object) -> Any:
        asked.append(name)
        raise socket.gaierror

    service = HereTrackingV4(
        Transport(base, service=NAME, clock=lambda: 0.0, resolve=resolve), lambda _: secret
    )
    with pytest.raises(ServiceBusy):
        service.check(service.adoptable(NOWHERE, "devices", params))
    assert set(asked) == {host}


def test_the_ticket_of_an_adopted_job_names_its_project() -> None:
    assert HereTrackingV4.adoptable("BULK-1", "devices", {"projectId": "p"}).notes == {"projectId": "p"}


def test_access_keys_open_a_project_too() -> None:
    clock = Clock(start=1_760_000_000.0, speed=0)
    with SimulatorServer.start(services=[NAME, "here_account"], clock=clock) as server:
        service = build(
            NAME,
            base_url=server.urls[NAME],
            credentials=lambda _: {"accessKeyId": ACCESS_KEY_ID, "accessKeySecret": ACCESS_KEY_SECRET},
            clock=clock.now,
            simulated=True,
            account_url=server.urls["here_account"],
        )
        ticket = service.create(adding(*devices("a"), params={"projectHrn": HRN}))
        assert service.check(ticket).state is State.RUNNING
        assert "login" not in server.ledger.snapshot()[NAME]["calls"]


# secrets of devices


def test_the_secret_of_a_device_is_in_its_column_and_nowhere_else(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    outcome = bench.run(adding(*devices("a")))[1]
    row = cells(outcome)
    secret = row.pop("bd_deviceSecret")
    assert secret
    assert secret not in "".join(row.values()) + outcome.code + outcome.message
    assert secret not in caplog.text
    assert secret not in redact(json.dumps({"name": "a", "deviceSecret": secret}))
    assert "bd_deviceSecret" not in HereTrackingV4.apis["delete"].columns


# how it is offered


def test_it_is_legacy_and_nothing_is_merged_and_deleting_waits_for_a_person() -> None:
    assert HereTrackingV4.legacy
    assert not any(api.dedupe for api in HereTrackingV4.apis.values())
    assert BUILT_IN["here-tracking-delete"].hold
    assert not BUILT_IN["here-tracking-devices"].hold
