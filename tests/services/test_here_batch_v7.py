"""HERE Batch v7: the suite of all services, and its own dialect."""

from __future__ import annotations

import gzip
import json
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
from batchdrop.services.here_batch_v7 import HereBatchV7, lines
from tests.services.bench import Bench, batch_of, by_ordinal, fresh_server, saved
from tests.services.conformance import ServiceConformance, foreign_lines, odd_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

NOWHERE = "JOB-3fa85f64-5717-4562-b3fc-2c963f66afa6"
HEADER = "recId|seqNumber|positionLat|positionLng|addressLabel|seqLength"
ERRORS = "recId|errorCode|errorMessage"


class TestHereBatchV7(ServiceConformance):
    """The suite."""

    name = "here_batch_v7"
    unknown = Ticket(NOWHERE)
    one_result = "results.txt"
    lost_setting = "lost_records"
    statuses: ClassVar[Mapping[str, State]] = {
        "submitted": State.UNSTARTED,
        "queued": State.RUNNING,
        "pending": State.RUNNING,
        "inProgress": State.RUNNING,
        "completed": State.COMPLETED,
        "failure": State.FAILED,
        "stopped": State.STOPPED,
        "deleted": State.GONE,
    }

    def look_answer(self, word: str) -> tuple[int, dict[str, Any]]:
        return 200, {
            "id": NOWHERE,
            "serviceHrn": "hrn",
            "status": word,
            "created": "2025-08-04T16:48:36.209077Z",
        }

    def fail_second(self, bench: Bench) -> Mapping[str, str]:
        del bench
        return {"text": "x" * 5000}  # no line of HERE's can hold it

    rows_begin = 2

    def row_of(self, ordinal: int) -> bytes:
        return f"{ordinal}|1|52.5{ordinal:04}|13.3846903|canary street {ordinal}|1\n".encode()

    def answer_of(self, rows: Sequence[bytes]) -> bytes:
        return f"{HEADER}\n".encode() + b"".join(rows)

    def odd_rows(self, row: bytes) -> Mapping[str, bytes]:
        return odd_lines(row)

    def further_rows(self, row: bytes) -> Mapping[str, bytes]:
        return {**foreign_lines(row), "beyond its seqLength": row.replace(b"|1|", b"|2|", 1)}

    def large_answer(self, batch_size: int) -> Iterator[bytes]:
        yield f"{HEADER}\n".encode()
        for number in range(1, batch_size + 1):
            yield f'{number}|1|52.5308609|13.3846903|"{"Invalidenstraße | " * 20}"|1\n'.encode()


@pytest.fixture
def bench() -> Iterator[Bench]:
    with fresh_server("here_batch_v7") as server:
        yield Bench("here_batch_v7", server)


def read(
    batch: Any, results: str | bytes = "", errors: str | bytes = "", notes: AnswerNotes | None = None
) -> dict[int, Outcome]:
    """What the adapter reads out of files, without any network."""
    service = HereBatchV7(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    parts = [
        saved(name, body if isinstance(body, bytes) else body.encode())
        for name, body in (("results.txt", results), ("errors.txt", errors))
        if body
    ]
    return by_ordinal(service.read(batch, parts, notes))


def submission(bench: Bench, batch: Any) -> tuple[dict[str, str], str]:
    """Query and body of the create, as they arrive; a zipped body unzipped."""
    seen: list[tuple[dict[str, str], str]] = []
    behaviour: Any = bench.server.behaviours["here_batch_v7"]
    submit = behaviour.submit

    def listen(key: str, query: Mapping[str, str], body: bytes, **more: Any) -> Any:
        assert (more["encoding"] == "gzip") == (body[:2] == b"\x1f\x8b")
        seen.append((dict(query), (gzip.decompress(body) if more["encoding"] else body).decode()))
        return submit(key, query, body, **more)

    behaviour.submit = listen
    bench.service.create(batch)
    return seen[0]


def test_the_job_is_created_unstarted_with_its_tag_and_columns_instead_of_a_header_line(bench: Bench) -> None:
    batch = batch_of(
        [{"text": "Invalidenstraße 116"}, {"text": "b"}], first=7, params={"lang": "de-DE", "limit": 2}
    )
    query, body = submission(bench, batch)
    assert query["startJob"] == "false"
    assert query["tag"] == batch.tag
    assert query["serviceHrn"].endswith("search-geocode-7")
    assert query["inputColumns"] == "recId|q|lang|limit"
    assert query["outputColumns"].startswith(
        "recId|seqNumber|positionLat|positionLng|addressLabel|resultType|queryScore"
    )
    assert query["outputColumns"].endswith("|seqLength")
    assert body == "7|Invalidenstraße 116|de-DE|2\n8|b|de-DE|2\n"


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
    query, body = submission(bench, batch_of([{"text": text} for text in texts]))
    assert query["inputDelimiter"] == parameter
    assert query["inputColumns"] == f"recId{delimiter}q"
    assert [line.count(delimiter) for line in body.splitlines()] == [1] * len(texts)


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=6))
def test_every_record_is_one_line_of_two_cells_whatever_it_holds(texts: list[str]) -> None:
    texts = [text.encode(errors="replace").decode() for text in texts]
    batch = batch_of([{"text": text} for text in texts])
    with lines.written(batch, max_bytes=10**6, service="x") as sheet:
        body = sheet.body.read().decode()
    assert '"' not in body
    rows = [line.split(sheet.delimiter) for line in body.removesuffix("\n").split("\n")]
    assert [row[0] for row in rows] == [str(ordinal) for ordinal in range(1, len(texts) + 1)]
    assert all(len(row) == 2 for row in rows)


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ({"housenumber": "5", "street": "Main St", "city": "Springfield", "state": "IL", "postcode": "62701"},
         "5 Main St, Springfield, IL 62701"),
        ({"name": "Town hall", "city": "Ulm", "country": "DEU"}, "Town hall, Ulm, DEU"),
        ({"text": "free text", "city": "unused"}, "free text"),
        ({"city": " Ulm ", "street": ""}, "Ulm"),
    ],
)  # fmt: skip
def test_parts_of_an_address_become_one_line_of_text(
    bench: Bench, fields: dict[str, str], query: str
) -> None:
    assert submission(bench, batch_of([fields]))[1] == f"1|{query}\n"


