"""merge: one complete file from a stack, or from directories that were fetched before."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.examples import job_json

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cloud, Run

A, B, C = (f"{name}-0123456789abcdef" for name in "abc")
HEAD = "address,bd_recId,bd_seqNumber,bd_seqLength,bd_lat\n"
WRONG = "address,bd_recId,bd_outcome,bd_code,bd_message,bd_job\n"


def good(*numbers: int) -> bytes:
    return (HEAD + "".join(f"Street {n},{n},1,1,52.5\n" for n in numbers)).encode()


def bad(job: str, *numbers: int) -> bytes:
    return (WRONG + "".join(f"Street {n},{n},noMatch,NO_MATCH,nothing,{job}\n" for n in numbers)).encode()


def document(job: str, day: int, total: int, parent: str = "", **changes: Any) -> dict[str, Any]:
    family = {"parent": parent, "origin": A} if parent else {}
    made = f"2026-01-0{day}T00:00:00Z"
    return job_json(id=job, created=made, records={"total": total}, **family, **changes)


def put_family(cloud: Cloud) -> None:
    cloud.put_job(document(A, 1, 4), results=good(1), errors=bad(A, 2, 3, 4))
    cloud.put_job(document(B, 2, 3, A), results=good(4), errors=bad(B, 3, 2))
    cloud.put_job(document(C, 3, 2, B), results=good(3), errors=bad(C, 2))
    cloud.put_job(job_json(id="x-0123456789abcdef"), results=good(1), errors=bad("x"))


def local(folder: Path, job: dict[str, Any], results: bytes, errors: bytes, *, suffix: str = ".csv") -> Path:
    folder.mkdir()
    (folder / "job.json").write_text(json.dumps(job))
    pack = gzip.compress if suffix.endswith(".gz") else bytes
    (folder / f"results{suffix}").write_bytes(pack(results))
    (folder / f"errors{suffix}").write_bytes(pack(errors))
    return folder


@pytest.mark.parametrize("names", [(A,), (C,), (C, A, B)])
def test_one_id_stands_for_its_whole_family(
    batchdrop: Run, cloud: Cloud, tmp_path: Path, names: tuple[str, ...]
) -> None:
    put_family(cloud)
    out = tmp_path / "people.csv"

    said = batchdrop("merge", *names, "--out", out, "--stack", "team", "--json")

    assert said.code == 0, said.err
    assert out.read_bytes() == good(1, 3, 4)
    assert (tmp_path / "people.errors.csv").read_bytes() == bad(A, 2)
    assert said.documents == [
        {
            "job": A, "jobs": [A, B, C], "records": 4, "matched": 3, "open": 1, "added": 0,
            "files": {"results": str(out), "errors": str(tmp_path / "people.errors.csv")},
        }
    ]  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["people.csv", "people.errors.csv"]


def test_directories_are_merged_without_any_stack(
    batchdrop: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    one = local(tmp_path / "one", document(A, 1, 2), good(1), bad(A, 2), suffix=".csv.gz")
    two = local(tmp_path / "two", document(B, 2, 1, A), good(2), bad(B), suffix=".csv.gz")

    said = batchdrop("merge", two, one)

    assert said.code == 0, said.err
    assert said.out.splitlines() == [
        "merged.csv.gz: 2 of 2 records",
        "merged.errors.csv.gz: 0 that are still open",
        f"From 2 jobs: {A}, {B}",
    ]
    assert gzip.decompress((tmp_path / "merged.csv.gz").read_bytes()) == good(1, 2)


def test_one_job_and_one_open_record_are_told_in_the_singular(batchdrop: Run, tmp_path: Path) -> None:
    one = local(tmp_path / "one", document(A, 1, 1), good(), bad(A, 1))

    said = batchdrop("merge", one, "--out", tmp_path / "m.csv")

    assert said.out.splitlines() == [
        f"{tmp_path}/m.csv: 0 of 1 record",
        f"{tmp_path}/m.errors.csv: 1 that is still open",
        f"From 1 job: {A}",
    ]


def test_a_directory_and_a_job_of_the_stack_go_together(batchdrop: Run, cloud: Cloud, tmp_path: Path) -> None:
    put_family(cloud)
    one = local(tmp_path / "one", document(A, 1, 4), good(1), bad(A, 2, 3, 4))

    said = batchdrop("merge", one, B, "--out", tmp_path / "m.csv", "--stack", "team")

    assert said.code == 0, said.err
    assert (tmp_path / "m.csv").read_bytes() == good(1, 4)


def test_deleted_and_refused_jobs_of_the_family_are_left_out(
    batchdrop: Run, cloud: Cloud, tmp_path: Path
) -> None:
    put_family(cloud)
    cloud.put_job(document("d-0123456789abcdef", 4, 0, A, status="deleted", resultsHref=""))

    said = batchdrop("merge", A, "--out", tmp_path / "m.csv", "--stack", "team", "--json")

    assert said.documents[0]["jobs"] == [A, B, C]


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ((A, "x-0123456789abcdef"), "do not make one file: x-0123456789abcdef: it redoes none of these"),
        ((A, C), f"{C}: it redoes {B}, which is not among these jobs"),
        ((A, "nobody"), "knows no job"),
    ],
)
def test_what_does_not_belong_together_is_refused_and_nothing_is_written(
    batchdrop: Run, cloud: Cloud, tmp_path: Path, names: tuple[str, ...], reason: str
) -> None:
    put_family(cloud)

    said = batchdrop("merge", *names, "--out", tmp_path / "m.csv", "--stack", "team")

    assert said.code == 2
    assert reason in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_is_not_over_or_has_no_results_is_refused(
    batchdrop: Run, cloud: Cloud, tmp_path: Path
) -> None:
    put_family(cloud)
    cloud.put_job(document(B, 2, 3, A, status="inProgress", resultsHref=""))
    said = batchdrop("merge", A, B, "--out", tmp_path / "m.csv", "--stack", "team")
    assert (said.code, said.err.splitlines()[0]) == (2, f"The job {B} is not over: inProgress.")

    cloud.put_job(document(B, 2, 3, A, status="deleted", resultsHref=""))
    said = batchdrop("merge", A, B, "--out", tmp_path / "m.csv", "--stack", "team")
    assert (said.code, said.err.splitlines()[0]) == (2, f"The job {B} has no results: deleted.")


def test_a_file_that_is_there_is_replaced_only_when_asked_for(
    batchdrop: Run, cloud: Cloud, tmp_path: Path
) -> None:
    put_family(cloud)
    out = tmp_path / "people.csv"
    out.write_bytes(b"precious")

    refused = batchdrop("merge", A, "--out", out, "--stack", "team")
    assert (refused.code, refused.err.splitlines()[0]) == (2, f"{out} is there already.")
    rest = tmp_path / "people.errors.csv"
    rest.write_bytes(b"precious")
    refused = batchdrop("merge", A, "--out", out, "--stack", "team")
    assert refused.err.splitlines()[0] == f"{out} and {rest} are there already."
    assert out.read_bytes() == b"precious"
    assert batchdrop("merge", A, "--out", out, "--stack", "team", "--force").code == 0
    assert out.read_bytes() == good(1, 3, 4)


def test_a_changed_file_leaves_nothing_half_written(batchdrop: Run, tmp_path: Path) -> None:
    one = local(tmp_path / "one", document(A, 1, 3), good(1), bad(A, 2))

    said = batchdrop("merge", one, "--out", tmp_path / "m.csv")

    assert said.code == 2
    assert f"{A}: its outputs hold 2 records, but it has 3" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
