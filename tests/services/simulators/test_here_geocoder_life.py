"""The life of a Batch Geocoder job on the clock, and who may ask for it."""

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox.simulators.here_geocoder_v6.behaviour import Caller
from tests.services.simulators.scene import CALLER

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

FIVE = "recId|searchText\n1|Berlin\n2|Paris, France\n3|Rome\n4|Vienna\n5|Madrid\n"
RUN = {"action": "run", "outdelim": "|", "outcols": "latitude,longitude", "outputcombined": "true"}
ZERO = {
    f"{name}Count": 0 for name in ("Total", "Valid", "Invalid", "Processed", "Pending", "Success", "Error")
}
UNKNOWN = "A" * 32


def upload(scene: "Scene", body: str = FIVE, **query: str) -> str:
    reply = scene.geocoder.submit(CALLER, query, body.encode())
    assert reply.status == 200, reply.body
    job: str = reply.json()["Response"]["MetaInfo"]["RequestId"]
    return job


def shown(scene: "Scene", job: str) -> dict[str, Any]:
    response: dict[str, Any] = scene.geocoder.look(CALLER, job).json()["Response"]
    return response


def status(scene: "Scene", job: str) -> str:
    return str(shown(scene, job)["Status"])


def billed(scene: "Scene") -> int:
    records: int = scene.account("here_geocoder_v6")["records"]
    return records


def test_a_job_goes_through_its_states_with_the_counters_of_the_page(scene: "Scene") -> None:
    job = upload(scene, **RUN)
    assert len(job) == 32
    accepted = shown(scene, job)
    assert accepted == {"MetaInfo": {"RequestId": job}, "Status": "accepted", **ZERO}
    scene.clock.advance(3)
    half = shown(scene, job)
    assert (half["Status"], half["JobStarted"]) == ("running", "2025-08-04T16:48:38.209Z")
    assert (half["TotalCount"], half["ProcessedCount"], half["PendingCount"]) == (5, 2, 3)
    scene.clock.advance(60)
    done = shown(scene, job)
    assert (done["Status"], done["JobFinished"]) == ("completed", "2025-08-04T16:48:41.209Z")
    counts = {"TotalCount": 5, "ValidCount": 5, "ProcessedCount": 5, "SuccessCount": 5}
    assert {name: done[name] for name in ZERO} == {**ZERO, **counts}


def test_all_records_are_processed_while_the_job_is_still_running(scene: "Scene") -> None:
    scene.geocoder.configure({"sorting_seconds": 30})
    job = upload(scene, **RUN)
    scene.clock.advance(10)
    sorting = shown(scene, job)
    assert (sorting["Status"], sorting["ProcessedCount"]) == ("running", sorting["TotalCount"])
    assert scene.geocoder.result(CALLER, job).status == 404
    scene.clock.advance(30)
    assert status(scene, job) == "completed"


def test_an_upload_waits_in_submitted_and_costs_nothing_until_it_is_run(scene: "Scene") -> None:
    job = upload(scene)
    scene.clock.advance(3600)
    assert (status(scene, job), billed(scene)) == ("submitted", 0)
    assert scene.geocoder.run(CALLER, job, RUN).json()["Response"]["Status"] == "accepted"
    scene.clock.advance(60)
    assert (status(scene, job), billed(scene)) == ("completed", 5)


def test_parameters_may_come_with_the_upload_or_with_the_run(scene: "Scene") -> None:
    job = upload(scene, outdelim=";", outcols="city", outputcombined="true")
    assert scene.geocoder.run(CALLER, job, {"action": "run", "outcols": "country"}).status == 200
    scene.clock.advance(60)
    text = scene.geocoder.result(CALLER, job, zipped=False).body.decode()
    assert text.splitlines()[0] == "recId;SeqNumber;seqLength;country"


def test_a_run_that_lacks_a_parameter_is_refused_and_the_job_stays(scene: "Scene") -> None:
    job = upload(scene)
    refused = scene.geocoder.run(CALLER, job, {"action": "run"})
    assert (refused.status, refused.json()["type"]) == (400, "ApplicationError")
    assert status(scene, job) == "submitted"


def test_a_second_run_while_it_is_under_way_changes_nothing(scene: "Scene") -> None:
    job = upload(scene, **RUN)
    for seconds in (0, 3):
        scene.clock.advance(seconds)
        assert scene.geocoder.run(CALLER, job, RUN).status == 200
    scene.clock.advance(60)
    assert (status(scene, job), billed(scene)) == ("completed", 5)


@pytest.mark.parametrize(
    ("mode", "answer", "records"), [("restart", 200, 10), ("ignore", 200, 5), ("refuse", 400, 5)]
)
def test_a_run_of_a_completed_job_does_what_the_setting_says(
    scene: "Scene", mode: str, answer: int, records: int
) -> None:
    scene.geocoder.configure({"run_completed": mode})
    job = scene.run_geocoder(FIVE)
    assert scene.geocoder.run(CALLER, job, {}).status == answer
    scene.clock.advance(60)
    assert (status(scene, job), billed(scene)) == ("completed", records)


def test_a_failed_job_can_be_run_again(scene: "Scene") -> None:
    scene.geocoder.configure({"failing_jobs": 1})
    job = scene.run_geocoder(FIVE)
    assert (status(scene, job), billed(scene)) == ("failed", 0)
    assert scene.geocoder.result(CALLER, job).status == 404
    scene.geocoder.run(CALLER, job, {"action": "run"})
    scene.clock.advance(60)
    assert (status(scene, job), billed(scene)) == ("completed", 5)