def test_a_records_own_language_wins_over_the_routes(bench: Bench) -> None:
    batch = batch_of([{"text": "a", "lang": "fr-FR"}, {"text": "b"}], params={"lang": "de-DE"})
    assert submission(bench, batch)[1] == "1|a|fr-FR\n2|b|de-DE\n"


def test_a_parameter_that_the_api_does_not_have_is_a_setting_to_correct(bench: Bench) -> None:
    with pytest.raises(ConfigurationError, match="colour"):
        bench.service.create(batch_of([{"text": "a"}], params={"colour": "red"}))


@pytest.mark.parametrize(
    "tags", [["team-a", "team-b", "team-a"], "team-a,team-b", "team-a+team-b", " team-a , team-b "]
)
def test_billing_tags_are_handed_on_each_once(bench: Bench, tags: Any) -> None:
    query, _ = submission(bench, batch_of([{"text": "a"}], params={"billingTags": tags}))
    assert query["billingTags"] == "team-a,team-b"


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"billingTags": ["abc"]}, "4 to 16"),
        ({"billingTags": ["-abcd"]}, "4 to 16"),
        ({"billingTags": ["abcd."]}, "4 to 16"),
        ({"billingTags": ["a" * 17]}, "4 to 16"),
        ({"billingTags": ["ab cd"]}, "4 to 16"),
        ({"billingTags": [f"tag-{number}" for number in range(7)]}, "over 6"),
        ({"billingTags": 5}, "a list"),
        ({"outputColumns": ["a.b"]}, "no|not a column"),
        ({"outputColumns": {"a": 1}}, "a list"),
        ({"outputColumns": ["label"]}, "bd_label"),
        ({"outputColumns": [f"c{number:060}" for number in range(16)]}, "1024"),
        ({"outputType": "xml"}, "csv or jsonl"),
        ({"outputFilter": "title"}, "goes with"),
        ({"outputType": "jsonl", "outputFilter": "x" * 1025}, "1024"),
        ({"outputType": "jsonl", "outputFilter": 1}, "a text"),
    ],
)
def test_parameters_here_would_refuse_are_settings_to_correct_before_anything_is_sent(
    bench: Bench, params: dict[str, Any], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        HereBatchV7.columns_for("geocode", params)
    with pytest.raises(ConfigurationError, match=said):
        bench.service.create(batch_of([{"text": "a"}], params=params))
    assert bench.account["submits"] == 0


def test_columns_a_route_asks_for_come_after_the_usual_ones(
    bench: Bench, addresses: Sequence[Mapping[str, str]]
) -> None:
    params = {"outputColumns": ["accessLatitude", "Title", "ADDRESSCITY", "recId", "unheardOf"]}
    batch = batch_of([{"text": addresses[0]["text"]}, {"text": "zzqx vblort"}], params=params)
    query, _ = submission(bench, batch)
    assert query["outputColumns"].endswith("|accessLatitude|Title|unheardOf|scoringQueryScore|seqLength")
    columns = HereBatchV7.columns_for("geocode", params)
    assert columns == (
        *HereBatchV7.apis["geocode"].columns,
        "bd_accessLatitude",
        "bd_Title",
        "bd_unheardOf",
    )
    cells = dict(zip(columns, bench.run(batch)[1].answers[0], strict=True))
    assert cells["bd_accessLatitude"] == cells["bd_lat"] == addresses[0]["lat"]
    assert cells["bd_Title"] == cells["bd_label"]
    assert cells["bd_unheardOf"] == ""


@pytest.mark.parametrize(
    ("texts", "parameter"), [(["a"], "|"), (["a|b"], ";"), (["a|b;c"], "\\t"), (["a|b;c:d,e"], "\\t")]
)
def test_the_answers_are_parted_by_a_sign_that_no_record_holds(
    bench: Bench, addresses: Sequence[Mapping[str, str]], texts: list[str], parameter: str
) -> None:
    batch = batch_of([{"text": text} for text in (*texts, addresses[0]["text"])])
    query, _ = submission(bench, batch)
    assert query["outputDelimiter"] == parameter
    assert query["outputColumns"].split("\t" if parameter == "\\t" else parameter)[:2] == [
        "recId",
        "seqNumber",
    ]
    outcomes = bench.run(batch)
    assert sorted(outcomes) == [1, 2]
    assert outcomes[2].kind is OutcomeKind.MATCHED


def test_a_large_body_travels_zipped_and_a_small_one_does_not(bench: Bench) -> None:
    records = [{"text": f"Main Street {number}"} for number in range(1000)]
    _, body = submission(bench, batch_of(records))
    assert body.splitlines()[999] == "1000|Main Street 999"
    assert len(body) > lines.ZIPPED_FROM
    with lines.written(batch_of(records), max_bytes=len(body), service="x") as sheet:
        assert sheet.encoding == "gzip"
        assert len(sheet.body.read()) * 2 < len(body)
    with (
        pytest.raises(ServiceRefused, match="bytes"),
        lines.written(batch_of(records), max_bytes=len(body) - 1, service="x"),
    ):
        pass
    with lines.written(batch_of(records[:9]), max_bytes=10**6, service="x") as sheet:
        assert sheet.encoding == ""
    assert len(bench.run(batch_of(records, tag="cd" * 32))) == 1000


def test_downloads_travel_zipped(bench: Bench) -> None:
    seen: list[bool] = []
    behaviour: Any = bench.server.behaviours["here_batch_v7"]
    results = behaviour.results

    def listen(key: str, job: str, *, gzipped: bool) -> Any:
        seen.append(gzipped)
        return results(key, job, gzipped=gzipped)

    behaviour.results = listen
    assert len(bench.run(batch_of([{"text": "Paris"}] * 50))) == 50
    assert seen == [True]


def test_json_lines_are_read_when_a_route_wants_them(
    bench: Bench, addresses: Sequence[Mapping[str, str]]
) -> None:
    records = [{"text": addresses[0]["text"]}, {"text": "zzqx vblort"}, {"text": "Springfield"}]
    params = {"limit": 3, "outputColumns": ["title"]}
    as_csv = bench.run(batch_of(records, params=params))
    params["outputType"] = "jsonl"
    batch = batch_of(records, params=params, tag="cd" * 32)
    query, _ = submission(bench, batch)
    assert (query["outputType"], "outputColumns" in query) == ("jsonl", False)
    as_lines = bench.run(batch_of(records, params=params, tag="ef" * 32))
    assert [one.kind for one in as_lines.values()] == [one.kind for one in as_csv.values()]
    columns = HereBatchV7.columns_for("geocode", params)
    for one, other in zip(
        as_lines[1].answers + as_lines[3].answers, as_csv[1].answers + as_csv[3].answers, strict=True
    ):
        cells, expected = dict(zip(columns, one, strict=True)), dict(zip(columns, other, strict=True))
        assert float(cells.pop("bd_confidence")) == float(expected.pop("bd_confidence"))
        assert {**cells, "bd_district": ""} == {**expected, "bd_district": ""}


def test_the_filter_of_json_lines_is_handed_on(bench: Bench) -> None:
    params = {"outputType": "jsonl", "outputFilter": "position,title"}
    (outcome,) = bench.run(batch_of([{"text": "Paris"}], params=params)).values()
    cells = dict(zip(HereBatchV7.apis["geocode"].columns, outcome.answers[0], strict=True))
    assert cells["bd_lat"]
    assert cells["bd_label"] == ""


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ('{"recid":"1","position":{"lat":1.50,"lng":2},"title":"x"}', [("1.50", "2")]),
        ('{"recId":"1","seqNumber":1,"seqLength":1,"position":{"lat":1,"lng":2}}', [("1", "2")]),
        ('{"recId":"1","items":[{"position":{"lat":1,"lng":2}},{"position":{"lat":3,"lng":4}}]}', [("1", "2"), ("3", "4")]),
        ('{"recId":"1","items":[]}', []),
        ('{"recId":"1","seqNumber":0,"seqLength":0}', []),
    ],
)  # fmt: skip
def test_a_json_line_is_read_in_each_form_it_may_have(line: str, answers: list[tuple[str, str]]) -> None:
    (outcome,) = read(batch_of([{"text": "x"}], params={"outputType": "jsonl"}), f"{line}\n").values()
    assert [answer[:2] for answer in outcome.answers] == answers
    assert outcome.kind is (OutcomeKind.MATCHED if answers else OutcomeKind.NO_MATCH)


