"""Dropping a file: its key, its version, its job id, and what is refused before anything goes out."""

from __future__ import annotations

import hashlib
import io
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from batchdrop.jobs import job_id
from batchdrop_cli.dropping import EVENTS_AFTER, drop, key_of, seconds_until_ready
from batchdrop_cli.fetching import reserved
from batchdrop_cli.stacks import Stack
from batchdrop_cli.terminal import Terminal
from batchdrop_cli.trouble import Trouble
from tests.cli.examples import job_json

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cloud, Run


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text("q\nBerlin\n")
    return file


def put(batchdrop: Run, file: Path, *more: object, route: str = "geoapify-geocode"):  # type: ignore[no-untyped-def]  # gives what Run gives
    return batchdrop("put", file, "--route", route, "--stack", "team", *more)


def test_the_file_stands_in_the_inbox_and_the_job_id_is_that_of_its_version(
    batchdrop: Run, cloud: Cloud, people: Path
) -> None:
    said = put(batchdrop, people, "--json")

    [answer] = said.documents
    stored = cloud.s3.get_object(Bucket="inbox", Key="incoming/geoapify-geocode/people.csv")
    assert (said.code, said.err) == (0, "")
    assert stored["Body"].read() == b"q\nBerlin\n"
    assert answer == {
        "job": job_id("inbox", "incoming/geoapify-geocode/people.csv", stored["VersionId"]),
        "bucket": "inbox", "key": "incoming/geoapify-geocode/people.csv", "versionId": stored["VersionId"],
        "route": "geoapify-geocode", "size": 9,
    }  # fmt: skip


def test_a_stack_with_private_names_gets_ids_without_the_name(
    batchdrop: Run, cloud: Cloud, people: Path
) -> None:
    cloud.parameters["PrivateNames"] = "true"

    assert put(batchdrop, people, "--json").documents[0]["job"].startswith("file-")


def test_a_pipe_gets_the_id_alone_and_a_person_is_told_how_to_follow_it(
    batchdrop: Run, cloud: Cloud, people: Path
) -> None:
    said = put(batchdrop, people, "--name", "week 7/people.csv")

    version = cloud.s3.head_object(Bucket="inbox", Key="incoming/geoapify-geocode/week 7/people.csv")[
        "VersionId"
    ]
    job = job_id("inbox", "incoming/geoapify-geocode/week 7/people.csv", version)
    assert said.out == f"{job}\n"
    assert said.err.splitlines() == [
        f"{job}: dropped incoming/geoapify-geocode/week 7/people.csv (9 bytes)",
        f"Follow it: batchdrop watch {job} --stack team",
    ]


def test_on_a_terminal_all_that_is_said_stands_together_and_json_has_no_sentences() -> None:
    def terminal(*, drawn: bool, json: bool) -> Terminal:
        out, err = Console(file=io.StringIO(), force_terminal=drawn), Console(file=io.StringIO())
        return Terminal(out, err, json=json)

    person, pipe, program = (
        terminal(drawn=True, json=False),
        terminal(drawn=False, json=False),
        terminal(drawn=False, json=True),
    )

    assert (person.beside().out, pipe.beside().out, program.beside().out) == (
        person.out,
        pipe.err,
        program.out,
    )
    assert (person.piped, pipe.piped, program.piped) == (False, True, False)


def test_a_large_file_goes_in_parts_and_its_version_is_known_all_the_same(
    cloud: Cloud, tmp_path: Path
) -> None:
    file = tmp_path / "large.csv"
    file.write_bytes(b"0123456789abcdef" * (9 << 16))
    sent, lock = [0], threading.Lock()

    def told(more: int) -> None:
        with lock:
            sent[0] += more

    dropped = drop(Stack("team", "inbox", "results", cloud.s3), file, "r", "incoming/r/large.csv", told)

    head = cloud.s3.head_object(Bucket="inbox", Key="incoming/r/large.csv")
    assert head["ETag"].endswith('-2"')
    assert dropped.versionId == head["VersionId"]
    assert sent == [9 << 20]


