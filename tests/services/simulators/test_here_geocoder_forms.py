"""Forms in which the Batch Geocoder has really answered, and forms that its pages show: a setting for each."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from batchdrop_sandbox.simulators.here_geocoder_v6.behaviour import Caller
from batchdrop_sandbox.simulators.keys import Bearer
from tests.services.simulators.scene import CALLER

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

MIXED = "recId|searchText\na|Berlin\nb|Nowhere 1, Atlantis\nbroken|line|here\nc|Rome\n"
STEM = "result_20250804-16-48"


def members(raw: bytes) -> dict[str, bytes]:
    """Member → body of a zip."""
    with zipfile.ZipFile(io.BytesIO(raw)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


@pytest.mark.parametrize(("archive", "between"), [("one_underscore", "_"), ("two_underscores", "__")])
def test_the_members_of_a_zip_have_one_underscore_or_two(scene: Scene, archive: str, between: str) -> None:
    scene.geocoder.configure({"archive": archive})
    job = scene.run_geocoder(MIXED, outputcombined="false", maxresults="1")
    found = members(scene.geocoder.everything(CALLER, job).body)
    assert sorted(found) == [f"{STEM}{between}{kind}.txt" for kind in ("err", "inv", "out", "report")]


def test_a_zip_may_hold_a_zip_for_each_member_with_the_version_in_its_name(scene: Scene) -> None:
    plain = members(scene.geocoder.result(CALLER, scene.run_geocoder(MIXED, maxresults="1")).body)
    scene.geocoder.configure({"archive": "zip_in_zip"})
    outer = members(scene.geocoder.result(CALLER, scene.run_geocoder(MIXED, maxresults="1")).body)
    assert [name.partition("_6.2")[2] for name in outer] == [".46.1_out.zip", ".46.1_inv.zip"]
    for (name, inner), text in zip(outer.items(), plain.values(), strict=True):
        assert members(inner) == {name.removesuffix(".zip") + ".txt": text}


@pytest.mark.parametrize(("ends", "end"), [(True, b"\n"), (False, b"r")])
def test_the_last_line_ends_in_a_newline_or_not(scene: Scene, *, ends: bool, end: bytes) -> None:
    scene.geocoder.configure({"final_newline": ends})
    job = scene.run_geocoder("recId|searchText\n1|Berlin\n2|x|y|zr\n", outcols="city", maxresults="1")
    result = scene.geocoder.result(CALLER, job, zipped=False).body
    assert result == b"recId|SeqNumber|seqLength|city\n1|1|1|Berlin" + b"\n" * ends
    assert scene.geocoder.errors(CALLER, job, zipped=False).body.endswith(end)


def test_the_header_line_may_end_in_the_delimiter_while_the_rows_do_not(scene: Scene) -> None:
    scene.geocoder.configure({"trailing_delimiter": True})
    job = scene.run_geocoder("recId|searchText\n1|Berlin\n", outcols="city", maxresults="1")
    assert scene.geocoder.result(CALLER, job, zipped=False).body == (
        b"recId|SeqNumber|seqLength|city|\n1|1|1|Berlin\n"
    )


@pytest.mark.parametrize(("repeated", "count"), [(False, 6), (True, 7)])
def test_two_input_fields_make_six_columns_unless_the_rec_id_is_repeated(
    scene: Scene, *, repeated: bool, count: int
) -> None:
    scene.geocoder.configure({"input_rec_id": repeated})
    body = "recID|searchText\n1 | Berlin\n2 | Nowhere 1, Atlantis"
    asked = {"outcols": "displayLatitude,displayLongitude", "includeinputfields": "true", "maxresults": "1"}
    text = scene.geocoder.result(CALLER, scene.run_geocoder(body, **asked), zipped=False).body.decode()
    assert {len(line.split("|")) for line in text.splitlines()} == {count}


def test_a_record_that_asks_nothing_is_failed_in_the_combined_file(scene: Scene) -> None:
    body = "recId|searchText|country\n1|Berlin|DEU\n100||\n723|Nowhere 1, Atlantis|\n"
    rows = scene.geocoded(body, outcols="matchLevel", maxresults="1")
    levels = {row["recId"]: row["matchLevel"] for row in rows}
    assert levels == {"1": "city", "100": "FAILED", "723": "NOMATCH"}
    assert next(row for row in rows if row["recId"] == "100")["SeqNumber"] != "1"


def test_a_record_that_asks_nothing_may_be_an_invalid_line(scene: Scene) -> None:
    scene.geocoder.configure({"empty_record": "invalid"})
    job = scene.run_geocoder("recId|searchText\n1|Berlin\n100|\n")
    assert scene.geocoder.errors(CALLER, job, zipped=False).body == b"Line Number:3   100|\n"
    assert scene.geocoder.look(CALLER, job).json()["Response"]["InvalidCount"] == 1


def test_the_columns_of_the_pages_and_of_clients_can_be_asked_for(scene: Scene) -> None:
    columns = "navigationLatitude,navigationLongitude,latitude,longitude,addressDetailsCountry,country"
    (row,) = scene.geocoded("searchText\nBerlin\n", outcols=columns, maxresults="1")
    assert (row["navigationLatitude"], row["navigationLongitude"]) == (row["latitude"], row["longitude"])
    assert (row["addressDetailsCountry"], row["country"]) == ("Germany", "DEU")


def test_results_may_stay_away_although_the_job_is_completed(scene: Scene) -> None:
    scene.geocoder.configure({"results_missing": True})
    job = scene.run_geocoder(MIXED)
    for _ in range(3):
        assert scene.geocoder.look(CALLER, job).json()["Response"]["Status"] == "completed"
        assert scene.geocoder.result(CALLER, job).status == 404
        scene.clock.advance(3600)


def test_everything_is_not_found_where_there_is_nothing_whatever_an_empty_download_is(scene: Scene) -> None:
    assert scene.geocoder.everything(CALLER, scene.run_geocoder("searchText\n\n")).status == 404


@pytest.mark.parametrize(("token", "status"), [("any", 200), ("refused-key", 401), ("forbidden-key", 403)])
def test_a_bearer_token_opens_it_too(scene: Scene, token: str, status: int) -> None:
    query = {"outdelim": "|", "outcols": "city", "outputcombined": "true", "action": "run"}
    caller = Caller(token=Bearer(token))
    assert scene.geocoder.submit(caller, query, b"recId|searchText\n1|Berlin\n").status == status


def test_a_token_of_the_account_opens_it_until_it_ends(scene: Scene) -> None:
    until = scene.clock.now() + 60
    token = scene.world.tokens.issue("here_account", "me", scene.here_account.settings.services, until, "")
    caller = Caller(token=Bearer(token.text))
    assert scene.geocoder.look(caller, "A" * 32).status == 404
    assert scene.geocoder.look(Caller(api_key=token.text), "A" * 32).status == 401
    scene.clock.advance(61)
    assert scene.geocoder.look(caller, "A" * 32).status == 401


def test_a_setting_takes_only_the_forms_that_are_known(scene: Scene) -> None:
    with pytest.raises(ValueError, match="archive"):
        scene.geocoder.configure({"archive": "three_underscores"})