def test_a_cancelled_job_has_no_results_and_paid_for_what_was_done(scene: "Scene") -> None:
    job = upload(scene, **RUN)
    scene.clock.advance(3)
    assert scene.geocoder.cancel(CALLER, job).json()["Response"]["Status"] == "cancelled"
    scene.clock.advance(60)
    assert (status(scene, job), billed(scene)) == ("cancelled", 2)
    for call in (scene.geocoder.result, scene.geocoder.everything):
        assert call(CALLER, job).status == 404


def test_only_a_job_under_way_can_be_cancelled(scene: "Scene") -> None:
    assert scene.geocoder.cancel(CALLER, upload(scene)).status == 400
    assert scene.geocoder.cancel(CALLER, scene.run_geocoder(FIVE)).status == 400


@pytest.mark.parametrize("remembered", [True, False])
def test_a_deleted_job_has_no_files_and_may_still_be_shown(scene: "Scene", *, remembered: bool) -> None:
    scene.geocoder.configure({"delete_shown": remembered})
    job = scene.run_geocoder(FIVE)
    assert scene.geocoder.delete(CALLER, job).json()["Response"]["Status"] == "deleted"
    assert scene.geocoder.look(CALLER, job).status == (200 if remembered else 404)
    assert scene.geocoder.result(CALLER, job).status == 404
    assert scene.geocoder.run(CALLER, job, RUN).status == (400 if remembered else 404)


def test_a_job_that_is_deleted_while_it_runs_costs_no_more(scene: "Scene") -> None:
    job = upload(scene, **RUN)
    scene.clock.advance(3)
    scene.geocoder.delete(CALLER, job)
    scene.clock.advance(60)
    assert (status(scene, job), billed(scene)) == ("deleted", 2)


def test_jobs_are_kept_for_thirty_days_after_processing(scene: "Scene") -> None:
    job = scene.run_geocoder(FIVE)
    scene.clock.advance(29 * 86_400)
    assert scene.geocoder.look(CALLER, job).status == 200
    scene.clock.advance(86_400)
    assert scene.geocoder.look(CALLER, job).status == 404


@pytest.mark.parametrize("job", [UNKNOWN, "short", "../" + UNKNOWN[:29]])
def test_an_unknown_job_is_not_found(scene: "Scene", job: str) -> None:
    for call in (scene.geocoder.look, scene.geocoder.delete, scene.geocoder.cancel, scene.geocoder.result):
        assert call(CALLER, job).status == 404


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (Caller(api_key="k"), 200),
        (Caller(app_id="id", app_code="code"), 200),
        (Caller(app_id="id"), 401),
        (Caller(app_code="code"), 401),
        (Caller(), 401),
        (Caller(api_key="refused-key"), 401),
        (Caller(app_id="id", app_code="refused-key"), 401),
        (Caller(app_id="forbidden-key", app_code="code"), 403),
    ],
)
def test_credentials_are_a_key_or_an_id_with_its_code(scene: "Scene", caller: Caller, expected: int) -> None:
    reply = scene.geocoder.submit(caller, RUN, FIVE.encode())
    assert reply.status == expected
    if expected != 200:
        assert set(reply.json()) == {"error", "error_description"}


def test_too_many_requests_are_refused(scene: "Scene") -> None:
    scene.geocoder.configure({"requests_per_second": 1})
    assert [scene.geocoder.look(CALLER, UNKNOWN).status for _ in range(2)] == [404, 429]


def test_a_status_can_be_one_that_no_page_names(scene: "Scene") -> None:
    job = scene.run_geocoder(FIVE)
    scene.geocoder.configure({"renamed": {"completed": "archived"}})
    assert status(scene, job) == "archived"


def test_the_mail_at_the_end_is_counted_once(scene: "Scene") -> None:
    scene.run_geocoder(FIVE, mailto="a@example.org")
    scene.run_geocoder(FIVE)
    assert scene.account("here_geocoder_v6")["calls"]["mail"] == 1


def test_a_reset_forgets_jobs_and_settings(scene: "Scene") -> None:
    job = upload(scene, **RUN)
    scene.geocoder.configure({"accept_seconds": 1})
    scene.geocoder.reset()
    assert scene.geocoder.look(CALLER, job).status == 404
    assert scene.geocoder.settings.accept_seconds == 2


def test_the_ledger_knows_a_record_whatever_its_id_and_the_order_of_columns(scene: "Scene") -> None:
    scene.run_geocoder("recId|searchText|country\n1|Berlin|DEU\n")
    scene.run_geocoder("country|SEARCHTEXT|recId\nDEU|Berlin|other\n")
    page = scene.account("here_geocoder_v6")
    assert (page["jobs"], page["records"], page["most_times_one_record_was_billed"]) == (2, 2, 2)


@pytest.mark.parametrize("code", [401, 403, 404, 429, 500, 503])
def test_a_fault_speaks_the_service_s_words(scene: "Scene", code: int) -> None:
    scene.faults.add({"service": "here_geocoder_v6", "call": "look", "kind": "status", "status": code})
    reply = scene.geocoder.look(CALLER, UNKNOWN)
    assert reply.status == code
    assert "error" in reply.json() or reply.json()["Details"]
