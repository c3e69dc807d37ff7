"""Forms of HERE Batch v7 that its pages, its twin and clients show: a setting for each where they differ."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

BODY = "recId|q\na|Berlin\nb|Nowhere 1, Atlantis\n"


def results(scene: Scene, body: str, **query: str) -> list[str]:
    """The lines of the results."""
    return scene.here.results("k", scene.run_here(body, **query)).body.decode().splitlines()


@pytest.mark.parametrize(
    ("order", "header"),
    [("first", "recId|seqNumber|seqLength|title"), ("as_asked", "recId|seqNumber|title|seqLength")],
)
def test_general_columns_always_precede_unless_they_stay_where_they_were_asked_for(
    scene: Scene, order: str, header: str
) -> None:
    scene.here.configure({"general_columns": order})
    assert results(scene, BODY, outputColumns="title|seqLength")[0] == header


def test_a_record_without_a_hit_may_have_a_row_with_empty_sequence_cells(scene: Scene) -> None:
    scene.here.configure({"no_match": "row"})
    job = scene.run_here(BODY, outputColumns="title|position")
    lines = scene.here.results("k", job).body.decode().splitlines()
    assert lines[2] == "b||||"
    assert scene.look_here(job)["records"]["succeeded"] == 2
    assert scene.here.errors("k", job).status == 204
    as_json = results(scene, BODY, outputType="jsonl")
    assert json.loads(as_json[1]) == {"recId": "b"}


@pytest.mark.parametrize("form", ["header", "plain", "jsonl"])
def test_errors_have_a_header_line_or_none_or_are_json_lines(scene: Scene, form: str) -> None:
    scene.here.configure({"errors_form": form})
    text = scene.here.errors("k", scene.run_here(BODY)).body.decode()
    lines = text.splitlines()
    assert (lines[0] == "recId|errorCode|errorMessage") == (form == "header")
    assert len(lines) == 1 + (form == "header")
    if form == "jsonl":
        error = json.loads(lines[0])
        assert (error["recId"], error["errorCode"], error["errorMessage"]["jobRecord"]) == (
            *("b", 404),
            "b|Nowhere 1, Atlantis",
        )
    else:
        assert lines[-1].startswith("b|404|{")


@pytest.mark.parametrize("name", ["recId", "recid"])
def test_the_id_of_a_record_is_written_in_two_ways(scene: Scene, name: str) -> None:
    scene.here.configure({"rec_id_name": name})
    job = scene.run_here(BODY)
    assert scene.here.results("k", job).body.decode().startswith(f"{name}|seqNumber|")
    assert scene.here.errors("k", job).body.decode().startswith(f"{name}|errorCode|")


def test_the_score_comes_under_both_of_its_names(scene: Scene) -> None:
    lines = results(scene, BODY, outputColumns="queryScore|scoringQueryScore")
    assert lines[:2] == ["recId|seqNumber|seqLength|queryScore|scoringQueryScore", "a|1|1|0.8|0.8"]


def test_output_columns_are_split_at_the_output_delimiter_or_at_commas(scene: Scene) -> None:
    header = "recId;seqNumber;seqLength;title;id"
    for asked in ("title;id", "title,id"):
        assert results(scene, BODY, outputColumns=asked, outputDelimiter=";")[0] == header


def test_a_header_line_may_say_search_text_and_country(scene: Scene) -> None:
    body = "recId|searchText|country\n1|Paris|USA\n2|Paris|France\n3|Paris|\n4|Paris|Neverland\n"
    lines = results(scene, body, outputColumns="addressCountryCode")
    assert [line.split("|")[-1] for line in lines[1:]] == ["USA", "FRA", "FRA"]


def test_results_may_stay_away_although_the_job_is_completed(scene: Scene) -> None:
    scene.here.configure({"results_missing": True})
    job = scene.run_here(BODY)
    for _ in range(3):
        shown = scene.look_here(job)
        assert (shown["status"], shown["resultsHref"][-8:]) == ("completed", "/results")
        reply = scene.here.results("k", job)
        assert (reply.status, reply.json()["code"]) == (404, "E6004042")
        scene.clock.advance(3600)
