"""What the Batch Geocoder reads and writes: parameters, columns, rows, and the files of a zip."""

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox.simulators.here_geocoder_v6.columns import split
from tests.services.simulators.scene import CALLER

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

RUN = {"action": "run", "outdelim": "|", "outcols": "latitude,longitude", "outputcombined": "true"}
MIXED = "recId|searchText\na|Berlin\nb|Nowhere 1, Atlantis\nbroken|line|here\nc|Rome\n"


def members(raw: bytes) -> dict[str, str]:
    """Member → text of a zip."""
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def refused(scene: "Scene", body: str = "recId|searchText\n1|Berlin\n", **query: str) -> bool:
    reply = scene.geocoder.submit(CALLER, {**RUN, **query}, body.encode())
    assert reply.status in (200, 400), reply.status
    return reply.status == 400


def test_every_known_address_comes_back_exactly(scene: "Scene", known: Any) -> None:
    lines = [
        "|".join((row["customer_id"], row["address1"], row["city"], row["postal_code"], "USA"))
        for row, _, _ in known
        if not row["address2"]
    ]
    rows = scene.geocoded(
        "\n".join(["recId|street|city|postalCode|country", *lines]),
        outcols="displayLatitude,displayLongitude,matchLevel",
    )
    truth = {row["customer_id"]: (lat, lon) for row, lat, lon in known}
    assert len(rows) == len(lines) > 2000
    for row in rows:
        assert (row["displayLatitude"], row["displayLongitude"]) == truth[row["recId"]]
        assert (row["SeqNumber"], row["seqLength"], row["matchLevel"]) == ("1", "1", "houseNumber")


def test_reverse_geocoding_finds_the_address_at_its_position(scene: "Scene", known: Any) -> None:
    lines = [f"{row['customer_id']}|{lat},{lon},50" for row, lat, lon in known[:50]]
    rows = scene.geocoded(
        "\n".join(["recId|prox", *lines]),
        mode="retrieveAddresses",
        outcols="houseNumber,street,city,postalCode,country",
        maxresults="1",
    )
    for row, (asked, _, _) in zip(rows, known, strict=False):
        assert asked["address1"] == " ".join(part for part in (row["houseNumber"], row["street"]) if part)
        assert (row["city"], row["country"]) == (asked["city"], "USA")


def test_the_radius_of_prox_leaves_out_what_is_farther_away(scene: "Scene") -> None:
    rows = scene.geocoded(
        "recId|prox\nnear|39.5778,-105.0794,50\nfar|39.5820,-105.0794,50\nnone|39.5778,-105.0794\n",
        mode="retrieveAddresses",
        outcols="matchLevel",
        maxresults="1",
    )
    assert [row["matchLevel"] for row in rows] == ["houseNumber", "NOMATCH", "houseNumber"]


def test_free_text_is_narrowed_by_its_country(scene: "Scene") -> None:
    rows = scene.geocoded(
        "searchText|country\nParis|USA\nParis|FRA\nParis|France\nParis|DEU\n",
        outcols="state,country,matchLevel",
        maxresults="1",
    )
    assert [row["country"] for row in rows] == ["USA", "FRA", "FRA", ""]
    assert (rows[0]["state"], rows[3]["matchLevel"]) == ("TX", "NOMATCH")


def test_several_results_are_counted(scene: "Scene") -> None:
    rows = scene.geocoded("recId|searchText\nx|Springfield\n", maxresults="3", outcols="relevance")
    assert [(row["recId"], row["SeqNumber"], row["seqLength"]) for row in rows] == [
        ("x", "1", "3"),
        ("x", "2", "3"),
        ("x", "3", "3"),
    ]
    assert len(scene.geocoded("recId|searchText\nx|San Pedro\n")) == 10  # the default


def test_combined_output_marks_records_without_a_place_and_failed_ones(scene: "Scene") -> None:
    scene.geocoder.configure({"failed_lines": [5]})
    rows = scene.geocoded(MIXED, outcols="city,matchLevel", maxresults="1")
    assert [(row["recId"], row["SeqNumber"], row["city"], row["matchLevel"]) for row in rows] == [
        ("a", "1", "Berlin", "city"),
        ("b", "0", "", "NOMATCH"),
        ("c", "0", "", "FAILED"),
    ]


@pytest.mark.parametrize(("counted", "success"), [("error", 2), ("success", 3)])
def test_counters_tell_success_error_and_invalid(scene: "Scene", counted: str, success: int) -> None:
    scene.geocoder.configure({"no_match_counts_as": counted})
    job = scene.run_geocoder(MIXED)
    shown = scene.geocoder.look(CALLER, job).json()["Response"]
    assert (shown["TotalCount"], shown["ValidCount"], shown["InvalidCount"]) == (4, 3, 1)
    assert (shown["SuccessCount"], shown["ErrorCount"]) == (success, 3 - success)


