"""HERE Batch Geocoder 6.2 (legacy): the suite of all services, and its own dialect."""

from __future__ import annotations

import io
import logging
import socket
import zipfile
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batchdrop.errors import (
    ConfigurationError,
    OutcomeUnknown,
    ServiceBusy,
    ServiceDenied,
    ServiceRefused,
    ServiceSpokeUnknown,
)
from batchdrop.ports import AnswerNotes, Outcome, OutcomeKind, State, Ticket
from batchdrop.services import DEFAULT_BASES, build, delimited
from batchdrop.services.here_geocoder_v6 import HereGeocoderV6, archives, lines
from batchdrop.transport import Transport
from tests.services.bench import Bench, batch_of, by_ordinal, fresh_server, saved, through_json
from tests.services.conformance import ServiceConformance, foreign_lines, odd_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NAME = "here_geocoder_v6"
NOBODYS = "E2bc948zBsMCG4QclFKCq3tddWYCsE9g"
HEADER = "recId|SeqNumber|seqLength|displayLatitude|displayLongitude|locationLabel|matchLevel\n"
HERE_AND_NOWHERE = [{"text": "Paris"}, {"text": "zzqx vblort"}]


def zipped(members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of these members."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as packed:
        for name, text in members.items():
            packed.writestr(name, text)
    return held.getvalue()


class TestHereGeocoderV6(ServiceConformance):
    """The suite."""

    name = NAME
    unknown = Ticket(NOBODYS)
    one_result = "result.zip"
    lost_setting = "lost_records"
    statuses: ClassVar[Mapping[str, State]] = {
        "submitted": State.UNSTARTED,
        "accepted": State.RUNNING,
        "running": State.RUNNING,
        "completed": State.COMPLETED,
        "cancelled": State.STOPPED,
        "deleted": State.GONE,
        "failed": State.FAILED,
    }

    def look_answer(self, word: str) -> tuple[int, dict[str, Any]]:
        return 200, {"Response": {"MetaInfo": {"RequestId": NOBODYS}, "Status": word}}

    def fail_second(self, bench: Bench) -> Mapping[str, str]:
        bench.configure(failed_lines=[3])  # the header is line 1
        return {"text": "Paris"}

    rows_begin = 2

    def row_of(self, ordinal: int) -> bytes:
        return f"{ordinal}|1|1|52.5{ordinal:04}|13.3846903|canary street {ordinal}|street\n".encode()

    def answer_of(self, rows: Sequence[bytes]) -> bytes:
        return zipped({"result_20150319-14-33_out.txt": HEADER.encode() + b"".join(rows)})

    def odd_rows(self, row: bytes) -> Mapping[str, bytes]:
        return odd_lines(row)

    def further_rows(self, row: bytes) -> Mapping[str, bytes]:
        return {**foreign_lines(row), "beyond its seqLength": row.replace(b"|1|1|", b"|2|1|", 1)}

    def large_answer(self, batch_size: int) -> Iterator[bytes]:
        label = '"Invalidenstraße | 116"' * 15
        rows = (f"{number}|1|1|52.5308609|13.3846903|{label}|street\n" for number in range(1, batch_size + 1))
        yield zipped({"result_20150319-14-33__out.txt": HEADER + "".join(rows)}, zipfile.ZIP_STORED)


@pytest.fixture
def bench() -> Iterator[Bench]:
    with fresh_server(NAME) as server:
        yield Bench(NAME, server)


def read(batch: Any, notes: AnswerNotes | None = None, **parts: str | bytes) -> dict[int, Outcome]:
    """What the adapter reads out of parts, without any network; `no_matches` stands for no-matches.txt."""
    service = HereGeocoderV6(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    held = [
        saved(f"{name.replace('_', '-')}.txt", body if isinstance(body, bytes) else body.encode())
        for name, body in parts.items()
    ]
    return by_ordinal(service.read(batch, held, notes))


def calls(bench: Bench, method: str) -> list[tuple[Any, ...]]:
    """What the simulator's `method` (submit, run, …) is asked from here on, without the caller."""
    seen: list[tuple[Any, ...]] = []
    behaviour: Any = bench.server.behaviours[NAME]
    real = getattr(behaviour, method)

    def listen(caller: Any, *asked: Any) -> Any:
        seen.append(asked)
        return real(caller, *asked)

    setattr(behaviour, method, listen)
    return seen


def body_of(batch: Any) -> tuple[str, str]:
    """The input and its delimiter."""
    with delimited.written(lambda: lines.rows(batch), max_bytes=10**6, service="x") as (body, delimiter):
        return body.read().decode(), delimiter


# what goes out


def test_it_says_that_it_is_legacy() -> None:
    assert HereGeocoderV6.legacy
    assert "legacy" in (HereGeocoderV6.__doc__ or "")


def test_an_upload_names_all_parameters_but_no_action_and_the_run_names_them_again(bench: Bench) -> None:
    uploads, runs = calls(bench, "submit"), calls(bench, "run")
    batch = batch_of(
        [{"text": "Invalidenstraße 116"}, {"text": "b"}], first=7, params={"language": "de-DE", "Gen": 9}
    )
    ticket = through_json(bench.service.create(batch))
    assert bench.account["records"] == 0
    bench.service.start(ticket)
    ((query, body),) = uploads
    assert body.decode() == "recId|searchText\n7|Invalidenstraße 116\n8|b\n"
    assert query == {
        "language": "de-DE", "gen": "9", "maxresults": "1", "outputcombined": "true", "header": "true",
        "indelim": "|", "outdelim": "|",
        "outcols": "displayLatitude,displayLongitude,locationLabel,matchLevel,relevance,houseNumber,street,district,"
        "city,state,postalCode,country",
    }  # fmt: skip
    assert runs == [(ticket.id, {**query, "action": "run"})]


def test_a_point_becomes_prox_with_a_radius_and_the_mode_says_reverse(bench: Bench) -> None:
    uploads = calls(bench, "submit")
    bench.service.create(batch_of([{"lat": "52.5", "lon": "13.4"}], api="reverse", params={"radius": 100}))
    ((query, body),) = uploads
    assert query["mode"] == "retrieveAddresses"
    assert "radius" not in query
    assert body.decode() == "recId|prox\n1|52.5,13.4,100\n"


@pytest.mark.parametrize(
    ("texts", "delimiter", "parameter"),
    [
        (["a"], "|", "|"),
        (["a", "b|c"], ";", ";"),
        (["b|c;d"], ":", ":"),
        (["b|c;d:e"], ",", ","),
        (["b|c;d:e,f"], "\t", "\\t"),
        (["b|c;d:e,\tf"], "\t", "\\t"),
    ],
)
def test_the_delimiter_is_one_that_no_value_holds(
    bench: Bench, texts: list[str], delimiter: str, parameter: str
) -> None:
    uploads = calls(bench, "submit")
    bench.service.create(batch_of([{"text": text} for text in texts]))
    ((query, body),) = uploads
    assert query["indelim"] == parameter
    assert [line.count(delimiter) for line in body.decode().splitlines()] == [1] * (len(texts) + 1)


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=6))
def test_every_record_is_one_line_of_two_cells_whatever_it_holds(texts: list[str]) -> None:
    texts = [text.encode(errors="replace").decode() for text in texts]
    body, delimiter = body_of(batch_of([{"text": text} for text in texts]))
    assert '"' not in body
    rows = [line.split(delimiter) for line in body.removesuffix("\n").split("\n")]
    assert [row[0] for row in rows] == ["recId", *(str(ordinal) for ordinal in range(1, len(texts) + 1))]
    assert all(len(row) == 2 for row in rows)