@pytest.mark.parametrize(
    "line",
    [
        '{"recId":"1","position":{"la',
        "[]",
        "1|1",
        '{"position":{}}',
        '{"recId":"9"}',
        '{"recId":"1","seqLength":"x"}',
    ],
)
def test_json_lines_of_another_form_are_not_believed(line: str) -> None:
    with pytest.raises(ServiceSpokeUnknown):
        read(batch_of([{"text": "x"}], params={"outputType": "jsonl"}), line)


def test_lists_and_truth_values_of_a_json_line_are_flattened_as_columns_are() -> None:
    params = {"outputType": "jsonl", "outputColumns": ["categoriesName", "tags", "estimated"]}
    line = {
        "recId": "1",
        "position": {"lat": 1, "lng": 2},
        "categories": [{"name": "Café"}, {"name": "Bar"}],
        "tags": ["a", 2, None],
        "estimated": True,
    }
    (outcome,) = read(batch_of([{"text": "x"}], params=params), json.dumps(line)).values()
    assert outcome.answers[0][-3:] == ("Café", "a,2,", "true")


@pytest.mark.parametrize("mark", ["|", ";", "\t", ":", ","])
def test_what_parts_a_file_is_read_from_its_header(mark: str) -> None:
    results = f"{HEADER}\n1|1|1.5|2.5|A B|1\n".replace("|", mark)
    errors = f'{ERRORS}\n2|400|{{"title":"Illegal"}}\n'.replace("|", mark)
    outcomes = read(batch_of([{"text": "x"}] * 2), results, errors)
    assert outcomes[1].answers[0][:3] == ("1.5", "2.5", "A B")
    assert (outcomes[2].code, outcomes[2].message) == ("400", "Illegal")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('5" pipe', '5" pipe'),
        ('"5"" pipe"', '5" pipe'),
        ('"Foo" Bar', '"Foo" Bar'),
        ('"a|b"', "a|b"),
        ('""', ""),
    ],
)
def test_quotes_are_read_whether_they_are_doubled_or_not(cell: str, text: str) -> None:
    (outcome,) = read(batch_of([{"text": "x"}]), f"{HEADER}\n1|1|1.5|2.5|{cell}|1\n").values()
    assert outcome.answers[0][2] == text