def test_a_zip_has_the_documented_members(scene: "Scene") -> None:
    combined = members(scene.geocoder.result(CALLER, scene.run_geocoder(MIXED)).body)
    assert sorted(name.rpartition("-")[2][2:] for name in combined) == ["_inv.txt", "_out.txt"]
    apart = members(
        scene.geocoder.result(CALLER, scene.run_geocoder(MIXED, outputcombined="false", maxresults="1")).body
    )
    # the second job was sent an hour after the first one's sample time, and ended 5 seconds later
    assert sorted(apart) == [f"result_20250804-17-48_{kind}.txt" for kind in ("err", "inv", "out")]
    out, err = apart["result_20250804-17-48_out.txt"], apart["result_20250804-17-48_err.txt"]
    assert [line.split("|")[0] for line in out.splitlines()] == ["recId", "a", "c"]
    assert [line.split("|")[0] for line in err.splitlines()] == ["recId", "b"]
    assert out.endswith("\n")


def test_invalid_lines_come_with_their_number_and_their_raw_text(scene: "Scene") -> None:
    job = scene.run_geocoder(MIXED)
    assert scene.geocoder.errors(CALLER, job, zipped=False).body == b"Line Number:4   broken|line|here\n"
    (text,) = members(scene.geocoder.errors(CALLER, job).body).values()
    assert text == "Line Number:4   broken|line|here\n"


def test_all_files_come_with_a_report_and_nothing_at_all_is_not_found(scene: "Scene") -> None:
    job = scene.run_geocoder(MIXED, outputcombined="false")
    kinds = {name.rpartition("_")[2] for name in members(scene.geocoder.everything(CALLER, job).body)}
    assert kinds == {"out.txt", "err.txt", "inv.txt", "report.txt"}
    assert scene.geocoder.everything(CALLER, scene.run_geocoder("searchText\n\n")).status == 404


@pytest.mark.parametrize("answer", [200, 404, 204])
def test_a_download_without_content_answers_as_the_setting_says(scene: "Scene", answer: int) -> None:
    scene.geocoder.configure({"empty_download": answer})
    job = scene.run_geocoder("searchText\nBerlin\n")
    for reply in (scene.geocoder.errors(CALLER, job), scene.geocoder.no_matches(CALLER, job, zipped=False)):
        assert reply.status == answer
        assert (reply.body == b"") == (answer != 404)


def test_no_matches_can_be_fetched_alone_when_they_are_not_combined(scene: "Scene") -> None:
    job = scene.run_geocoder(MIXED, outputcombined="false", header="false")
    assert scene.geocoder.no_matches(CALLER, job, zipped=False).body == b"b|0|0||\n"


@pytest.mark.parametrize("delimiter", ["|", ";", ":", ",", "\\t", "\t"])
def test_all_five_delimiters_work_both_ways(scene: "Scene", delimiter: str) -> None:
    cut = delimiter.replace("\\t", "\t")
    rows = scene.geocoded(
        f'recId{cut}searchText\n1{cut}"Berlin, Germany"\n',
        indelim=delimiter,
        outdelim=delimiter,
        outcols="locationLabel",
        maxresults="1",
    )
    assert [(row["recId"], row["locationLabel"]) for row in rows] == [("1", "Berlin, Germany")]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('a|"b|c"|d', ["a", "b|c", "d"]),
        ('a|5" pipe|d', ["a", '5" pipe', "d"]),
        ('"a ""b"""|c', ['a "b"', "c"]),
        ('"open|c', ['"open', "c"]),
        ('"a"b|c', ['"a"b', "c"]),
        ('""|"|"', ["", "|"]),
        ('"x"|', ["x", ""]),
    ],
)
def test_quotes_go_around_whole_fields_and_stray_ones_are_literal(line: str, cells: list[str]) -> None:
    assert split(line, "|") == cells


def test_input_fields_are_repeated_and_clashing_names_get_a_prefix(scene: "Scene") -> None:
    (row,) = scene.geocoded(
        "recId|city|country\n7|Berlin|DEU\n",
        outcols="city,latitude",
        includeinputfields="true",
        maxresults="1",
    )
    assert list(row) == [
        *("recId", "SeqNumber", "seqLength", "city", "latitude", "in:city", "country"),
    ]
    assert (row["recId"], row["in:city"], row["country"]) == ("7", "Berlin", "DEU")