def test_parts_of_an_address_become_one_line_of_text() -> None:
    parts = {
        "housenumber": "5",
        "street": "Main St",
        "city": "Springfield",
        "state": "IL",
        "postcode": "62701",
    }
    assert body_of(batch_of([parts]))[0] == "recId|searchText\n1|5 Main St, Springfield, IL 62701\n"


def test_a_country_is_a_column_where_route_or_records_have_one_and_the_records_wins(bench: Bench) -> None:
    own = [{"text": "Paris"}, {"text": "Paris", "param:Country": "USA|x"}]
    header = "recId;searchText;country\n"
    assert body_of(batch_of(own)) == (f"{header}1;Paris;\n2;Paris;USA|x\n", ";")
    assert body_of(batch_of(own, params={"country": "FRA"}))[0] == f"{header}1;Paris;FRA\n2;Paris;USA|x\n"
    found = bench.run(batch_of([{"text": "Paris"}] * 2, params={"country": "USA"}))
    assert {outcome.answers[0][-1] for outcome in found.values()} == {"USA"}


@pytest.mark.parametrize("params", [{}, {"language": "de-DE"}])
def test_no_other_parameter_can_be_a_records_own(bench: Bench, params: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="whole job"):
        bench.service.create(batch_of([{"text": "a"}, {"text": "b", "param:language": "fr"}], params=params))
    with pytest.raises(ConfigurationError, match="whole job"):  # how plan asks about columns of records
        HereGeocoderV6.columns_for("geocode", {"language": ""})
    assert HereGeocoderV6.columns_for("geocode", {"country": ""})
    assert bench.account["submits"] == 0


@pytest.mark.parametrize(
    "params",
    [
        {"colour": "red"},
        {"radius": 5},  # of reverse
        {"maxresults": 0},
        {"maxresults": "many"},
        {"outputcombined": "perhaps"},
        {"outcols": "shoeSize"},
        {"outcols": 5},
    ],
)
def test_a_parameter_the_service_would_refuse_is_a_setting_to_correct(
    bench: Bench, params: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError):
        bench.service.create(batch_of([{"text": "a"}], params=params))
    with pytest.raises(ConfigurationError):
        HereGeocoderV6.columns_for("geocode", params)
    assert bench.account["submits"] == 0


def test_an_input_over_the_limit_is_refused_before_it_is_sent() -> None:
    with (
        pytest.raises(ServiceRefused, match="can be sent"),
        delimited.written(lambda: lines.rows(batch_of([{"text": "abc"}])), max_bytes=20, service="x"),
    ):
        pass


# credentials and hosts