def test_a_records_own_parameters_win_also_where_only_a_later_record_has_some(bench: Bench) -> None:
    batch = batch_of([{"text": "a"}, {"text": "b", "param:lang": "fr-FR"}], params={"limit": 2})
    query, body = submission(bench, batch)
    assert query["inputColumns"] == "recId|q|lang|limit"
    assert body == "1|a||2\n2|b|fr-FR|2\n"


def test_all_jobs_of_ours_are_listed_page_by_page_and_no_others(bench: Bench) -> None:
    behaviour: Any = bench.server.behaviours["here_batch_v7"]
    made = [bench.service.create(batch_of([{"text": "a"}], tag=f"{number:064x}")) for number in range(103)]
    bench.service.delete(made[5])
    bench.service.start(made[6])
    assert bench.service.can.lists
    query = {"serviceHrn": "hrn:here:service::olp-here:search-geocode-7", "tag": "somebody"}
    behaviour.submit("k", query, b"recId|q\n1|a\n", encoding="", base="")
    listed = list(HereBatchV7.list_ours(bench.service, {}))  # type: ignore[arg-type]  # the bench knows the port only
    assert sorted(one.tag for one in listed) == [f"{number:064x}" for number in range(103) if number != 5]
    states = {one.ticket.id: one.state for one in listed}
    assert states[made[6].id] is State.RUNNING
    assert set(states.values()) == {State.RUNNING, State.UNSTARTED}
    assert all(one.created for one in listed)


def test_a_job_that_failed_can_be_started_again_and_goes_on(bench: Bench) -> None:
    bench.configure(failing_jobs=1)
    assert bench.service.can.restarts
    batch = batch_of([{"text": "Paris"}])
    ticket = bench.begin(batch)
    assert bench.finish(ticket).state is State.FAILED
    bench.service.start(ticket)
    progress = bench.finish(ticket)
    assert progress.state is State.COMPLETED
    assert (
        by_ordinal(bench.service.read(batch, bench.collect(ticket, progress)))[1].kind is OutcomeKind.MATCHED
    )


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": "Forbidden", "error_description": "These credentials do not authorize access"}, "Forbidden"),
        ({"title": "No", "status": 403, "code": "E6004031", "cause": "", "action": "", "correlationId": ""}, "E6004031"),
        ("<html>no</html>", ""),
        ({"error": "two words"}, ""),
    ],
)  # fmt: skip
def test_both_shapes_of_an_error_are_read(bench: Bench, body: Any, code: str) -> None:
    bench.fault("look", "status", status=403, body=body)
    with pytest.raises(ServiceDenied) as caught:
        bench.service.check(Ticket(NOWHERE))
    assert caught.value.code == code


def test_no_content_for_the_errors_is_no_part(bench: Bench) -> None:
    ticket = bench.begin(batch_of([{"text": "Paris"}, {"text": "zzqx vblort"}]))
    bench.finish(ticket)
    bench.fault("errors", "status", status=204)
    assert [part.name for part in bench.service.fetch(ticket) if list(part.chunks)] == ["results.txt"]


def test_a_record_no_line_can_hold_is_not_sent_and_says_why(bench: Bench) -> None:
    long = {
        "text": "ü" * 2045
    }  # 2,047 characters and 4,092 bytes with recId and delimiter: the longest that fits
    longer = {"text": "ü" * 2048}
    batch = batch_of([long, longer, {"text": "nowhere at all zz"}])
    outcomes = bench.run(batch)
    assert bench.account["records"] == 2
    assert (outcomes[2].kind, outcomes[2].code) == (OutcomeKind.FAILED, "FIELD_TOO_LONG")
    assert outcomes[1].kind is OutcomeKind.NO_MATCH


def test_a_batch_of_nothing_but_too_long_records_is_refused_before_it_is_sent(bench: Bench) -> None:
    with pytest.raises(ServiceRefused, match="0 bytes"):
        bench.service.create(batch_of([{"text": "x" * 5000}]))
    assert bench.account["submits"] == 0


def test_reverse_and_lookup_come_back_with_their_columns(
    bench: Bench, addresses: Sequence[Mapping[str, str]]
) -> None:
    point = {"lat": addresses[0]["lat"], "lon": addresses[0]["lon"]}
    (outcome,) = bench.run(batch_of([point], api="reverse")).values()
    cells = dict(zip(HereBatchV7.apis["reverse"].columns, outcome.answers[0], strict=True))
    assert (cells["bd_lat"], cells["bd_lon"], cells["bd_distance"]) == (point["lat"], point["lon"], "0")
    assert cells["bd_countryCode"] == "USA"

    found = bench.run(
        batch_of([{"id": cells["bd_placeId"]}, {"id": "here:af:nothing"}], api="lookup", tag="cd" * 32)
    )
    place = dict(zip(HereBatchV7.apis["lookup"].columns, found[1].answers[0], strict=True))
    assert place["bd_label"] == cells["bd_label"]
    assert found[2].kind is OutcomeKind.NO_MATCH


