"""Bringing files home: whole, and never over another job's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from batchdrop_cli.fetching import fetch_files
from batchdrop_cli.stacks import Stack
from tests.cli.examples import job_json

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cloud, Run

ID = "people-0123456789abcdef"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def fetch(batchdrop: Run, out: Path, *more: str, job: str = ID):  # type: ignore[no-untyped-def]  # gives what Run gives
    return batchdrop("fetch", job, "--out", out, "--stack", "team", *more)


def test_what_stands_directly_below_the_job_comes_and_working_files_stay(
    batchdrop: Run, cloud: Cloud, tmp_path: Path
) -> None:
    cloud.put_job(job_json(), results=b"r", errors=b"e")
    cloud.s3.put_object(Bucket="results", Key=f"jobs/{ID}/raw/00001/answer.json", Body=b"raw")
    cloud.s3.put_object(Bucket="results", Key=f"jobs/{ID}/..", Body=b"not a file name")

    said = fetch(batchdrop, tmp_path / "new/out")

    assert said.code == 0
    assert names(tmp_path / "new/out") == ["errors.csv", "job.json", "results.csv"]
    assert (tmp_path / "new/out/results.csv").read_bytes() == b"r"
    assert json.loads((tmp_path / "new/out/job.json").read_bytes()) == job_json()
    assert f"  files        {tmp_path}/new/out/job.json" in said.out.splitlines()


def test_fetch_in_json_is_one_document(batchdrop: Run, cloud: Cloud, tmp_path: Path) -> None:
    cloud.put_job(job_json(), results=b"r")

    said = fetch(batchdrop, tmp_path, "--json")

    assert said.documents == [
        {"job": job_json(), "files": {name: str(tmp_path / name) for name in ("job.json", "results.csv")}}
    ]


def test_the_same_job_may_be_fetched_again(batchdrop: Run, cloud: Cloud, tmp_path: Path) -> None:
    cloud.put_job(job_json(), results=b"first")
    fetch(batchdrop, tmp_path)
    cloud.put_job(job_json(), results=b"second")

    assert fetch(batchdrop, tmp_path).code == 0
    assert (tmp_path / "results.csv").read_bytes() == b"second"


def test_another_job_s_files_are_never_covered(batchdrop: Run, cloud: Cloud, tmp_path: Path) -> None:
    cloud.put_job(job_json(), results=b"first")
    cloud.put_job(job_json(id="other-1", simulated=True), results=b"other")
    fetch(batchdrop, tmp_path)

    said = fetch(batchdrop, tmp_path, job="other-1")

    assert said.code == 2
    assert f"of the job {ID}" in said.err
    assert (tmp_path / "results.csv").read_bytes() == b"first"


def test_a_simulation_takes_the_place_of_another_and_leaves_none_of_its_files(
    batchdrop: Run, cloud: Cloud, tmp_path: Path
) -> None:
    cloud.put_job(job_json(simulated=True), results=b"first", errors=b"e")
    cloud.put_job(job_json(id="other-1", simulated=True, status="failure"), problems=b"p")
    (tmp_path / "notes.txt").write_text("mine")
    fetch(batchdrop, tmp_path)

    said = fetch(batchdrop, tmp_path, job="other-1")

    assert said.code == 1
    assert names(tmp_path) == ["job.json", "notes.txt", "problems.csv"]


def test_a_download_that_breaks_off_leaves_the_directory_as_it_was(cloud: Cloud, tmp_path: Path) -> None:
    cloud.put_job(job_json(), results=b"first")
    stack = Stack("team", "inbox", "results", cloud.s3)
    fetch_files(stack, job_json(), tmp_path)
    cloud.put_job(job_json(), results=b"second")

    def break_off(params: dict[str, str], **_: object) -> None:
        if params["Key"].endswith("results.csv"):
            params["Bucket"] = "no-such-bucket"

    cloud.s3.meta.events.register("provide-client-params.s3.HeadObject", break_off)
    with pytest.raises(ClientError):
        fetch_files(stack, job_json(), tmp_path)

    assert names(tmp_path) == ["job.json", "results.csv"]
    assert (tmp_path / "results.csv").read_bytes() == b"first"


def test_a_job_that_is_not_over_is_not_fetched(batchdrop: Run, cloud: Cloud, tmp_path: Path) -> None:
    cloud.put_job(job_json(status="inProgress"))

    said = fetch(batchdrop, tmp_path / "out")

    assert said.code == 2
    assert "is not over: inProgress" in said.err
    assert not (tmp_path / "out").exists()


def test_a_refused_file_brings_its_problems_and_ends_with_two(
    batchdrop: Run, cloud: Cloud, tmp_path: Path
) -> None:
    problem = {"code": "NO_ROWS", "message": "The file has no records.", "remedy": "Add one.", "line": 1}
    cloud.put_job(job_json(status="failure", problems=[problem]), problems=b"p")

    said = fetch(batchdrop, tmp_path)

    assert said.code == 2
    assert names(tmp_path) == ["job.json", "problems.csv"]
    assert "  NO_ROWS (line 1): The file has no records. Add one." in said.out.splitlines()


@pytest.mark.usefixtures("cloud")
def test_an_unknown_job_is_told_plainly(batchdrop: Run, tmp_path: Path) -> None:
    said = fetch(batchdrop, tmp_path, job="nobody-1")

    assert (said.code, said.out) == (2, "")
    assert "knows no job 'nobody-1'" in said.err