class TestCredentials:
    """apiKey, or app_id with app_code."""

    def test_an_adopted_job_is_downloaded_as_its_route_says(self) -> None:
        ticket = HereGeocoderV6.adoptable(
            NOBODYS, "reverse", {"outputCombined": False, "outputcompressed": "false"}
        )
        assert ticket.notes["outputcombined"] == ticket.notes["outputcompressed"] == "false"
        assert ticket.notes["mode"] == "retrieveAddresses"
        assert "indelim" not in ticket.notes, "only the upload knew it"

    @staticmethod
    def service(
        secret: Mapping[str, str], hosts: list[str], base: str = DEFAULT_BASES[NAME]
    ) -> HereGeocoderV6:
        """An adapter whose network only notes which host is asked for."""

        def resolve(host: str, *_: Any) -> Any:
            hosts.append(host)
            raise socket.gaierror

        return HereGeocoderV6(
            Transport(base, service=NAME, clock=lambda: 0.0, resolve=resolve), lambda _: secret
        )

    @pytest.mark.parametrize(
        ("secret", "host"),
        [
            ({"apiKey": "k"}, "batch.geocoder.ls.hereapi.com"),
            ({"app_id": "i", "app_code": "c"}, "batch.geocoder.api.here.com"),
            ({"apiKey": "k", "app_id": "i", "app_code": "c"}, "batch.geocoder.ls.hereapi.com"),
        ],
    )
    def test_each_kind_is_taken_to_its_own_host(self, secret: dict[str, str], host: str) -> None:
        hosts: list[str] = []
        service = self.service(secret, hosts)
        with pytest.raises(ServiceBusy, match="nothing was sent"):
            service.check(Ticket(NOBODYS))
        assert set(hosts) == {host}

    def test_a_host_that_was_set_is_asked_whatever_the_secret(self) -> None:
        hosts: list[str] = []
        service = self.service({"app_id": "i", "app_code": "c"}, hosts, base="https://other.example/6.2")
        with pytest.raises(ServiceBusy):
            service.check(Ticket(NOBODYS))
        assert set(hosts) == {"other.example"}

    @pytest.mark.parametrize(
        ("secret", "key"), [({}, "apiKey"), ({"app_id": "i"}, "app_code"), ({"app_code": "c"}, "app_id")]
    )
    def test_half_a_secret_is_a_setting_to_correct(self, secret: dict[str, str], key: str) -> None:
        with pytest.raises(ConfigurationError, match=key):
            self.service(secret, []).check(Ticket(NOBODYS))

    def test_app_id_and_app_code_work_and_are_never_told(
        self, bench: Bench, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG)
        secret = {"app_id": "canary-id", "app_code": "canary-code"}
        url, clock = bench.server.urls[NAME], bench.server.clock.now
        bench.service = build(NAME, base_url=url, credentials=lambda _: secret, clock=clock, simulated=True)
        ticket = bench.begin(batch_of(HERE_AND_NOWHERE))
        assert bench.finish(ticket).state is State.COMPLETED
        secret["app_code"] = "refused-key"
        with pytest.raises(ServiceDenied) as caught:
            bench.service.check(ticket)
        told = caplog.text + str(caught.value) + str(ticket.to_dict())
        assert "canary" not in told
        assert "refused-key" not in told


# two phases


def test_a_create_whose_answer_was_lost_bills_nothing_and_may_be_made_again(bench: Bench) -> None:
    batch = batch_of([{"text": "Paris"}])
    bench.fault("submit", "drop_after")
    with pytest.raises(OutcomeUnknown):
        bench.service.create(batch)
    assert bench.finish(bench.begin(batch)).state is State.COMPLETED
    assert (bench.account["jobs"], bench.account["records"]) == (2, 1)


def test_a_start_whose_answer_was_lost_is_not_given_twice(bench: Bench) -> None:
    ticket = bench.service.create(batch_of([{"text": "Paris"}]))
    bench.fault("start", "status", status=503, after=True)
    with pytest.raises(ServiceBusy):
        bench.service.start(ticket)
    bench.server.clock.advance(60)
    bench.service.start(ticket)
    assert bench.finish(ticket).state is State.COMPLETED
    assert (bench.account["calls"]["start"], bench.account["records"]) == (1, 1)


@pytest.mark.parametrize("settings", [{}, {"failing_jobs": 1}])
def test_a_job_that_has_ended_is_not_started_anew_which_would_bill_it_again(
    bench: Bench, settings: dict[str, Any]
) -> None:
    bench.configure(**settings)
    ticket = bench.begin(batch_of([{"text": "Paris"}]))
    ended = bench.finish(ticket)
    bench.service.start(ticket)
    assert bench.service.check(ticket) == ended
    assert bench.account["calls"]["start"] == 1


def test_a_job_that_is_gone_cannot_be_started_but_needs_no_stop(bench: Bench) -> None:
    for ticket in (Ticket(NOBODYS), bench.service.create(batch_of([{"text": "a"}]))):
        bench.service.delete(ticket)
        bench.service.stop(ticket)
        with pytest.raises(ServiceRefused) as caught:
            bench.service.start(ticket)
        assert caught.value.status == 404
        with pytest.raises(ServiceRefused):
            list(bench.service.fetch(ticket))


def test_an_upload_needs_no_stop_and_a_finished_job_neither(bench: Bench) -> None:
    ticket = bench.service.create(batch_of([{"text": "Paris"}]))
    bench.service.stop(ticket)
    assert bench.service.check(ticket).state is State.UNSTARTED
    bench.service.start(ticket)
    bench.finish(ticket)
    bench.service.stop(ticket)
    assert bench.service.check(ticket).state is State.COMPLETED


def test_an_adopted_job_without_notes_is_started_and_fetched(bench: Bench) -> None:
    batch = batch_of(HERE_AND_NOWHERE)
    adopted = Ticket(bench.service.create(batch).id)
    bench.service.start(adopted)
    parts = bench.collect(adopted, bench.finish(adopted))
    assert [outcome.kind for outcome in bench.service.read(batch, parts)] == ["matched", "noMatch"]


def test_a_run_the_service_refuses_is_a_definite_no(bench: Bench) -> None:
    ticket = bench.service.create(batch_of([{"text": "Paris"}]))
    broken = Ticket(ticket.id, {**ticket.notes, "outcols": "shoeSize"})
    with pytest.raises(ServiceRefused) as caught:
        bench.service.start(broken)
    assert caught.value.status == 400
    assert bench.service.check(ticket).state is State.UNSTARTED


