"""What every batch service must do, whatever its dialect: subclass it, name the service, and give it a few records.

A service that cannot do something says so in its capabilities; no test is left out for it.
"""

from __future__ import annotations

import itertools
import logging
import tracemalloc
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from batchdrop.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceError,
    ServiceRefused,
    ServiceSpokeUnknown,
)
from batchdrop.ports import AnswerNotes, Outcome, OutcomeKind, State, Ticket
from tests.services.bench import KEY, Bench, batch_of, by_ordinal, fresh_server, saved, through_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from batchdrop.ports import Batch

AWKWARD = [
    "Müllerstraße 135, 13353 Berlin",
    "東京都千代田区丸の内1丁目",
    'He said "hi", 5 Main St | Suite; 4: x',
    "two\nlines\r\nand\ttabs",
    "a|b",
    "=1+1 & <b> %7C \\ '",
    "\u2028\u2029\x85 odd breaks",
    "x" * 5000,
    '"',
    "Ünïcödé 🏠 1",
]
CUTS = (0, 0.01, 0.3, 0.6, 0.99)


def odd_lines(row: bytes) -> dict[str, bytes]:
    """What may be wrong with a line of delimited text that begins with its recId."""
    whole = row.decode()
    return {
        "not UTF-8": row.replace(b"canary", b"can\xe4ry"),
        "too wide": row.replace(b"canary", b"can|ary"),
        "too narrow": whole.replace("|canary", "canary").encode(),
        "a recId that was never sent": b"77" + row,
        "no recId": b"|" + row.partition(b"|")[2],
        "seqNumber is no number": whole.replace("|1|", "|one|", 1).encode(),
        "seqNumber is negative": whole.replace("|1|", "|-1|", 1).encode(),
        "a latitude out of range": whole.replace("52.5", "152.5").encode(),
        "a latitude that is none": whole.replace("52.5", "NaN").encode(),
        "a longitude out of range": whole.replace("13.38", "1813.38").encode(),
        "half a position": whole.replace("13.3846903", "").encode(),
        "an unreadable number": whole.replace("13.3846903", "13,3846903").encode(),
        "too long": whole.replace("canary", "canary" * 30_000).encode(),
    }


def foreign_lines(row: bytes) -> dict[str, bytes]:
    """Lines of delimited text that belong to no record."""
    return {
        "foreign": b"77" + row,
        "no id": b"x" + row,
        "noise": b"canary\n",
        "zero": b"0|" + row.partition(b"|")[2],
    }


