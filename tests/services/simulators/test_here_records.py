"""What HERE reads and what it writes: bodies, columns, delimiters, results, errors."""

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

ADDRESS = "7374 West Walden Drive, Littleton, CO 80128"
FLAT = "positionLat|positionLng|addressLabel|addressHouseNumber|addressStreet|addressDistrict|addressCity|addressPostalCode|addressState|addressCountryCode|resultType|queryScore"
HRN = "hrn:here:service::olp-here:search-geocode-7"


def results(scene: "Scene", job: str) -> list[str]:
    return scene.here.results("k", job).body.decode().splitlines()


def errors(scene: "Scene", job: str) -> list[tuple[str, str, dict[str, Any]]]:
    lines = scene.here.errors("k", job).body.decode().splitlines()
    assert lines[0] == "recId|errorCode|errorMessage"
    return [
        (ident, code, json.loads(message))
        for ident, code, message in (line.split("|", 2) for line in lines[1:])
    ]


def test_flattened_columns_hold_the_address_and_its_exact_position(scene: "Scene") -> None:
    job = scene.run_here(f"recId|q\n001|{ADDRESS}\n", outputColumns=FLAT)
    header, row = results(scene, job)
    assert header == "recId|seqNumber|seqLength|" + FLAT
    assert row == (
        "001|1|1|39.577761|-105.079419|7374 West Walden Drive, Littleton, CO 80128, United States|"
        "7374|West Walden Drive||Littleton|80128|Colorado|USA|houseNumber|1"
    )


@pytest.mark.parametrize(
    ("service", "header", "value", "columns"),
    [
        ("geocode", "q", "Berlin, Germany", "recId|seqNumber|seqLength|position|address|title"),
        ("revgeocode", "at", "52.52,13.40", "recId|seqNumber|seqLength|displayCoordinate|distance|address"),
        ("lookup", "id", "here:cm:namedplace:2950159", "recId|displayCoordinate|address"),
    ],
)
def test_each_service_has_its_default_columns(
    scene: "Scene", service: str, header: str, value: str, columns: str
) -> None:
    job = scene.run_here(f"recId|{header}\nr1|{value}\n", service)
    first, row = results(scene, job)
    assert first == columns
    assert row.startswith("r1|")
    assert row.count("|") == columns.count("|")
    assert "Germany" in row


def test_output_columns_are_matched_without_case_and_unknown_ones_ignored(scene: "Scene") -> None:
    job = scene.run_here("q\nBerlin\n", outputColumns="POSITIONLAT;nonsense;recid", outputDelimiter=";")
    header, row = results(scene, job)
    assert header == "recId;seqNumber;seqLength;positionLat"
    assert row == "InputLine_1;1;1;52.52437"


def test_a_value_that_holds_the_delimiter_is_quoted(scene: "Scene") -> None:
    job = scene.run_here("q\nBerlin\n", outputColumns="title,positionLat", outputDelimiter=",")
    assert results(scene, job)[1] == 'InputLine_1,1,1,"Berlin, Germany",52.52437'


def test_a_lookup_finds_the_id_that_a_geocode_gave(scene: "Scene") -> None:
    job = scene.run_here(f"q\n{ADDRESS}\n", outputColumns="id")
    ident = results(scene, job)[1].split("|")[3]
    assert ident.startswith("here:af:streetsection:")
    again = scene.run_here(
        f"recId|id\nr|{ident}\ns|here:af:streetsection:nothing\n", "lookup", outputColumns="title"
    )
    assert results(scene, again)[1:] == ["r|7374 West Walden Drive, Littleton, CO 80128, United States"]
    assert errors(scene, again)[0][0] == "s"


def test_several_results_of_a_record_are_counted(scene: "Scene") -> None:
    rows = results(scene, scene.run_here("recId|q|limit\na|Springfield|3\nb|Springfield|\n"))[1:]
    assert [row.split("|")[:3] for row in rows] == [["a", str(n), "3"] for n in (1, 2, 3)] + [["b", "1", "1"]]


def test_a_header_cell_may_carry_a_default(scene: "Scene") -> None:
    rows = results(
        scene, scene.run_here("recId|q|limit=2\na|Springfield\nb|Springfield|1\nc|Springfield|\n")
    )[1:]
    assert [row.split("|")[0] for row in rows] == ["a", "a", "b", "c", "c"]


def test_the_country_column_takes_both_forms(scene: "Scene") -> None:
    body = "recId|q|in\na|Paris|USA\nb|Paris|countryCode:FRA\nc|Paris|ATLANTIS\n"
    job = scene.run_here(body, outputColumns="addressCountryCode")
    assert results(scene, job)[1:] == ["a|1|1|USA", "b|1|1|FRA"]
    ((ident, code, message),) = errors(scene, job)
    assert (ident, code, message["title"]) == ("c", "400", "Bad request")