def test_several_answers_of_a_record_come_in_order_although_the_rows_do_not(bench: Bench) -> None:
    bench.configure(shuffled_rows=True)
    batch = batch_of([{"text": "Springfield"}, {"text": "Paris"}], params={"limit": 3})
    shuffled = bench.run(batch)
    bench.configure(shuffled_rows=False)
    assert shuffled == bench.run(
        batch_of([{"text": "Springfield"}, {"text": "Paris"}], params={"limit": 3}, tag="cd" * 32)
    )
    assert len(shuffled[1].answers) > 1


def test_a_create_whose_answer_was_lost_is_found_by_its_tag_and_nothing_was_billed(bench: Bench) -> None:
    batch = batch_of([{"text": "a"}])
    bench.fault("submit", "drop_after")
    with pytest.raises(OutcomeUnknown):
        bench.service.create(batch)
    (ticket,) = bench.service.find(batch)
    assert bench.service.check(ticket).state is State.UNSTARTED
    assert bench.account["records"] == 0
    bench.service.start(ticket)
    assert bench.finish(ticket).state is State.COMPLETED
    assert bench.account["records"] == 1


def test_finding_reads_every_page_the_oldest_first_and_only_our_tag(bench: Bench) -> None:
    batch = batch_of([{"text": "a"}])
    made = []
    for _ in range(130):
        made.append(bench.service.create(batch))
        bench.server.clock.advance(1)
    bench.service.create(batch_of([{"text": "a"}], tag="cd" * 32))
    assert bench.service.find(batch) == made
    bench.service.delete(made[0])
    assert bench.service.find(batch) == made[1:]


def test_a_stranger_in_the_list_is_not_adopted(bench: Bench) -> None:
    items = [{"id": NOWHERE, "tag": "other", "status": "submitted"}, {"id": NOWHERE, "status": "submitted"}]
    bench.fault("list", "status", status=200, body={"limit": 100, "count": 2, "items": items})
    assert bench.service.find(batch_of([{"text": "a"}])) == []


@pytest.mark.parametrize("items", ["x", [1], {"a": 1}])
def test_a_list_of_another_form_is_not_believed(bench: Bench, items: Any) -> None:
    bench.fault("list", "status", status=200, body={"items": items})
    with pytest.raises(ServiceSpokeUnknown):
        bench.service.find(batch_of([{"text": "a"}]))


def test_too_many_running_jobs_means_wait(bench: Bench) -> None:
    bench.configure(max_started=0)
    ticket = bench.service.create(batch_of([{"text": "a"}]))
    with pytest.raises(ServiceBusy):
        bench.service.start(ticket)
    assert bench.service.check(ticket).state is State.UNSTARTED


@pytest.mark.parametrize("status", [400, 413])
def test_an_input_that_is_too_large_is_a_definite_no_with_either_status(bench: Bench, status: int) -> None:
    bench.configure(max_bytes=3, oversize_status=status)
    with pytest.raises(ServiceRefused) as caught:
        bench.service.create(batch_of([{"text": "abc"}]))
    assert (caught.value.code, caught.value.status) == ("TOO_LARGE", status)


def test_start_and_stop_of_a_finished_job_are_harmless_even_where_the_service_refuses(bench: Bench) -> None:
    bench.configure(stop_finished="refuse")
    ticket = bench.begin(batch_of([{"text": "a"}]))
    bench.finish(ticket)
    bench.service.start(ticket)
    bench.service.stop(ticket)
    assert bench.service.check(ticket).state is State.COMPLETED
    assert bench.account["records"] == 1


def test_a_job_that_is_gone_cannot_be_started_but_needs_no_stop(bench: Bench) -> None:
    bench.service.stop(Ticket(NOWHERE))
    bench.service.delete(Ticket(NOWHERE))
    with pytest.raises(ServiceRefused) as caught:
        bench.service.start(Ticket(NOWHERE))
    assert caught.value.code == "E6004041"


def test_counters_are_handed_on(bench: Bench) -> None:
    ticket = bench.begin(batch_of([{"text": "Paris"}, {"text": "zzqx vblort"}]))
    progress = bench.finish(ticket)
    assert (progress.done, progress.total, progress.succeeded, progress.failed) == (2, 2, 1, 1)


def test_a_stopped_job_gives_what_it_has_and_goes_on_after_a_start(
    bench: Bench, addresses: Sequence[Mapping[str, str]]
) -> None:
    bench.configure(queue_seconds=0, pending_seconds=0, records_per_second=1, stop_seconds=0)
    batch = batch_of([{"text": row["text"]} for row in addresses[:20]])
    ticket = bench.begin(batch)
    bench.server.clock.advance(10)
    assert bench.service.check(ticket).status == "inProgress"
    bench.service.stop(ticket)
    stopped = bench.finish(ticket)
    part = by_ordinal(bench.service.read(batch, bench.collect(ticket, stopped)))
    assert 0 < len(part) < 20
    bench.service.start(ticket)
    rest = by_ordinal(bench.service.read(batch, bench.collect(ticket, bench.finish(ticket))))
    assert len(rest) == 20
    assert bench.account["records"] == 20