def test_the_version_is_that_of_our_own_upload_though_another_comes_right_after(
    cloud: Cloud, people: Path
) -> None:
    def overtake(_: int) -> None:
        if not overtaken:
            overtaken.append(True)
            other.start()

    overtaken: list[bool] = []
    other = threading.Thread(
        target=lambda: cloud.s3.put_object(Bucket="inbox", Key="incoming/r/x", Body=b"other")
    )

    dropped = drop(Stack("team", "inbox", "results", cloud.s3), people, "r", "incoming/r/x", overtake)
    other.join()

    ours = cloud.s3.get_object(Bucket="inbox", Key="incoming/r/x", VersionId=dropped.versionId)
    assert ours["Body"].read() == people.read_bytes()


def test_where_events_name_no_version_the_new_job_of_this_key_and_content_is_it(
    cloud: Cloud, people: Path
) -> None:
    key = "incoming/geoapify-geocode/people.csv"
    etag = hashlib.md5(people.read_bytes(), usedforsecurity=False).hexdigest()
    for job, same in {"people-0": key, "people-1": key, "people-2": "incoming/other/people.csv"}.items():
        cloud.put_job(job_json(id=job, input={"key": same, "versionId": f"{etag}/0001"}))

    def answer() -> None:
        while "Contents" not in cloud.s3.list_objects_v2(Bucket="inbox"):
            time.sleep(0.01)
        cloud.put_job(job_json(id="people-3", input={"key": key, "versionId": "another/0002"}))
        cloud.put_job(job_json(id="people-4", input={"key": key, "versionId": f"{etag}/0003"}))

    product = threading.Thread(target=answer)
    product.start()
    local = Stack("team", "inbox", "results", cloud.s3, events_name_versions=False, interval=0)
    dropped = drop(local, people, "geoapify-geocode", key)
    product.join()

    assert dropped.job == "people-4"


def test_an_empty_file_is_dropped_since_the_product_answers_for_it(
    batchdrop: Run, cloud: Cloud, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()

    assert put(batchdrop, empty).code == 0
    assert (
        cloud.s3.head_object(Bucket="inbox", Key="incoming/geoapify-geocode/empty.csv")["ContentLength"] == 0
    )


def test_an_unknown_route_is_refused_before_anything_is_uploaded(
    batchdrop: Run, cloud: Cloud, people: Path
) -> None:
    said = put(batchdrop, people, route="nowhere")

    assert (said.code, said.out) == (2, "")
    assert "There is no route named 'nowhere'." in said.err
    assert "geoapify-geocode" in said.err
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="inbox")


def test_a_route_defined_in_the_inbox_bucket_is_known(batchdrop: Run, cloud: Cloud, people: Path) -> None:
    cloud.s3.put_object(Bucket="inbox", Key="routes/nowhere.json", Body=b"{}")

    assert put(batchdrop, people, route="nowhere").code == 0


@pytest.mark.usefixtures("cloud")
def test_a_file_that_is_not_there_or_is_a_directory_is_wrong_usage(batchdrop: Run, tmp_path: Path) -> None:
    missing = put(batchdrop, tmp_path / "none.csv")
    directory = put(batchdrop, tmp_path)

    assert (missing.code, directory.code) == (2, 2)
    assert "does not exist" in missing.err
    assert "is a directory" in directory.err


@pytest.mark.parametrize(
    "name", ["", "/a.csv", "a//b.csv", "../a.csv", "a/./b.csv", "a\nb.csv", "a/", "é" * 600]
)
def test_names_that_would_mislead_are_refused(name: str) -> None:
    with pytest.raises(Trouble) as caught:
        key_of("geoapify-geocode", name)
    assert caught.value.exit == 2


def test_a_directory_with_another_job_s_files_is_refused_before_the_upload(
    batchdrop: Run, cloud: Cloud, people: Path, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/results.csv").write_text("precious")

    said = put(batchdrop, people, "--out", tmp_path / "out")

    assert said.code == 2
    assert "already holds results.csv of something else" in said.err
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="inbox")


def test_a_directory_that_cannot_be_is_refused_before_the_upload(
    batchdrop: Run, cloud: Cloud, people: Path
) -> None:
    for out, says in (
        (people / "out", f"{people} is a file, so"),
        ("/proc/nowhere/out", "cannot be written to"),
    ):
        said = put(batchdrop, people, "--out", out)

        assert (said.code, said.out) == (2, "")
        assert says in said.err
        assert "Choose another --out" in said.err
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="inbox")