def test_url_query_lines_need_no_header_and_get_generated_ids(scene: "Scene") -> None:
    job = scene.run_here(
        "q=Paris&in=countryCode:FRA&lang=fr-FR&limit=1\nq=New%20York%20City\n", outputColumns="title"
    )
    assert results(scene, job)[1:] == [
        "InputLine_1|1|1|Paris, France",
        "InputLine_2|1|1|New York City, NY, United States",
    ]


def test_columns_of_the_query_win_and_the_first_line_is_then_a_record_or_skipped(scene: "Scene") -> None:
    body = "recId|q\n1|Berlin\n"
    as_data = scene.look_here(scene.run_here(body, inputColumns="recId|q"))["records"]
    scene.here.configure({"header_is_data": False})
    skipped = scene.look_here(scene.run_here(body, inputColumns="recId|q"))["records"]
    assert (as_data["total"], as_data["failed"], skipped["total"], skipped["failed"]) == (2, 1, 1, 0)


@pytest.mark.parametrize(("name", "sign"), [("\\t", "\t"), (";", ";"), (",", ",")])
def test_other_delimiters_and_quoted_cells_are_read(scene: "Scene", name: str, sign: str) -> None:
    body = f'recId{sign}q\nr{sign}"Paris{sign} France"\ns{sign}"Berlin"\n'
    job = scene.run_here(body, inputDelimiter=name, outputColumns="resultType")
    assert scene.look_here(job)["records"]["valid"] == 2


def test_records_without_a_hit_are_failed_and_listed_with_their_line(scene: "Scene") -> None:
    job = scene.run_here("recId|q\n7|Nowhere 1, Atlantis\n8|Berlin\n")
    counters = scene.look_here(job)["records"]
    assert (counters["succeeded"], counters["failed"], counters["processed"]) == (1, 1, 2)
    ((ident, code, message),) = errors(scene, job)
    assert (ident, code, message["title"]) == ("7", "404", "No results found")
    assert message["jobRecord"] == "7|Nowhere 1, Atlantis"


def test_records_without_a_hit_can_be_absent_from_both_files(scene: "Scene") -> None:
    scene.here.configure({"no_match": "absent"})
    job = scene.run_here("recId|q\n7|Nowhere 1, Atlantis\n")
    shown = scene.look_here(job)
    assert (shown["records"]["failed"], shown["resultsHref"], shown["errorsHref"]) == (1, "", "")
    assert (scene.here.results("k", job).status, scene.here.errors("k", job).status) == (204, 204)


@pytest.mark.parametrize(
    "line",
    ["bad|a|b|c", "bad", 'bad|"open', "bad|", "bad|Berlin|many", "bad|" + "x" * 5000, "x" * 513 + "|Berlin"],
)
def test_a_line_that_is_no_record_is_invalid_and_the_job_goes_on(scene: "Scene", line: str) -> None:
    job = scene.run_here(f"recId|q|limit=1\n{line}\ngood|Berlin\n")
    counters = scene.look_here(job)["records"]
    assert (counters["total"], counters["valid"], counters["invalid"], counters["succeeded"]) == (2, 1, 1, 1)
    ((_, code, message),) = errors(scene, job)
    assert (code, message["title"], message["jobRecord"]) == ("999", "Illegal input line", line)
    assert scene.account("here_batch_v7")["records"] == 1


@pytest.mark.parametrize(("mode", "ident"), [("kept", "bad"), ("line", "InputLine_2")])
def test_the_id_of_an_invalid_line_is_kept_or_counted(scene: "Scene", mode: str, ident: str) -> None:
    scene.here.configure({"invalid_rec_id": mode})
    job = scene.run_here("recId|q\ngood|Berlin\nbad|a|b\n")
    assert errors(scene, job)[0][0] == ident


@pytest.mark.parametrize("at", ["north", "91,0", "1,181", "1"])
def test_a_position_outside_the_world_is_invalid(scene: "Scene", at: str) -> None:
    assert (
        scene.look_here(scene.run_here(f"at\n{at}\n", "revgeocode", inputDelimiter=";"))["records"]["invalid"]
        == 1
    )


def test_error_messages_can_be_quoted_as_csv_does(scene: "Scene") -> None:
    scene.here.configure({"quoted_errors": True})
    job = scene.run_here("recId|q\n7|Nowhere 1, Atlantis\n")
    line = scene.here.errors("k", job).body.decode().splitlines()[1]
    assert line.startswith('7|404|"{""status"": 404')


def test_rows_can_come_in_another_but_constant_order(scene: "Scene") -> None:
    body = "recId|q\n" + "".join(f"{n}|Berlin\n" for n in range(50))
    scene.here.configure({"shuffled_rows": True})
    job = scene.run_here(body)
    first, again = results(scene, job), results(scene, job)
    ids = [row.split("|")[0] for row in first[1:]]
    assert first == again
    assert ids != [str(n) for n in range(50)]
    assert sorted(ids, key=int) == [str(n) for n in range(50)]


def test_records_can_get_lost(scene: "Scene") -> None:
    scene.here.configure({"lost_records": 2})
    job = scene.run_here("q\n" + "Berlin\n" * 5)
    assert len(results(scene, job)) == 1 + 3
    assert scene.look_here(job)["records"]["succeeded"] == 5