@pytest.mark.parametrize("settings", [{"failing_jobs": 1}, {}])
def test_a_job_without_results_has_no_parts(bench: Bench, settings: dict[str, Any]) -> None:
    bench.configure(**settings)
    ticket = bench.begin(batch_of([{"text": "Paris"}]))
    if not settings:
        bench.service.stop(ticket)
    assert bench.finish(ticket).state in (State.FAILED, State.STOPPED)
    assert list(bench.service.fetch(ticket)) == []


# looks


XML = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<ns2:SearchBatch xmlns:ns2="http://www.navteq.com/lbsp/Search-Batch/1">\n <Response>\n'
    f"  <MetaInfo><RequestId>{NOBODYS}</RequestId></MetaInfo>\n  <Status>completed</Status>\n"
    "  <JobStarted>2015-03-19T14:33:56.000Z</JobStarted><JobFinished>2015-03-19T14:33:59.000Z</JobFinished>\n"
    "  <TotalCount>5</TotalCount><ValidCount>5</ValidCount><InvalidCount>0</InvalidCount>\n"
    "  <ProcessedCount>5</ProcessedCount><PendingCount>0</PendingCount>\n"
    "  <SuccessCount>4</SuccessCount><ErrorCount>1</ErrorCount>\n </Response>\n</ns2:SearchBatch>"
)


@pytest.mark.parametrize(
    "document",
    [
        XML,
        XML.replace("http://www", "https://www"),
        XML.replace(
            ' xmlns:ns2="http://www.navteq.com/lbsp/Search-Batch/1"', ""
        ),  # as one of HERE's pages prints it
        XML.replace("ns2:", "").replace("xmlns:ns2", "xmlns"),
        "\ufeff" + XML,
        XML.replace("<", "<ns2:")
        .replace("<ns2:/", "</ns2:")
        .replace("<ns2:?", "<?")
        .replace("ns2:ns2:", "ns2:"),
        XML.replace("<Status>", "<mood>sunny</mood><Status>").replace("</Status>", "\n</Status>"),
    ],
)
def test_xml_is_read_by_local_names(bench: Bench, document: str) -> None:
    bench.fault("look", "status", status=200, body=document, headers={"Retry-After": "17"})
    progress = bench.service.check(Ticket(NOBODYS))
    assert (progress.state, progress.status) == (State.COMPLETED, "completed")
    assert (progress.done, progress.total, progress.succeeded, progress.failed) == (5, 5, 4, 1)
    assert progress.retry_after == 17


def test_xml_answers_a_create_too(bench: Bench) -> None:
    bench.fault("submit", "status", status=200, body=XML.replace("completed", "submitted"))
    assert bench.service.create(batch_of([{"text": "a"}])).id == NOBODYS