def test_a_failed_job_has_no_results(bench: Bench) -> None:
    bench.configure(failing_jobs=1)
    batch = batch_of([{"text": "Paris"}])
    ticket = bench.begin(batch)
    progress = bench.finish(ticket)
    assert progress.state is State.FAILED
    outcomes = by_ordinal(bench.service.read(batch, bench.collect(ticket, progress)))
    assert not [one for one in outcomes.values() if one.kind is OutcomeKind.MATCHED]


@pytest.mark.parametrize(
    "answer", [{"status": 204}, {"status": 200, "body": ""}, {"status": 404, "body": {"code": "E6004042"}}]
)
def test_results_that_are_empty_or_not_ready_though_records_succeeded_are_asked_for_again(
    bench: Bench, answer: dict[str, Any]
) -> None:
    ticket = bench.begin(batch_of([{"text": "Paris"}]))
    bench.finish(ticket)
    bench.fault("results", "status", **answer)
    with pytest.raises(ServiceBusy) as caught:
        list(bench.service.fetch(ticket))
    assert caught.value.status == (404 if answer["status"] == 404 else 204)


def test_no_content_is_no_part_where_no_record_succeeded(bench: Bench) -> None:
    ticket = bench.begin(batch_of([{"text": "zzqx vblort"}]))
    bench.finish(ticket)
    bench.fault("errors", "status", status=204)
    assert [part.name for part in bench.service.fetch(ticket)] == []


def test_an_empty_href_is_not_asked_for(bench: Bench) -> None:
    ticket = bench.begin(batch_of([{"text": "Paris"}]))
    bench.finish(ticket)
    assert [part.name for part in bench.service.fetch(ticket)] == ["results.txt"]
    assert bench.account["calls"]["results"] == 1
    assert "errors" not in bench.account["calls"]


def test_a_download_that_breaks_off_is_asked_for_again(bench: Bench) -> None:
    ticket = bench.begin(batch_of([{"text": "Paris"}] * 50))
    bench.finish(ticket)
    bench.fault("results", "truncate")
    with pytest.raises(ServiceBusy):
        [b"".join(part.chunks) for part in bench.service.fetch(ticket)]


def test_invalid_lines_named_by_their_number_are_traced_to_their_records(bench: Bench) -> None:
    bench.configure(invalid_rec_id="line")
    batch = batch_of(
        [{"text": "x" * 5000}, {"text": "Paris"}, {"text": "..."}, {"lat": "1", "lon": "2", "text": " "}],
        first=9,
    )
    outcomes = bench.run(batch)
    assert outcomes[9].code == "FIELD_TOO_LONG"
    assert outcomes[10].kind is OutcomeKind.MATCHED
    assert (outcomes[12].kind, outcomes[12].code) == (OutcomeKind.FAILED, "999")


@pytest.mark.parametrize("quoted", [True, False])
def test_errors_name_title_and_cause_but_never_repeat_the_record(bench: Bench, quoted: bool) -> None:
    bench.configure(quoted_errors=quoted)
    canary = "canary|street;1"
    (outcome,) = bench.run(batch_of([{"text": canary}], params={"limit": "many"})).values()
    assert (outcome.kind, outcome.code) == (OutcomeKind.FAILED, "999")
    assert outcome.message.startswith("Illegal input line: ")
    assert "canary" not in outcome.message


def test_columns_are_found_by_name_without_case_and_missing_ones_are_empty() -> None:
    text = "RECID|addressLabel|POSITIONLNG|positionlat|seqnumber|SEQLENGTH\n1|Here|13.10|52.50|1|1\n"
    (outcome,) = read(batch_of([{"text": "x"}]), text).values()
    cells = dict(zip(HereBatchV7.apis["geocode"].columns, outcome.answers[0], strict=True))
    assert (cells["bd_lat"], cells["bd_lon"], cells["bd_label"]) == ("52.50", "13.10", "Here")
    assert cells["bd_city"] == ""


def test_quoted_cells_windows_ends_a_byte_order_mark_and_empty_lines_are_read() -> None:
    text = f'\ufeff{HEADER}\r\n\r\n1|1|1.5|2.5|"A | ""B"""|1\r\n'
    (outcome,) = read(batch_of([{"text": "x"}]), text).values()
    assert outcome.answers[0][2] == 'A | "B"'


def test_rows_without_position_or_with_no_length_are_no_match_and_a_missing_row_makes_its_record_partial() -> (
    None
):
    text = f"{HEADER}\n1|1|||Somewhere|1\n2|0||||0\n3|2|1|2|second|2\n"
    notes = AnswerNotes()
    outcomes = read(batch_of([{"text": "x"}] * 3), text, notes=notes)
    assert [outcomes[ordinal].kind for ordinal in (1, 2)] == [OutcomeKind.NO_MATCH] * 2
    assert [answer[2] for answer in outcomes[3].answers] == ["second"]
    assert notes.partial == 1