def test_asking_for_seq_number_gives_it_in_both_spellings(scene: "Scene") -> None:
    (row,) = scene.geocoded("searchText\nBerlin\n", outcols="seqNumber,recId", maxresults="1")
    assert (row["SeqNumber"], row["seqNumber"], row["recId"]) == ("1", "1", "1")


def test_without_a_header_the_order_of_columns_is_all_there_is(scene: "Scene") -> None:
    job = scene.run_geocoder(
        "recId|searchText\n1|Berlin\n", header="false", outcols="country,city", maxresults="1"
    )
    assert scene.geocoder.result(CALLER, job, zipped=False).body == b"1|1|1|DEU|Berlin\n"


@pytest.mark.parametrize(
    ("header", "rows"), [("searchText|country", ["1", "3", "2"]), ("recId|searchText", ["x", "z"])]
)
def test_invalid_lines_join_the_output_only_where_the_input_has_no_rec_id(
    scene: "Scene", header: str, rows: list[str]
) -> None:
    body = f"{header}\nx|Berlin\nbroken\nz|Rome\n"
    found = scene.geocoded(body, includeinvalidinput="true", maxresults="1")
    assert [row["recId"] for row in found] == rows


def test_rows_may_come_in_another_order_and_some_may_be_missing(scene: "Scene") -> None:
    body = "recId|searchText\n" + "".join(f"{number}|Berlin\n" for number in range(50))
    scene.geocoder.configure({"shuffled_rows": True, "lost_records": 3})
    ids = [int(row["recId"]) for row in scene.geocoded(body, maxresults="1")]
    assert sorted(ids) == list(range(47))
    assert ids != sorted(ids)


def test_a_place_is_found_by_its_location_id(scene: "Scene") -> None:
    (row,) = scene.geocoded("searchText\nBerlin\n", outcols="locationId", maxresults="1")
    (again,) = scene.geocoded(f"locationId\n{row['locationId']}\n", outcols="city")
    assert again["city"] == "Berlin"


@pytest.mark.parametrize(
    "query",
    [
        {"outdelim": ""},
        {"outcols": ""},
        {"outputcombined": ""},
        {"outputcombined": "maybe"},
        {"indelim": "#"},
        {"outdelim": "||"},
        {"indelim": ";"},
        {"outcols": "latitude,nonsense"},
        {"maxresults": "0"},
        {"maxresults": "ten"},
        {"minresults": "0"},
        {"mode": "retrieveAreas"},
        {"mode": "retrieveAddresses"},
        {"header": "1"},
        {"action": "runs"},
    ],
)
def test_a_parameter_that_does_not_fit_is_refused(scene: "Scene", query: dict[str, str]) -> None:
    assert refused(scene, **query)
    assert "here_geocoder_v6" not in scene.ledger.snapshot() or scene.account("here_geocoder_v6")["jobs"] == 0


def test_job_wide_defaults_of_the_geocoder_are_taken_and_ignored(scene: "Scene") -> None:
    assert not refused(scene, gen="9", language="de", countryfocus="DEU", politicalview="x", sortby="y")


@pytest.mark.parametrize(
    ("body", "query", "no"),
    [
        ("recId|searchTxt\n1|Berlin\n", {}, True),
        ("recId|searchText|colour\n1|Berlin|red\n", {}, True),
        ("recId|searchText|colour\n1|Berlin|red\n", {"allowunknowninputcolumns": "true"}, False),
        ("recId|searchText|searchtext\n1|Berlin|x\n", {}, True),
        ("RECID|SEARCHTEXT\n1|Berlin\n", {}, False),
        ("", {}, True),
        ("\n\n", {}, True),
    ],
)
def test_the_header_of_the_input_is_checked(
    scene: "Scene", body: str, query: dict[str, str], *, no: bool
) -> None:
    assert refused(scene, body, **query) is no


def test_a_body_that_is_too_large_or_not_text_is_refused(scene: "Scene") -> None:
    assert scene.geocoder.submit(CALLER, RUN, b"\x1f\x8b\x08").status == 400
    scene.geocoder.configure({"max_lines": 1})
    assert not refused(scene)
    assert refused(scene, "recId|searchText\n1|Berlin\n2|Rome\n")
    scene.geocoder.configure({"max_bytes": 5})
    assert refused(scene)


@pytest.mark.parametrize("prox", ["", "x", "1", "91,0,5", "0,181,5", "0,0,5,6", "nan,0,5"])
def test_a_position_that_is_none_makes_the_line_invalid(scene: "Scene", prox: str) -> None:
    job = scene.run_geocoder(f"recId|prox\n1|{prox}\n", mode="retrieveAddresses")
    assert scene.geocoder.look(CALLER, job).json()["Response"]["InvalidCount"] == 1