def test_a_directory_that_another_command_fills_is_refused_before_the_upload(
    batchdrop: Run, cloud: Cloud, people: Path, tmp_path: Path
) -> None:
    with reserved(tmp_path / "new/out"):
        said = put(batchdrop, people, "--out", tmp_path / "new/out")

    assert said.code == 2
    assert "Another batchdrop command is writing into" in said.err
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="inbox")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["people.csv.tmp", "people_SUCCESS", "week/_SUCCESS"])
def test_a_name_that_the_product_takes_for_no_data_is_refused_before_the_upload(
    batchdrop: Run, cloud: Cloud, people: Path, name: str
) -> None:
    said = put(batchdrop, people, "--name", name)

    assert (said.code, said.out) == (2, "")
    assert "becomes no job" in said.err
    assert "--name" in said.err
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket="inbox")


def test_wait_and_out_follow_the_job_and_bring_its_files(
    batchdrop: Run, cloud: Cloud, people: Path, tmp_path: Path
) -> None:
    def answer() -> None:
        while "Versions" not in (found := cloud.s3.list_object_versions(Bucket="inbox")):
            time.sleep(0.01)
        version = found["Versions"][0]["VersionId"]
        job = job_id("inbox", "incoming/geoapify-geocode/people.csv", version)
        cloud.put_job(job_json(id=job), results=b"q,bd_lat\n", errors=b"q\n")

    product = threading.Thread(target=answer)
    product.start()
    said = put(batchdrop, people, "--out", tmp_path / "out", "--json")
    product.join()

    [document] = said.documents
    assert said.code == 0
    assert document["job"]["id"] == document["dropped"]["job"]
    assert sorted(document["files"]) == ["errors.csv", "job.json", "results.csv"]
    assert (tmp_path / "out/results.csv").read_bytes() == b"q,bd_lat\n"


def test_errors_beside_their_job_json_are_dropped_with_their_parent(
    batchdrop: Run, cloud: Cloud, tmp_path: Path
) -> None:
    job = job_json()
    cloud.put_job(job, results=b"r", errors=b"address,bd_recId,bd_outcome,bd_code,bd_message\n")
    assert batchdrop("fetch", job["id"], "--out", tmp_path / "d", "--stack", "team").code == 0

    said = batchdrop("put", tmp_path / "d" / "errors.csv", "--route", "geoapify-geocode", "--stack", "team")

    assert said.code == 0, said.err
    stored = cloud.s3.head_object(Bucket="inbox", Key="incoming/geoapify-geocode/errors.csv")
    assert stored["Metadata"] == {"parent": job["id"]}
    (tmp_path / "d" / "job.json").write_text("no JSON")
    batchdrop("put", tmp_path / "d" / "errors.csv", "--route", "geoapify-geocode", "--stack", "team")
    stored = cloud.s3.head_object(Bucket="inbox", Key="incoming/geoapify-geocode/errors.csv")
    assert stored["Metadata"] == {}


def test_a_file_is_held_or_has_a_budget_of_its_own_by_its_metadata(
    batchdrop: Run, cloud: Cloud, people: Path
) -> None:
    said = put(batchdrop, people, "--hold", "--budget", "1234567.5")
    assert said.code == 0, said.err
    [key] = [each["Key"] for each in cloud.s3.list_objects_v2(Bucket="inbox", Prefix="incoming/")["Contents"]]
    stored = cloud.s3.head_object(Bucket="inbox", Key=key)
    assert stored["Metadata"] == {"start": "false", "budget": "1234567.5"}
    assert put(batchdrop, people, "--budget", "-1").code == 2


def test_a_file_for_a_new_stack_waits_until_its_bucket_sends_events(
    batchdrop: Run, cloud: Cloud, people: Path
) -> None:
    """Until then EventBridge hears of no upload, and the file would become no job."""
    ready = datetime.now(UTC) + timedelta(seconds=1)
    cloud.parameters["created"] = (ready - timedelta(seconds=EVENTS_AFTER)).isoformat()
    said = put(batchdrop, people)
    assert datetime.now(UTC) >= ready
    assert said.code == 0
    assert "The stack team is new" in said.err


@pytest.mark.parametrize(("age", "seconds"), [(0, 330), (300, 30), (330, 0), (86_400, 0)])
def test_a_stack_is_new_for_about_five_minutes(cloud: Cloud, age: float, seconds: float) -> None:
    stack = Stack("team", "inbox", "results", cloud.s3, created=1000.0)
    assert seconds_until_ready(stack, 1000.0 + age) == seconds