class ServiceConformance:
    """The suite. Class attributes are the service's dialect."""

    name: ClassVar[str]
    unknown: ClassVar[Ticket]
    """A ticket of the right form that the service never gave."""
    statuses: ClassVar[Mapping[str, State]]
    """Every documented status, and what it means."""
    one_result: ClassVar[str]
    """The name of the part that holds the results."""
    api: ClassVar[str] = "geocode"
    """The API whose records `record` makes."""
    nowhere: ClassVar[OutcomeKind] = OutcomeKind.NO_MATCH
    """What becomes of a record about nothing that exists."""
    asks_first: ClassVar[str] = "submit"
    """The call that sees a credential first."""
    opens: ClassVar[str] = "apiKey"
    """The part of the secret without which nothing works."""

    def record(self, text: str) -> Mapping[str, str]:
        """A record about this text."""
        return {"text": text}

    def words(self, record: Mapping[str, str]) -> str:
        """What of a record may not be told to anybody."""
        return record["text"]

    def batch(self, records: Sequence[Mapping[str, str]], **more: Any) -> Batch:
        """A batch of such records."""
        return batch_of(records, **{"api": self.api, **more})

    def is_about(self, answer: Mapping[str, str], row: Mapping[str, str]) -> bool:
        """Whether an answer's columns belong to the record about an address of the truth file: digits are the service's own."""
        return (answer["bd_lat"], answer["bd_lon"]) == (row["lat"], row["lon"])

    def look_answer(self, word: str) -> tuple[int, dict[str, Any]]:
        """HTTP status and body of a look at a job of this status."""
        raise NotImplementedError

    def fail_second(self, bench: Bench) -> Mapping[str, str]:
        """Have the service fail one record, the second one; give that record."""
        raise NotImplementedError

    def large_answer(self, batch_size: int) -> Iterator[bytes]:
        """The body of `one_result` for geocode batches of any size, every record matched."""
        raise NotImplementedError

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        """A service without a past."""
        with fresh_server(self.name) as server:
            yield Bench(self.name, server)

    @pytest.fixture
    def records(self, addresses: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
        """Five real addresses and one that is nowhere."""
        found = [self.record(row["text"]) for row in addresses[:5]]
        return [*found[:3], self.record("zzqx vblort 99999 nowhere"), *found[3:]]

    # the way of a batch

    def test_every_record_gets_its_own_outcome_with_its_position(
        self, bench: Bench, records: list[Mapping[str, str]], addresses: Sequence[Mapping[str, str]]
    ) -> None:
        batch = self.batch(records, first=41)
        outcomes = bench.run(batch)
        assert sorted(outcomes) == [41, 42, 43, 44, 45, 46]
        kinds = [outcomes[ordinal].kind for ordinal in sorted(outcomes)]
        assert kinds == ["matched"] * 3 + [self.nowhere] + ["matched"] * 2
        columns = bench.service.apis[self.api].columns
        for ordinal, row in zip((41, 42, 43, 45, 46), addresses, strict=False):
            (answer,) = outcomes[ordinal].answers
            assert self.is_about(dict(zip(columns, answer, strict=True)), row)
        assert bench.account["records"] == 6

    def test_no_match_is_not_a_failure_and_says_so(self, bench: Bench) -> None:
        (outcome,) = bench.run(self.batch([self.record("zzqx vblort")])).values()
        assert outcome.kind is self.nowhere
        if outcome.kind is OutcomeKind.NO_MATCH:
            assert (outcome.code, outcome.answers) == ("NO_MATCH", ())
            assert outcome.message

    def test_one_failed_record_does_not_lose_the_others(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        bad = self.fail_second(bench)
        outcomes = bench.run(self.batch([records[0], bad, records[1]]))
        assert [outcomes[ordinal].kind for ordinal in (1, 2, 3)] == ["matched", "failed", "matched"]
        assert outcomes[2].code
        assert outcomes[2].message

    def test_awkward_texts_reach_the_service_and_come_back_under_their_own_number(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        awkward = map(self.record, AWKWARD)
        mixed = [one for pair in itertools.zip_longest(awkward, records) for one in pair if one]
        outcomes = bench.run(self.batch(mixed))
        assert sorted(outcomes) == list(range(1, len(mixed) + 1))
        matched = [ordinal for ordinal, outcome in outcomes.items() if outcome.kind is OutcomeKind.MATCHED]
        assert set(matched) >= {mixed.index(record) + 1 for record in records[:3]}

    def test_the_same_parts_read_twice_say_the_same(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        batch = self.batch(records)
        ticket = bench.begin(batch)
        parts = bench.collect(ticket, bench.finish(ticket))
        assert list(bench.service.read(batch, parts)) == list(bench.service.read(batch, parts))

    def test_results_can_be_fetched_again(self, bench: Bench, records: list[Mapping[str, str]]) -> None:
        ticket = bench.begin(self.batch(records))
        bench.finish(ticket)
        once, twice = (
            {part.name: b"".join(part.chunks) for part in bench.service.fetch(ticket)} for _ in "ab"
        )
        assert once == twice
        assert once[self.one_result]

    def test_results_are_not_handed_out_before_the_end(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        ticket = bench.begin(self.batch(records))
        with pytest.raises(ServiceBusy):
            list(bench.service.fetch(ticket))

    def test_a_record_without_an_answer_is_left_out(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        bench.configure(**{self.lost_setting: 1})
        outcomes = bench.run(self.batch(records[:3]))
        assert sorted(outcomes) == [1, 2]

    lost_setting: ClassVar[str]

    def test_parts_of_another_batch_are_not_believed(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        ticket = bench.begin(self.batch(records, first=1))
        parts = bench.collect(ticket, bench.finish(ticket))
        with pytest.raises(ServiceSpokeUnknown):
            list(bench.service.read(self.batch(list(map(self.record, "uvwxyz")), first=100), parts))

    # sizes

    def test_a_batch_of_one_and_the_usual_batch_work_and_one_more_than_the_most_is_refused(
        self, bench: Bench, addresses: Sequence[Mapping[str, str]]
    ) -> None:
        usual = min(bench.service.can.batch_records, 2000)
        records = [self.record(row["text"]) for row in itertools.islice(itertools.cycle(addresses), usual)]
        assert len(bench.run(self.batch(records[:1]))) == 1
        assert len(bench.run(self.batch(records))) == usual
        before = bench.account["submits"]
        whole = self.batch(records)
        for count in (0, bench.service.can.max_records + 1):
            wrong = type(whole)(whole.tag, whole.api, whole.params, 1, count, whole.queries)
            with pytest.raises(ServiceRefused, match="a batch has 1 to"):
                bench.service.create(wrong)
        with pytest.raises(ServiceRefused, match="no API of that name"):
            bench.service.create(self.batch(records[:1], api="nothing"))
        assert bench.account["submits"] == before

    # tickets and states

    def test_a_ticket_survives_json_and_holds_no_secret(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        ticket = bench.begin(self.batch(records))
        assert KEY not in str(ticket.to_dict())
        assert bench.finish(through_json(ticket)).state is State.COMPLETED

    def test_looking_twice_is_harmless(self, bench: Bench, records: list[Mapping[str, str]]) -> None:
        ticket = bench.begin(self.batch(records))
        assert [bench.service.check(ticket).state for _ in range(3)] == [State.RUNNING] * 3
        assert bench.finish(ticket).state is State.COMPLETED
        assert bench.service.check(ticket).state is State.COMPLETED
        assert bench.account["jobs"] == 1

    def test_every_documented_status_has_its_state(self, bench: Bench) -> None:
        for word, state in self.statuses.items():
            self._plays(bench, word)
            progress = bench.service.check(self.unknown)
            assert (progress.state, progress.status, progress.unknown_status) == (state, word, False)

    def test_an_unknown_status_means_running_and_is_named(self, bench: Bench) -> None:
        self._plays(bench, "reticulating")
        progress = bench.service.check(self.unknown)
        assert (progress.state, progress.status) == (State.RUNNING, "reticulating")
        assert progress.unknown_status

    def _plays(self, bench: Bench, word: str) -> None:
        status, body = self.look_answer(word)
        bench.fault("look", "status", status=status, body=body)

    def test_a_ticket_the_service_does_not_know_is_gone(self, bench: Bench) -> None:
        assert bench.service.check(self.unknown).state is State.GONE

    def test_results_past_their_time_are_gone(self, bench: Bench, records: list[Mapping[str, str]]) -> None:
        ticket = bench.begin(self.batch(records))
        bench.finish(ticket)
        bench.server.clock.advance(bench.service.can.keeps_results_for + 3600)
        assert bench.service.check(ticket).state is State.GONE
        with pytest.raises(ServiceRefused) as caught:
            list(bench.service.fetch(ticket))
        assert caught.value.status == 404

    @pytest.mark.parametrize("wrong", ["", "../x", "a/b", "a?b=c", "x" * 500, "a b"])
    def test_a_ticket_that_is_no_id_is_never_put_into_a_url(self, bench: Bench, wrong: str) -> None:
        with pytest.raises(ConfigurationError):
            bench.service.check(Ticket(wrong))
        assert bench.account["calls"] == {}

    # trouble

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ({"kind": "status", "status": 400}, ServiceRefused),
            ({"kind": "status", "status": 401, "times": 2}, ServiceDenied),
            ({"kind": "status", "status": 402}, ServiceDenied),
            ({"kind": "status", "status": 403}, ServiceDenied),
            ({"kind": "status", "status": 404}, ServiceRefused),
            ({"kind": "status", "status": 413}, ServiceRefused),
            ({"kind": "status", "status": 429, "retry_after": 30}, ServiceBusy),
            ({"kind": "status", "status": 500}, OutcomeUnknown),
            ({"kind": "status", "status": 502, "body": "<html>bad gateway</html>"}, OutcomeUnknown),
            ({"kind": "status", "status": 503, "retry_after": 30}, OutcomeUnknown),
            ({"kind": "status", "status": 200, "body": {"status": "pending"}}, OutcomeUnknown),
            ({"kind": "status", "status": 200, "body": {"id": "../../x"}}, OutcomeUnknown),
            ({"kind": "drop_before"}, OutcomeUnknown),
            ({"kind": "drop_after"}, OutcomeUnknown),
            ({"kind": "truncate"}, OutcomeUnknown),
            ({"kind": "truncate", "broken": False}, OutcomeUnknown),
            ({"kind": "html"}, OutcomeUnknown),
            ({"kind": "redirect"}, ServiceRefused),
        ],
    )
    def test_trouble_at_create_becomes_the_right_error_and_nothing_is_sent_twice(
        self,
        bench: Bench,
        records: list[Mapping[str, str]],
        caplog: pytest.LogCaptureFixture,
        fault: dict[str, Any],
        kind: type[ServiceError],
    ) -> None:
        caplog.set_level(logging.DEBUG)
        bench.fault("submit", **fault)
        with pytest.raises(ServiceError) as caught:
            bench.service.create(self.batch(records))
        assert type(caught.value) is kind
        assert caught.value.service == self.name
        assert bench.account["submits"] == fault.get("times", 1)
        self._tells_nothing(caught.value, records, caplog.text)

    @pytest.mark.parametrize(
        ("fault", "kind"),
        [
            ({"kind": "status", "status": 400}, ServiceRefused),
            ({"kind": "status", "status": 401, "times": 2}, ServiceDenied),
            ({"kind": "status", "status": 402}, ServiceDenied),
            ({"kind": "status", "status": 403}, ServiceDenied),
            ({"kind": "status", "status": 429, "retry_after": 30}, ServiceBusy),
            ({"kind": "status", "status": 500}, ServiceBusy),
            ({"kind": "status", "status": 503, "body": "busy"}, ServiceBusy),
            ({"kind": "drop_before", "times": 2}, ServiceBusy),
            ({"kind": "truncate"}, ServiceBusy),
            ({"kind": "redirect"}, ServiceRefused),
        ],
    )
    def test_trouble_at_a_look_becomes_the_right_error(
        self,
        bench: Bench,
        records: list[Mapping[str, str]],
        caplog: pytest.LogCaptureFixture,
        fault: dict[str, Any],
        kind: type[ServiceError],
    ) -> None:
        caplog.set_level(logging.DEBUG)
        ticket = bench.begin(self.batch(records))
        bench.fault("look", **fault)
        with pytest.raises(ServiceError) as caught:
            bench.service.check(ticket)
        assert type(caught.value) is kind
        self._tells_nothing(caught.value, records, caplog.text)
        assert bench.finish(ticket).state is State.COMPLETED, "the job itself took no harm"

    @pytest.mark.parametrize("call", ["submit", "look"])
    @pytest.mark.parametrize(
        ("status", "body", "used_up"),
        [
            (429, {"statusCode": 429, "error": "Too Many Requests", "message": "Daily quota limit exceeded"}, True),
            (429, "Your monthly limit is reached, canary", True),
            (403, {"title": "Quota exceeded", "status": 403}, True),
            (429, {"message": "Too many requests"}, False),
            (429, {"error": "Too Many Requests", "error_description": "Rate limit for this service has been reached"}, False),
            (429, "<html><h1>429 Too Many Requests</h1></html>", False),
        ],
    )  # fmt: skip
    def test_a_used_up_plan_is_told_from_a_request_that_came_too_early(
        self,
        bench: Bench,
        records: list[Mapping[str, str]],
        caplog: pytest.LogCaptureFixture,
        call: str,
        status: int,
        body: object,
        used_up: bool,
    ) -> None:
        caplog.set_level(logging.DEBUG)
        batch = self.batch(records)
        ticket = bench.begin(batch) if call == "look" else self.unknown
        bench.fault(call, "status", status=status, body=body)
        with pytest.raises(ServiceDenied if used_up else ServiceBusy) as caught:
            bench.service.check(ticket) if call == "look" else bench.service.create(batch)
        assert getattr(caught.value, "code", "") == ("QUOTA" if used_up else "")
        assert "canary" not in str(caught.value) + caplog.text
        assert bench.account["jobs"] == (1 if call == "look" else 0)

    def test_a_page_instead_of_an_answer_is_spoken_of_as_unknown(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        batch = self.batch(records)
        ticket = bench.begin(batch)
        bench.finish(ticket)
        bench.fault("look", "html")

        def look_and_read() -> None:
            progress = bench.service.check(ticket)
            list(bench.service.read(batch, bench.collect(ticket, progress)))

        with pytest.raises(ServiceSpokeUnknown):
            look_and_read()

    @pytest.mark.parametrize("as_date", [False, True])
    def test_retry_after_reaches_the_caller(
        self, bench: Bench, records: list[Mapping[str, str]], as_date: bool
    ) -> None:
        # a date is rounded to seconds, and dated by the wall of the simulator
        bench.fault("submit", "status", status=429, retry_after=90, retry_as_date=as_date)
        with pytest.raises(ServiceBusy) as caught:
            bench.service.create(self.batch(records))
        assert caught.value.retry_after == pytest.approx(90, abs=2)
        assert bench.account["jobs"] == 0

    @pytest.mark.parametrize("part", CUTS)
    def test_a_cut_answer_is_never_taken_for_a_whole_one(
        self, bench: Bench, records: list[Mapping[str, str]], part: float
    ) -> None:
        batch = self.batch(records[:3])
        ticket = bench.begin(batch)
        whole = bench.collect(ticket, bench.finish(ticket))
        kept = [
            saved(one.name, body[: int(len(body) * part)]) for one in whole for body in [one.open().read()]
        ]
        notes, outcomes, broken = AnswerNotes(), list[Outcome](), False
        try:
            outcomes.extend(bench.service.read(batch, kept, notes))
        except ServiceSpokeUnknown:
            broken = True
        found, expected = by_ordinal(outcomes), by_ordinal(bench.service.read(batch, whole))
        assert broken or found.keys() < expected.keys() or notes.unfinished
        others = [ordinal for ordinal in found if found[ordinal] != expected[ordinal]]
        assert len(others) <= notes.unfinished, "only a last row without a line end may be cut"

    @pytest.mark.parametrize(
        "body", [b"{}", b"[]", b"\xff\xfe", b"<html></html>", b"null", b"recId", b"{" * 99]
    )
    def test_bytes_of_another_form_are_not_read(self, bench: Bench, body: bytes) -> None:
        with pytest.raises(ServiceSpokeUnknown):
            list(bench.service.read(self.batch([self.record("x")]), [saved(self.one_result, body)]))

    @pytest.mark.parametrize("body", [b"", b"\xef\xbb\xbf", b"\n", b"\r\n\r\n"])
    def test_an_empty_answer_is_no_answer_to_any_record(self, bench: Bench, body: bytes) -> None:
        notes, outcomes, broken = AnswerNotes(), list[Outcome](), False
        try:
            outcomes.extend(
                bench.service.read(self.batch([self.record("x")]), [saved(self.one_result, body)], notes)
            )
        except ServiceSpokeUnknown:
            broken = True
        assert outcomes == []
        assert broken or notes.remarks == [f"{self.one_result}: it is empty"]

    # odd rows

    def row_of(self, ordinal: int) -> bytes:
        """One row of `one_result` that answers record `ordinal`, made of `record(f"record {ordinal}")`."""
        raise NotImplementedError

    def answer_of(self, rows: Sequence[bytes]) -> bytes:
        """The body of `one_result` with these rows."""
        raise NotImplementedError

    rows_begin: ClassVar[int] = 1
    """The number of the first row's line or item."""

    def odd_rows(self, row: bytes) -> Mapping[str, bytes]:
        """What may be wrong with the row of record 500: kind → the row with it. Its record has no answer then."""
        raise NotImplementedError

    def further_rows(self, row: bytes) -> Mapping[str, bytes]:
        """Odd rows that may stand beside the row of record 500."""
        raise NotImplementedError

    def _thousand(self) -> Batch:
        return self.batch([self.record(f"record {ordinal}") for ordinal in range(1, 1001)])

    def test_of_a_thousand_rows_one_that_is_odd_is_named_and_all_others_are_read(self, bench: Bench) -> None:
        batch, good = self._thousand(), self.row_of(500)
        kinds = self.odd_rows(good)
        assert len(kinds) >= 5
        for kind, odd in kinds.items():
            rows = [odd if ordinal == 500 else self.row_of(ordinal) for ordinal in range(1, 1001)]
            self._names_one(bench, batch, rows, kind, lost={500}, at=499)

    def test_an_odd_row_beside_a_thousand_good_ones_is_named_and_all_records_have_their_answers(
        self, bench: Bench
    ) -> None:
        batch, good = self._thousand(), self.row_of(500)
        for kind, odd in self.further_rows(good).items():
            rows = [self.row_of(ordinal) for ordinal in range(1, 1001)]
            rows.insert(500, odd)
            self._names_one(bench, batch, rows, kind, lost=set(), at=500)

    def _names_one(
        self, bench: Bench, batch: Batch, rows: list[bytes], kind: str, *, lost: set[int], at: int
    ) -> None:
        notes = AnswerNotes()
        body = self.answer_of(rows)
        outcomes = by_ordinal(bench.service.read(batch, [saved(self.one_result, body)], notes))
        assert outcomes.keys() == set(range(1, 1001)) - lost, kind
        assert {outcome.kind for outcome in outcomes.values()} == {OutcomeKind.MATCHED}, kind
        assert notes.odd == len(notes.named) == 1, kind
        (named,) = notes.named
        assert (named.line, notes.partial) == (self.rows_begin + at, 0), kind
        assert named.reason
        assert "canary" not in named.text(), "nothing of a row is repeated"

    def test_however_many_rows_are_odd_only_the_first_are_kept(self, bench: Bench) -> None:
        (_, odd), *_ = self.odd_rows(self.row_of(500)).items()
        batch, notes = self._thousand(), AnswerNotes()
        rows = [self.row_of(1), *[odd] * 5000]
        list(bench.service.read(batch, [saved(self.one_result, self.answer_of(rows))], notes))
        assert (notes.odd, len(notes.named)) == (5000, 10)

    # secrets

    def test_a_rotated_key_is_read_afresh_once(self, bench: Bench, records: list[Mapping[str, str]]) -> None:
        bench.keys[:] = ["refused-key", KEY]
        ticket = bench.service.create(self.batch(records))
        assert bench.reads == [False, True]
        assert bench.account["jobs"] == 1
        assert bench.service.check(ticket).state in (State.RUNNING, State.UNSTARTED)

    def test_a_key_that_stays_refused_is_tried_twice_and_no_more(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        bench.keys[:] = ["refused-key"]
        with pytest.raises(ServiceDenied):
            bench.service.create(self.batch(records))
        assert bench.reads == [False, True]
        assert bench.account["calls"][self.asks_first] == 2
        assert bench.account["jobs"] == 0

    def test_a_secret_without_its_key_is_a_setting_to_correct(self, bench: Bench) -> None:
        bench.keys[:] = [" "]
        with pytest.raises(ConfigurationError, match=self.opens):
            bench.service.create(self.batch([self.record("x")]))
        assert bench.account["submits"] == 0

    def test_a_whole_run_logs_neither_key_nor_address(
        self, bench: Bench, records: list[Mapping[str, str]], caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        batch = self.batch(records)
        ticket = bench.begin(batch)
        progress = bench.finish(ticket)
        parts = bench.collect(ticket, progress)
        assert KEY.encode() not in b"".join(part.open().read() for part in parts)
        assert KEY not in repr(progress) + repr(ticket)
        assert KEY not in caplog.text
        assert not [record for record in records if self.words(record) in caplog.text]

    # capabilities

    def test_what_a_service_cannot_do_it_refuses_clearly(self, bench: Bench) -> None:
        can, service, batch = bench.service.can, bench.service, self.batch([self.record("x")])
        calls: list[tuple[bool, Callable[[], object]]] = [
            (can.two_phase, lambda: service.start(self.unknown)),
            (can.finds_lost, lambda: service.find(batch)),
            (can.stops, lambda: service.stop(self.unknown)),
            (can.deletes, lambda: service.delete(self.unknown)),
        ]
        for able, call in calls:
            if able:
                continue
            with pytest.raises(ServiceRefused, match="cannot") as caught:
                call()
            assert caught.value.code == "NOT_SUPPORTED"
        assert bench.account["calls"] == {}

    def test_what_a_service_says_it_can_do_it_does(
        self, bench: Bench, records: list[Mapping[str, str]]
    ) -> None:
        can, service = bench.service.can, bench.service
        batch = self.batch(records)
        ticket = service.create(batch)
        if can.two_phase:
            assert service.check(ticket).state is State.UNSTARTED
            assert bench.account["records"] == 0, "nothing is billed before the start"
            service.start(ticket)
            service.start(ticket)
        assert service.check(ticket).state is State.RUNNING
        if can.finds_lost:
            assert service.find(batch) == [ticket]
            assert service.find(self.batch(records, tag="cd" * 32)) == []
        if can.stops:
            service.stop(ticket)
            assert bench.finish(ticket).state is State.STOPPED
            service.stop(ticket)
        if can.deletes:
            service.delete(ticket)
            assert service.check(ticket).state is State.GONE
            service.delete(ticket)
        assert bench.account["jobs"] == 1

    # memory

    def test_reading_a_large_answer_takes_bounded_memory(self, bench: Bench) -> None:
        count = bench.service.can.batch_records if bench.service.can.batch_records <= 1000 else 15_000
        batch = self.batch([self.record("x")] * count)
        body = b"".join(self.large_answer(count))
        part = saved(self.one_result, body)
        assert len(body) > 5 << 20
        tracemalloc.start()
        try:
            seen = sum(
                1 for outcome in bench.service.read(batch, [part]) if outcome.kind is OutcomeKind.MATCHED
            )
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert seen == count
        assert peak < 3 << 20

    def _tells_nothing(self, error: ServiceError, records: list[Mapping[str, str]], logged: str) -> None:
        chain = [one for one in (error, error.__cause__, error.__context__) if one is not None]
        told = logged + " ".join(text for one in chain for text in (str(one), repr(one), repr(vars(one))))
        assert KEY not in told
        assert "?" not in str(error)
        assert not [record for record in records if self.words(record) in told]