@pytest.mark.parametrize(
    "document",
    [
        XML.replace("<Status>completed</Status>", ""),
        XML.replace("completed", "<mood>completed</mood>"),
        XML[:400],
        XML.replace("<ns2:SearchBatch", '<!DOCTYPE x [<!ENTITY a "b">]><ns2:SearchBatch'),
        XML.replace("<ns2:SearchBatch", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><ns2:SearchBatch'),
        XML.replace("completed", "&unknown;"),
        "<Status>",
        "completed",
        '{"Response": {"MetaInfo": {}}}',
        '{"Response": {"Status": 5}}',
        '{"Response": "completed"}',
    ],
)
def test_a_look_of_another_form_is_not_believed(bench: Bench, document: str) -> None:
    bench.fault("look", "status", status=200, body=document)
    with pytest.raises(ServiceSpokeUnknown) as caught:
        bench.service.check(Ticket(NOBODYS))
    assert caught.value.__context__ is None, "the document stays out of the chain"


def test_counters_as_text_or_oddly_do_no_harm(bench: Bench) -> None:
    response = {"Status": "running", "ProcessedCount": "7", "TotalCount": -1}
    body = {"Other": {"Status": "failed"}, "SearchBatch": {"Response": response}}
    bench.fault("look", "status", status=200, body=body)
    progress = bench.service.check(Ticket(NOBODYS))
    assert (progress.state, progress.done, progress.total) == (State.RUNNING, 7, None)


def test_all_records_processed_is_not_the_end_but_completed_is(bench: Bench) -> None:
    bench.configure(accept_seconds=0, least_seconds=1, sorting_seconds=500)
    ticket = bench.begin(batch_of(HERE_AND_NOWHERE))
    bench.server.clock.advance(60)
    progress = bench.service.check(ticket)
    assert (progress.state, progress.done, progress.total) == (State.RUNNING, 2, 2)
    with pytest.raises(ServiceBusy):
        list(bench.service.fetch(ticket))


# what comes back


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize("combined", [True, False])
def test_combined_or_apart_zipped_or_plain_the_outcomes_are_the_same(
    bench: Bench, combined: bool, compressed: bool
) -> None:
    params = {"outputcombined": combined, "outputcompressed": compressed}
    bench.configure(failed_lines=[4], shuffled_rows=True, empty_record="invalid")
    batch = batch_of([*HERE_AND_NOWHERE, {"text": "Rome"}, {"text": '"'}], first=9, params=params)
    ticket = bench.begin(batch)
    parts = bench.collect(ticket, bench.finish(ticket))
    assert {part.name.partition(".")[2] for part in parts} == {"zip" if compressed else "txt"}
    outcomes = by_ordinal(bench.service.read(batch, parts))
    assert {ordinal: (one.kind, one.code) for ordinal, one in outcomes.items()} == {
        9: ("matched", ""),
        10: ("noMatch", "NO_MATCH"),
        11: ("failed", "SERVICE_ERROR"),
        12: ("failed", "INVALID_INPUT"),
    }


def test_a_place_has_its_columns_in_both_apis(bench: Bench, addresses: Sequence[Mapping[str, str]]) -> None:
    point = {"lat": addresses[0]["lat"], "lon": addresses[0]["lon"]}
    (found,) = bench.run(batch_of([{"text": addresses[0]["text"]}])).values()
    (back,) = bench.run(batch_of([point], api="reverse")).values()
    cells = dict(zip(HereGeocoderV6.apis["geocode"].columns, found.answers[0], strict=True))
    assert cells == dict(zip(HereGeocoderV6.apis["reverse"].columns, back.answers[0], strict=True))
    assert (cells["bd_lat"], cells["bd_lon"]) == (point["lat"], point["lon"])
    assert (cells["bd_matchLevel"], cells["bd_confidence"], cells["bd_country"]) == (
        "houseNumber",
        "1",
        "USA",
    )
    assert all(
        cells[name] for name in ("bd_label", "bd_houseNumber", "bd_street", "bd_city", "bd_postalCode")
    )


def test_a_point_at_sea_is_no_match(bench: Bench) -> None:
    (outcome,) = bench.run(batch_of([{"lat": "0", "lon": "-30"}], api="reverse")).values()
    assert outcome.kind is OutcomeKind.NO_MATCH


def test_several_answers_come_in_order_and_further_columns_behind_ours(bench: Bench) -> None:
    bench.configure(shuffled_rows=True)
    params = {"maxresults": 3, "outcols": "locationid, country matchCode"}
    (outcome,) = bench.run(batch_of([{"text": "Springfield"}], params=params)).values()
    columns = HereGeocoderV6.columns_for("geocode", params)
    assert columns[-2:] == ("bd_locationId", "bd_matchCode")
    assert len(outcome.answers) == 3
    assert {len(answer) for answer in outcome.answers} == {len(columns)}
    assert all(answer[-2].startswith("NT_") for answer in outcome.answers)


def test_several_answers_stand_in_the_order_of_their_numbers() -> None:
    text = f"{HEADER}1|2|3|1|2|b|x\n2|1|1|1|2|d|x\n1|3|3|1|2|c|x\n1|1|3|1|2|a|x\n"
    outcomes = read(batch_of([{"text": "x"}] * 2, params={"maxresults": 3}), result=text)
    assert [answer[2] for answer in outcomes[1].answers] == ["a", "b", "c"]
    assert list(outcomes) == [2, 1], "a record is handed on as soon as it is complete"


def test_column_names_are_read_without_case_and_missing_ones_are_empty() -> None:
    text = (
        "RECID|seqnumber|SEQLENGTH|locationlabel|DISPLAYLONGITUDE|displaylatitude\n1|1|1|Here|13.10|52.50\n"
    )
    (outcome,) = read(batch_of([{"text": "x"}]), result=text).values()
    cells = dict(zip(HereGeocoderV6.apis["geocode"].columns, outcome.answers[0], strict=True))
    assert (cells["bd_lat"], cells["bd_lon"], cells["bd_label"]) == ("52.50", "13.10", "Here")
    assert cells["bd_city"] == ""


@pytest.mark.parametrize("sequence", ["0|0", "|", "2|1", "x|y"])
def test_a_row_without_a_match_says_so_in_match_level_whatever_its_sequence(sequence: str) -> None:
    text = f"{HEADER}1|{sequence}||||NOMATCH\n2|{sequence}||||failed\n"
    outcomes = read(batch_of([{"text": "x"}] * 2), result=text)
    assert [outcomes[ordinal].kind for ordinal in (1, 2)] == ["noMatch", "failed"]


def test_a_length_beyond_the_answers_asked_for_is_enough_at_the_end() -> None:
    text = f"{HEADER}1|1|7|1|2|x|city\n2|1|1|||x|city\n"
    outcomes = read(batch_of([{"text": "x"}] * 2), result=text)
    assert [outcomes[ordinal].kind for ordinal in (1, 2)] == ["matched", "noMatch"]
    params, notes = {"maxresults": 2}, AnswerNotes()
    assert sorted(read(batch_of([{"text": "x"}] * 2, params=params), notes, result=text)) == [1, 2]
    assert notes.partial == 1, "a row is missing"


def test_quotes_windows_ends_a_byte_order_mark_and_empty_lines_are_read() -> None:
    text = f'\ufeff{HEADER}\n1|1|1|1.5|2.5|"A | ""B"""|x\r\n\n2|1|1|1|2|"stray|x\n3|1|1|1|2|5" pipe|x\n'
    outcomes = read(batch_of([{"text": "x"}] * 3), result=text)
    assert [outcomes[ordinal].answers[0][2] for ordinal in (1, 2, 3)] == ['A | "B"', '"stray', '5" pipe']


def test_no_matches_of_their_own_may_lack_header_and_columns() -> None:
    batch = batch_of([{"text": "x"}] * 2)
    for text in ("1|0|0\n2||\n", "SeqNumber|recId\n0|1\n0|2\n", f"{HEADER}1|0|0||||NOMATCH\n2|0|0||||\n"):
        assert [one.kind for one in read(batch, no_matches=text).values()] == ["noMatch"] * 2
    (failed,) = read(batch, no_matches=f"{HEADER}1|0|0||||FAILED\n").values()
    assert failed.kind is OutcomeKind.FAILED


def test_a_record_in_several_files_counts_once_by_the_first() -> None:
    outcomes = read(
        batch_of([{"text": "x"}]), result=f"{HEADER}1|1|1|1|2|x|city\n", no_matches="1|0|0\n", errors="Line Number:2   1|x\n"
    )  # fmt: skip
    assert [one.kind for one in outcomes.values()] == ["matched"]


def test_invalid_lines_lead_to_their_records_and_are_never_repeated() -> None:
    text = f"Line Number:2   9|canary street\n Line Number: 4\t{'canary' * 50_000}\n\nhello\nLine Number:two  x\nLine Number:5\n"
    outcomes = read(batch_of([{"text": "canary"}] * 4, first=9), errors=text)
    assert sorted(outcomes) == [9, 11, 12]
    assert {one.code for one in outcomes.values()} == {"INVALID_INPUT"}
    assert "canary" not in str(outcomes)


@pytest.mark.parametrize("number", [0, 1, 4, 999_999_999])
def test_an_invalid_line_that_was_never_sent_is_not_believed(number: int) -> None:
    with pytest.raises(ServiceSpokeUnknown):
        read(batch_of([{"text": "x"}] * 2), errors=f"Line Number:{number}   x\n")


@pytest.mark.parametrize(
    "parts",
    [
        {"result": f"{HEADER}2|1|1|1|2|x|y\n"},
        {"result": f"{HEADER}1|2|1|1|2|x|y\n"},
        {"result": f"{HEADER}1|1|1|1|2|x\n"},
        {"result": f"{HEADER}1|1|1|1|2|x|y|z\n"},
        {"result": f"{HEADER}1|1|1|1|2|x"},
        {"result": f"{HEADER}1|one|1|1|2|x|y\n"},
        {"result": f"{HEADER}1|1|1|1|2|{'x' * 200_000}|y\n"},
        {"result": "recId|SeqNumber|seqLength\n1|1|1\n"},
        {"result": f"{HEADER}1|1|1|1|2|Straße|y\n".encode("latin-1")},
        {"no_matches": "7|0|0\n"},
        {"no_matches": "1"},
        {"no_matches": "SeqNumber|recId\n1\n"},
        {"errors": "Line Number:2"},
    ],
)
def test_files_of_another_form_are_not_believed(parts: dict[str, Any]) -> None:
    with pytest.raises(ServiceSpokeUnknown):
        read(batch_of([{"text": "x"}]), **parts)


# zips

ROW = f"{HEADER}1|1|1|1|2|x|y\n"


def test_members_are_known_by_their_ending_only_and_read_in_the_right_order() -> None:
    members = {
        "../../etc/RESULT__INV.TXT": "Line Number:3   x\n",
        "C:\\x__err.txt": "3|0|0\n",
        "report.txt": "not read",
        "a__out.txt.sh": "not read",
        "/abs/é__out.txt": ROW,
    }
    outcomes = read(batch_of([{"text": "x"}] * 3), result=zipped(members))
    assert [(key, outcomes[key].kind) for key in outcomes] == [(1, "matched"), (3, "noMatch"), (2, "failed")]


def test_a_zip_is_known_by_its_first_bytes_whatever_the_part_is_called() -> None:
    assert read(batch_of([{"text": "x"}]), errors=zipped({"r__out.txt": ROW}))[1].kind is OutcomeKind.MATCHED


def test_parts_of_no_known_name_are_passed_over() -> None:
    assert read(batch_of([{"text": "x"}]), report="anything") == {}


def encrypted(body: bytes) -> bytes:
    """The same zip, its members marked as encrypted in both places."""
    local, central = bytearray(body), body.index(b"PK\1\2")
    local[6] |= 1
    local[central + 8] |= 1
    return bytes(local)


def damaged(body: bytes) -> bytes:
    """The same zip with one byte of a stored member changed."""
    return body.replace(b"|x|y", b"|z|y", 1)


def overlapping() -> bytes:
    """Two entries of the directory for one member: the second promises the same bytes once more."""
    text = zipped({"a__out.txt": HEADER * 2000})
    start = text.index(b"PK\1\2")
    end = text.index(b"PK\5\6")
    entry = text[start:end]
    tail = bytearray(text[end:])
    tail[8:12] = (40).to_bytes(2, "little") * 2
    tail[12:16] = (len(entry) * 40).to_bytes(4, "little")
    return text[:start] + entry * 40 + bytes(tail)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (zipped({"r.txt": "anything\n"}), "none of the files"),
        (zipped({"r.txt": ROW, "s.txt": ROW}), "none of the files"),
        (zipped({"__MACOSX/._r_out.txt": ROW}), "none of the files"),
        (zipped({"r_out/": ""}), "none of the files"),
        (zipped({}), "none of the files"),
        (zipped({"r__out.txt": ROW, "more.ZIP": b"x"}), "zip within the zip: the zip is broken"),
        (zipped({"a.zip": zipped({"b.zip": zipped({"r__out.txt": ROW})})}), "none of the files"),
        (zipped({"a_out.zip": encrypted(zipped({"r__out.txt": ROW}))}), "encrypted"),
        (zipped({"a_out.zip": zipped({"r_out.txt": HEADER + "x" * (20 << 20)})}), "expands"),
        (
            zipped({"a_out.zip": zipped({f"{number}_out.txt": b"" for number in range(1200)})}),
            "too many members",
        ),
        (zipped({"a_out.zip": zipped({"r_out.txt": ROW})[:-30]}), "broken"),
        (encrypted(zipped({"r__out.txt": ROW})), "encrypted"),
        (zipped({"r__out.txt": ROW}, zipfile.ZIP_LZMA), "expands"),
        (zipped({"r__out.txt": HEADER + "x" * (20 << 20)}), "expands"),
        (zipped({f"{number}__x.txt": b"" for number in range(1200)}), "too many members"),
        (damaged(zipped({"r__out.txt": ROW}, zipfile.ZIP_STORED)), "damaged"),
        (overlapping(), "overlap|broken"),
        (b"PK", "broken"),
        (b"PK\3\4" + b"x" * 500, "broken"),
        (zipped({"r__out.txt": ROW})[:-30], "broken"),
    ],
)
def test_a_zip_that_cannot_be_the_services_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(ServiceSpokeUnknown, match=reason):
        read(batch_of([{"text": "x"}]), result=body)