def test_a_row_that_comes_twice_counts_once_and_two_under_one_number_are_both_kept() -> None:
    rows = "1|2|1|2|b|2\n1|1|3|4|a|2\n1|2|1|2|b|2\n1|2|5|6|c|2\n2|1|7|8|d|1\n2|1|7|8|d|1\n"
    batch = batch_of([{"text": "x"}] * 2)
    service = HereBatchV7(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    found = list(service.read(batch, [saved("results.txt", f"{HEADER}\n{rows}".encode())]))
    assert [(one.ordinal, [answer[2] for answer in one.answers]) for one in found] == [
        (1, ["a", "b"]), (1, ["b"]), (1, ["c"]), (2, ["d"]), (2, ["d"]),
    ]  # fmt: skip


def test_a_record_in_both_files_counts_once_and_errors_of_nobody_are_set_aside() -> None:
    results = f"{HEADER}\n1|1|1|2|x|1\n"
    errors = f'{ERRORS}\n1|400|{{"title":"Late"}}\n77|400|{{}}\n|999|{{"recordId":"2","title":"Illegal"}}\n3|5|not json\n'
    notes = AnswerNotes()
    outcomes = read(batch_of([{"text": "x"}] * 3), results, errors, notes)
    assert outcomes[1].kind is OutcomeKind.MATCHED
    assert (outcomes[2].code, outcomes[2].message) == ("999", "Illegal")
    assert (outcomes[3].code, outcomes[3].message) == ("5", "not json")
    assert [odd.text() for odd in notes.named] == [
        "errors.txt line 3: it is about a record that was never sent"
    ]


@pytest.mark.parametrize(
    "results",
    [
        f"{HEADER}\n2|1|1|2|x|1\n",
        f"{HEADER}\n0|1|1|2|x|1\n",
        f"{HEADER}\nInputLine_1|1|1|2|x|1\n",
        f"{HEADER}\n1|1|1|2|x\n",
        f"{HEADER}\n1|1|1|2|x|1|1\n",
        f"{HEADER}\n1|one|1|2|x|1\n",
        f"{HEADER}\n1|1|1|200|x|1\n",
        f"{HEADER}\n1|1||2|x|1\n",
        "recId|seqNumber|seqLength\n1|1|1\n",
        "<html>\n",
        f"{HEADER}\n1|1|1|2|{'x' * 200_000}|1\n",
    ],
)
def test_results_of_another_form_are_not_believed(results: str) -> None:
    with pytest.raises(ServiceSpokeUnknown):
        read(batch_of([{"text": "x"}]), results)


def test_bytes_that_are_not_utf8_are_not_believed() -> None:
    with pytest.raises(ServiceSpokeUnknown):
        read(batch_of([{"text": "x"}]), f"{HEADER}\n1|1|1|2|Straße|1\n".encode("latin-1"))


@pytest.mark.parametrize(
    "errors",
    [
        "something\n",
        "<html></html>\n",
        f"{ERRORS}\n1\n",
        f"{ERRORS}\n1|400\n",
        f'{ERRORS}\n1|404|{{"title":"No res',
    ],
)
def test_errors_of_another_form_are_not_believed(errors: str) -> None:
    with pytest.raises(ServiceSpokeUnknown):
        read(batch_of([{"text": "x"}]), "", errors)


@pytest.mark.parametrize("body", [{"id": NOWHERE}, {"id": NOWHERE, "status": 5}])
def test_a_look_without_a_status_is_not_believed(bench: Bench, body: dict[str, Any]) -> None:
    bench.fault("look", "status", status=200, body=body)
    with pytest.raises(ServiceSpokeUnknown):
        bench.service.check(Ticket(NOWHERE))


def test_unknown_fields_and_odd_counters_do_no_harm(bench: Bench) -> None:
    body = {
        "id": NOWHERE,
        "status": "inProgress",
        "records": {"processed": "7", "total": -1},
        "mood": json.loads("[1]"),
    }
    bench.fault("look", "status", status=200, body=body, headers={"Retry-After": "17"})
    progress = bench.service.check(Ticket(NOWHERE))
    assert (progress.done, progress.total, progress.retry_after) == (None, None, 17.0)


# the errors file


def failed(errors: str, count: int = 3, notes: AnswerNotes | None = None) -> dict[int, tuple[str, str, str]]:
    """Kind, code and message of each record that the errors file is about."""
    outcomes = read(batch_of([{"text": "x"}] * count), "", errors, notes)
    return {ordinal: (str(one.kind), one.code, one.message) for ordinal, one in outcomes.items()}


@pytest.mark.parametrize(
    "errors",
    [
        f'{ERRORS}\n2|999|{{"title":"Illegal"}}\n',
        f'\ufeff{ERRORS}\r\n2|999|{{"title":"Illegal"}}\r\n',
        f"{ERRORS}\n2|999|Illegal\n",
        f'{ERRORS}\n2|999|{{"title":"Illegal"}}',
        f'{ERRORS.upper()}\n2|999|"{{""title"":""Illegal""}}"\n',
        '2|999|{"title":"Illegal"}\n',
        "2;999;Illegal\n",
        "InputLine_2|999|Illegal\n",
        '"2"|"999"|"Illegal"\n',
        "errorCode|recId|weather|errorMessage\n999|2|fine|Illegal\n",
        "recId,code,title\n2,999,Illegal\n",
        "recId|status|message\n2|999|Illegal\n",
        "recId | errorCode | errorMessage\n2|999|Illegal\n",
        '{"recId":"2","errorCode":999,"errorMessage":"Illegal"}\n',
        '{"recId":2,"errorCode":"999","errorMessage":{"title":"Illegal","jobRecord":"canary"}}\n',
        '{"recid":"2","status":999,"title":"Illegal","weather":[1]}',
        '{"recId":"2","error":{"code":"999","message":"Illegal"}}\n',
        '{"recId":"2","errors":[{"code":999,"message":"Illegal"}]}\n',
        '{"errorMessage":{"recordId":"InputLine_2","status":999,"title":"Illegal"}}\n',
    ],
)
def test_errors_are_read_with_and_without_a_header_and_as_json_lines(errors: str) -> None:
    notes = AnswerNotes()
    assert failed(errors, notes=notes) == {2: ("failed", "999", "Illegal")}
    assert notes.odd == 0


def test_an_errors_file_with_a_column_that_nobody_knows_still_says_who_failed() -> None:
    assert failed("recId|weather\n2|rain\n") == {
        2: ("failed", "SERVICE_ERROR", "The service could not process this record.")
    }


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (f"{ERRORS}\n77|400|x\n2|999|Illegal\n", "it is about a record that was never sent"),
        (f"{ERRORS}\n1|400\n2|999|Illegal\n", "it does not have the form of an error"),
        ('{"recId":"1","err\n{"recId":"2","code":999,"title":"Illegal"}\n', "it does not have the form of an error"),
        (f"{ERRORS}\n2|999|Illegal\n1|400", "the line is cut off"),
        (f'{ERRORS}\n2|999|Illegal\n1|400|{{"title":"No', "the line is cut off"),
        (f"{ERRORS}\n2|999|Illegal\n1|400|Bad add", "the line is cut off"),
    ],
)  # fmt: skip
def test_an_odd_line_of_the_errors_is_set_aside(errors: str, reason: str) -> None:
    if errors.startswith('{"recId":"1","err'):
        errors = '{"recId":"3","code":1,"title":"x"}\n' + errors
    notes = AnswerNotes()
    assert failed(errors, notes=notes)[2] == ("failed", "999", "Illegal")
    assert [odd.reason for odd in notes.named] == [reason]