def test_json_lines_carry_ids_and_can_be_filtered(scene: "Scene") -> None:
    job = scene.run_here(
        "q\nBerlin\n", outputType="jsonl", outputFilter="title,address.countryCode,none.such"
    )
    (row,) = results(scene, job)
    assert json.loads(row) == {
        "recId": "InputLine_1",
        "seqNumber": 1,
        "seqLength": 1,
        "title": "Berlin, Germany",
        "address": {"countryCode": "DEU"},
    }


def test_downloads_are_not_there_before_the_end(scene: "Scene") -> None:
    job = scene.submit_here("q\nBerlin\n").json()["id"]
    assert scene.here.results("k", job).json()["code"] == "E6004042"
    assert scene.here.errors("k", job).json()["title"] == "Errors for job is unavailable"


def test_a_download_is_zipped_when_asked_and_is_one_gzip_member(scene: "Scene") -> None:
    job = scene.run_here("q\n" + "Berlin\n" * 3000)
    plain, zipped = scene.here.results("k", job), scene.here.results("k", job, gzipped=True)
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body
    assert len(list(plain.parts())) > 1


def test_a_gzipped_body_is_read_and_a_broken_one_refused(scene: "Scene") -> None:
    packed = gzip.compress(b"q\nBerlin\n")
    query = {"serviceHrn": HRN}
    assert scene.here.submit("k", query, packed, encoding="gzip").status == 201
    for wrong in (packed[:-6], b"no gzip"):
        assert scene.here.submit("k", query, wrong, encoding="gzip").json()["code"] == "E6004004"


@pytest.mark.parametrize(
    ("body", "query", "status", "code"),
    [
        ("q\nx\n", {"serviceHrn": "hrn:none"}, 404, "E6004043"),
        ("", {}, 400, "E6004004"),
        (" \n\n", {}, 400, "E6004004"),
        ("recId|at\n1|1,2\n", {}, 400, "E6004004"),
        ("recId;q\n1;Berlin\n", {}, 400, "E6004005"),
        ("q\nx\n", {"inputDelimiter": "||"}, 400, "E6004005"),
        ("q\nx\n", {"inputDelimiter": "a"}, 400, "E6004005"),
        ("q\nx\n", {"outputDelimiter": "."}, 400, "E6004005"),
        ("q\nx\n", {"inputColumns": "recId|at"}, 400, "E6004004"),
        ("q\nx\n", {"inputColumns": "q" * 1025}, 400, "E6004002"),
        ("q\nx\n", {"outputColumns": ""}, 400, "E6004002"),
        ("q\nx\n", {"outputType": "xml"}, 400, "E6004001"),
        ("q\nx\n", {"startJob": "perhaps"}, 400, "E6004001"),
        ("q\nx\n", {"billingTags": "abc"}, 400, "E6004004"),
        ("q\nx\n", {"billingTags": "abcd+efgh,ijkl"}, 400, "E6004004"),
        ("q\nx\n", {"billingTags": "-abcd"}, 400, "E6004004"),
        ("q\nx\n", {"notificationIds": "NOTIFICATION-1"}, 400, "E6004001"),
    ],
)
def test_a_submission_that_does_not_fit_is_refused_with_its_code(
    scene: "Scene", body: str, query: dict[str, str], status: int, code: str
) -> None:
    reply = scene.here.submit("k", {"serviceHrn": HRN, **query}, body.encode())
    assert (reply.status, reply.json()["code"]) == (status, code)
    assert scene.account("here_batch_v7")["jobs"] == 0


def test_text_that_is_not_utf_8_is_refused(scene: "Scene") -> None:
    assert scene.here.submit("k", {"serviceHrn": HRN}, "q\nStraße\n".encode("latin-1")).status == 400


@pytest.mark.parametrize("oversize", [413, 400])
def test_too_much_is_refused_with_413_or_400(scene: "Scene", oversize: int) -> None:
    scene.here.configure({"max_bytes": 30, "max_records": 2, "oversize_status": oversize})
    too_large = scene.submit_here("q\n" + "x" * 40)
    too_many = scene.submit_here("q\na\nb\nc\n")
    zipped = scene.here.submit(
        "k", {"serviceHrn": HRN}, gzip.compress(b"q\n" + b"x" * 10**6), encoding="gzip"
    )
    assert [reply.status for reply in (too_large, too_many, zipped)] == [oversize] * 3
    assert {reply.json()["code"] for reply in (too_large, too_many, zipped)} == {"E6004003"}
    assert scene.submit_here("q\na\nb\n").status == 201


def test_a_record_is_the_same_content_whatever_its_id(scene: "Scene") -> None:
    scene.run_here("recId|q\n1|Berlin\n")
    scene.run_here("recId|q\n2|Berlin\n")
    page = scene.account("here_batch_v7")
    assert (page["records"], page["distinct_records"], page["most_times_one_record_was_billed"]) == (2, 1, 2)