@pytest.mark.parametrize("over", [0, 1])
def test_a_zip_over_its_limit_is_refused_while_it_is_copied(over: int) -> None:
    body = zipped({"r__out.txt": ROW})
    part, limits = saved("result.zip", body), archives.Limits(zipped=len(body) - over)
    if over:
        with pytest.raises(ServiceSpokeUnknown, match="too large"):
            list(archives.texts(part, AnswerNotes(), limits))
    else:
        assert [text.role for text in archives.texts(part, AnswerNotes(), limits)] == [archives.OUT]


@pytest.mark.parametrize("over", [0, 1])
def test_texts_over_their_limit_together_are_refused(over: int) -> None:
    part = saved("result.zip", zipped({"r__out.txt": ROW, "r__err.txt": "1|0|0\n"}))
    limits = archives.Limits(text=len(ROW) + 6 - over)
    if over:
        with pytest.raises(ServiceSpokeUnknown, match="expands"):
            list(archives.texts(part, AnswerNotes(), limits))
    else:
        roles = [text.role for text in archives.texts(part, AnswerNotes(), limits)]
        assert roles == [archives.OUT, archives.NO_MATCH]


# downloads


@pytest.mark.parametrize("empty", [204, 404])
def test_a_download_with_nothing_in_it_is_no_part(bench: Bench, empty: int) -> None:
    bench.configure(empty_download=empty)
    ticket = bench.begin(batch_of([{"text": "Paris"}], params={"outputcombined": False}))
    bench.finish(ticket)
    assert [part.name for part in bench.service.fetch(ticket)] == ["result.zip"]