@pytest.mark.parametrize("errors", [" \n", "\ufeff", "\n\n"])
def test_an_empty_errors_file_has_no_errors(errors: str) -> None:
    if errors.strip():
        assert failed(errors) == {}


def test_a_broken_results_file_does_not_keep_the_errors_from_being_read() -> None:
    service = HereBatchV7(None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    parts = [saved("results.txt", b"<html>"), saved("errors.txt", f"{ERRORS}\n2|999|Illegal\n".encode())]
    found: list[Outcome] = []
    with pytest.raises(ServiceSpokeUnknown, match=r"results\.txt: there is no column recId"):
        found.extend(service.read(batch_of([{"text": "x"}] * 2), parts))
    assert [(one.ordinal, one.code) for one in found] == [(2, "999")]


def test_the_second_spelling_is_left_out_where_a_route_leaves_no_room_for_it(bench: Bench) -> None:
    used = len("|".join(HereBatchV7.apis["geocode"].columns))
    for size in range(1024 - used, 100, -1):
        params = {
            "outputColumns": [f"c{n:02}" + "x" * 57 for n in range(size // 61)] + ["y" * (size % 61 or 1)]
        }
        try:
            HereBatchV7.columns_for("geocode", params)
        except ConfigurationError:
            continue
        query, _ = submission(bench, batch_of([{"text": "a"}], params=params))
        assert len(query["outputColumns"]) <= 1024
        assert "scoringQueryScore" not in query["outputColumns"]
        return
    raise AssertionError("no route fits")


# the header in the body


@pytest.mark.parametrize("texts", [["Paris", "Berlin"], ["a|b", "c;d", "e:f", "g,h"], ["Paris"] * 3000])
def test_the_columns_may_be_named_by_the_first_line_of_the_body_instead_of_the_query(
    bench: Bench, texts: list[str]
) -> None:
    records = [{"text": text, "param:lang": "de"} for text in texts]
    batch = batch_of(records, params={"inputHeader": "body"}, first=5)
    query, text = submission(bench, batch)
    outcomes = bench.run(batch)
    assert "inputColumns" not in query
    delimiter = query["inputDelimiter"].replace("\\t", "\t")
    assert text.splitlines()[0] == delimiter.join(("recId", "q", "lang"))
    assert len(text.splitlines()) == len(texts) + 1
    assert sorted(outcomes) == list(range(5, 5 + len(texts)))
    assert bench.account["records"] == len(texts), "the header is no record"


def test_a_batch_without_a_record_that_fits_is_refused_with_a_header_line_too(bench: Bench) -> None:
    with pytest.raises(ServiceRefused, match="0 bytes"):
        bench.service.create(batch_of([{"text": "x" * 5000}], params={"inputHeader": "body"}))


def test_an_error_that_names_its_line_only_is_not_taken_for_that_of_another_record(bench: Bench) -> None:
    bench.configure(invalid_rec_id="line")
    records = [{"text": "Paris"}, {"text": "..."}, {"text": "Berlin"}]
    found = {
        header: bench.run(batch_of(records, params={"inputHeader": header}, tag=tag * 32))
        for header, tag in (("query", "ab"), ("body", "cd"))
    }
    for outcomes in found.values():
        assert outcomes[1].kind is outcomes[3].kind is OutcomeKind.MATCHED
    assert set(found["query"]) >= set(found["body"])


def test_where_the_header_is_can_only_be_the_query_or_the_body() -> None:
    with pytest.raises(ConfigurationError, match="inputHeader is query or body"):
        HereBatchV7.columns_for("geocode", {"inputHeader": "both"})