def test_a_result_that_must_be_there_and_is_not_is_told(bench: Bench) -> None:
    ticket = bench.begin(batch_of([{"text": "Paris"}]))
    bench.finish(ticket)
    bench.fault("results", "status", status=404)
    with pytest.raises(ServiceRefused):
        list(bench.service.fetch(ticket))


def test_a_batch_of_invalid_lines_alone_is_accounted_for(bench: Bench) -> None:
    bench.configure(empty_record="invalid")
    outcomes = bench.run(batch_of([{"text": '"'}] * 2))
    assert [outcomes[ordinal].code for ordinal in (1, 2)] == ["INVALID_INPUT"] * 2


def test_a_download_that_breaks_off_is_asked_for_again(bench: Bench) -> None:
    ticket = bench.begin(batch_of([{"text": "Paris"}] * 50))
    bench.finish(ticket)
    bench.fault("results", "truncate")
    with pytest.raises(ServiceBusy):
        [b"".join(part.chunks) for part in bench.service.fetch(ticket)]


# zips as they came, and as they may come


@pytest.mark.parametrize(
    "name",
    [
        "result_20200603-10-22_out.txt",
        "result_20200603-10-22__out.txt",
        "RESULT_20200603-10-22_OUT.TXT",
        "result_20200603-10-22_6.2.46.1_out.csv",
        "result_out",
        "_out.txt",
        "out.txt",
        "folder/inner/result_out.txt",
        "folder\\result_out.txt",
        "résultat (1)_out.txt",
        "whatever.txt",
        "whatever",
    ],
)
@pytest.mark.parametrize("within", [False, True])
def test_the_result_is_found_under_every_name_it_may_have(name: str, within: bool) -> None:
    body = zipped({name: ROW})
    body = zipped({"result_20130919-04-55_6.2.46.1_out.zip": body}) if within else body
    notes = AnswerNotes()
    assert read(batch_of([{"text": "x"}]), notes, result=body)[1].kind is OutcomeKind.MATCHED
    assert (notes.odd, notes.remarks) == (0, [])


@pytest.mark.parametrize("underscores", ["_", "__"])
@pytest.mark.parametrize(
    "shape",
    [
        zipped,
        lambda members: zipped({"all.zip": zipped(members)}),
        lambda members: zipped({f"{name}.zip": zipped({name: text}) for name, text in members.items()}),
        lambda members: zipped({f"{name[-7:-4]}_{name[-7:-4]}.ZIP": zipped({"x.txt": text}) for name, text in members.items()}),
        lambda members: zipped({"x_out.txt": members[list(members)[2]], "more.zip": zipped(dict(list(members.items())[:2]))}),
    ],
)  # fmt: skip
def test_results_no_matches_and_invalid_lines_are_told_apart_in_every_zip(
    underscores: str, shape: Any
) -> None:
    members = {
        f"r{underscores}inv.txt": "Line Number:4   x\n",
        f"r{underscores}err.txt": "recId|SeqNumber|seqLength\n2|0|0\n",
        f"r{underscores}out.txt": ROW,
    }
    outcomes = read(batch_of([{"text": "x"}] * 3), result=shape(members))
    assert [(key, outcomes[key].kind) for key in outcomes] == [(1, "matched"), (2, "noMatch"), (3, "failed")]


@pytest.mark.parametrize(
    "strays",
    [
        {"readme.txt": "hello"},
        {"__MACOSX/._r_out.txt": b"\0\5\26\7", "__MACOSX/": b""},
        {"._r_out.txt": b"\0\5\26\7"},
        {"report.xml": "<x/>", "deep/nested.bin": b"\0"},
        {"more.zip": zipped({"readme.txt": "hello", "licence.txt": "x"})},
        {"more.zip": zipped({"deeper.zip": zipped({"r_out.txt": ROW})})},
    ],
)
def test_what_is_no_part_of_the_answer_is_passed_over_with_a_remark(strays: dict[str, str | bytes]) -> None:
    notes = AnswerNotes()
    body = zipped({"r_out.txt": ROW, **strays})
    assert read(batch_of([{"text": "x"}]), notes, result=body)[1].kind is OutcomeKind.MATCHED
    assert notes.odd == 0
    assert bool(notes.remarks) == (not any("._" in name for name in strays))


def test_the_only_text_of_an_unknown_name_is_what_its_first_line_says() -> None:
    batch = batch_of([{"text": "x"}] * 2)
    assert read(batch, errors=zipped({"x.txt": "Line Number:2   x\n"}))[1].code == "INVALID_INPUT"
    assert read(batch, no_matches=zipped({"x.txt": "recId|SeqNumber\n1|0\n"}))[1].code == "NO_MATCH"
    assert read(batch, errors=zipped({"x.txt": ROW}))[1].kind is OutcomeKind.MATCHED


def test_limits_hold_for_both_levels_together() -> None:
    inner = zipped({"r_out.txt": ROW})
    body = zipped({"a_out.zip": inner, "b_out.zip": inner}, zipfile.ZIP_STORED)
    part = saved("result.zip", body)
    assert len(list(archives.texts(part, AnswerNotes(), archives.Limits(text=2 * len(ROW))))) == 2
    for limits in (
        archives.Limits(text=2 * len(ROW) - 1),
        archives.Limits(zipped=len(body) + 2 * len(inner) - 1),
    ):
        found: list[archives.Text] = []
        with pytest.raises(ServiceSpokeUnknown, match=r"too large|expands"):
            found.extend(archives.texts(part, AnswerNotes(), limits))
        assert len(found) == 1, "what is within the limits is read"


def test_a_zip_bomb_within_a_zip_is_refused() -> None:
    bomb = zipped({"r_out.txt": HEADER + "x" * (20 << 20)})
    zeros = zipped({"r_out.zip": b"PK\3\4" + b"\0" * (20 << 20)})
    for body in (zipped({"a.zip": bomb}), zeros):
        with pytest.raises(ServiceSpokeUnknown, match="expands"):
            read(batch_of([{"text": "x"}]), result=body)


def test_a_damaged_member_does_not_keep_the_others_from_being_read() -> None:
    members = {"r_out.txt": ROW, "r_err.txt": "2|0|0\n", "r_inv.txt": "Line Number:4   x\n"}
    body = zipped(members, zipfile.ZIP_STORED).replace(b"2|0|0", b"2|1|0", 1)
    service = HereGeocoderV6(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    found: list[Outcome] = []
    with pytest.raises(ServiceSpokeUnknown, match=r"result\.zip: r_err\.txt: a member of the zip is damaged"):
        found.extend(service.read(batch_of([{"text": "x"}] * 3), [saved("result.zip", body)]))
    assert [(one.ordinal, one.kind) for one in found] == [(1, "matched"), (3, "failed")]


def test_a_member_needs_no_last_line_end_for_its_checksum_proves_that_it_is_whole() -> None:
    notes = AnswerNotes()
    members = {"r_out.txt": ROW.strip(), "r_err.txt": "2", "r_inv.txt": "Line Number:4"}
    outcomes = read(batch_of([{"text": "x"}] * 3), notes, result=zipped(members))
    assert [outcomes[key].kind for key in (1, 2, 3)] == ["matched", "noMatch", "failed"]
    assert (notes.odd, notes.unfinished) == (0, False)


def test_of_plain_texts_a_last_line_that_may_be_cut_in_its_number_is_set_aside() -> None:
    notes = AnswerNotes()
    outcomes = read(
        batch_of([{"text": "x"}] * 20), notes, no_matches="2\n1", errors="Line Number:4\nLine Number:1"
    )
    assert sorted(outcomes) == [2, 3]
    assert [odd.reason for odd in notes.named] == ["the line is cut off"] * 2


@pytest.mark.parametrize("part", ["result", "no_matches", "errors"])
@pytest.mark.parametrize("body", ["", "\ufeff", "\n", " \n"])
def test_an_empty_download_holds_no_record_and_is_not_odd(part: str, body: str) -> None:
    notes = AnswerNotes()
    if part == "errors" or body.strip(" ") == body:
        assert read(batch_of([{"text": "x"}]), notes, **{part: body.strip(" ")}) == {}
        assert notes.odd == 0


def test_columns_that_a_client_asks_for_in_production_can_be_asked_for(bench: Bench) -> None:
    del bench
    wanted = ["addressDetailsCountry", "navigationLatitude", "navigationLongitude"]
    columns = HereGeocoderV6.columns_for("geocode", {"outcols": wanted})
    assert columns[-3:] == tuple(f"bd_{name}" for name in wanted)
    text = (
        "recId|displayLatitude|displayLongitude|addressdetailscountry|navigationLatitude\n1|1|2|Germany|1.5\n"
    )
    (outcome,) = read(batch_of([{"text": "x"}], params={"outcols": wanted}), result=text).values()
    assert outcome.answers[0][-3:] == ("Germany", "1.5", "")
