"""The life of a HERE job on the clock, with the counters of the "Job status" page."""

import re
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

# Five records under a header, as in the seed's samples: estimate 6, then 5.
FIVE = "recId|q\n1|Berlin\n2|Paris, France\n3|Rome\n4|Vienna\n5|Madrid\n"
ZERO = dict.fromkeys(("valid", "invalid", "processed", "pending", "succeeded", "failed"), 0)


def made(scene: "Scene", body: str = FIVE, **query: str) -> str:
    job: str = scene.submit_here(body, **query).json()["id"]
    return job


def test_a_job_goes_through_all_states_with_the_counters_of_the_page(scene: "Scene") -> None:
    job = made(scene)
    queued = scene.look_here(job)
    assert (queued["status"], queued["records"]) == ("queued", {"total": 6, **ZERO})
    assert queued["created"] == "2025-08-04T16:48:36.209077Z"
    assert "started" not in queued
    scene.clock.advance(2)
    pending = scene.look_here(job)
    assert (pending["status"], pending["records"]["total"]) == ("pending", 6)
    scene.clock.advance(3)
    working = scene.look_here(job)
    assert (working["status"], working["started"]) == ("inProgress", "2025-08-04T16:48:41.209077Z")
    assert working["records"] == {**ZERO, "total": 5, "valid": 5, "pending": 5}
    assert "ended" not in working
    scene.clock.advance(1)
    half = scene.look_here(job)
    assert half["records"] == {**ZERO, "total": 5, "valid": 5, "processed": 2, "pending": 3, "succeeded": 2}
    assert (half["resultsHref"], half["errorsHref"]) == ("", "")
    scene.clock.advance(1)
    done = scene.look_here(job)
    assert (done["status"], done["ended"]) == ("completed", "2025-08-04T16:48:43.209077Z")
    assert done["records"] == {**ZERO, "total": 5, "valid": 5, "processed": 5, "succeeded": 5}
    assert done["resultsHref"].endswith(f"/v7/batch/jobs/{job}/results")
    assert (done["errorsHref"], done["outputType"], done["billingTags"]) == ("", "csv", [])
    assert "tag" not in done


@pytest.mark.parametrize("records", [1, 7, 1000, 2520])
def test_completed_jobs_have_processed_every_valid_record(scene: "Scene", records: int) -> None:
    scene.here.configure({"records_per_second": 501.3})
    counters = scene.look_here(scene.run_here("q\n" + "Berlin\n" * records + "\n\n"))["records"]
    assert counters == {
        **ZERO,
        "total": records,
        "valid": records,
        "processed": records,
        "succeeded": records,
    }


def test_a_job_without_start_waits_in_submitted_and_costs_nothing(scene: "Scene") -> None:
    job = made(scene, startJob="false")
    scene.clock.advance(3600)
    assert scene.look_here(job)["status"] == "submitted"
    assert scene.account("here_batch_v7")["records"] == 0
    assert scene.here.start("k", job).json()["status"] == "queued"
    scene.clock.advance(3600)
    assert scene.look_here(job)["status"] == "completed"
    assert scene.account("here_batch_v7")["records"] == 5


def test_start_is_a_no_op_while_it_runs_and_may_answer_pending(scene: "Scene") -> None:
    scene.here.configure({"start_answers": "pending"})
    job = made(scene, startJob="false")
    assert scene.here.start("k", job).json()["status"] == "pending"
    scene.clock.advance(6)
    assert scene.here.start("k", job).json()["status"] == "inProgress"
    scene.clock.advance(60)
    assert scene.account("here_batch_v7")["records"] == 5


def test_a_stop_comes_later_keeps_partial_results_and_a_start_goes_on(scene: "Scene") -> None:
    scene.here.configure({"stop_seconds": 0.5})
    job = made(scene)
    scene.clock.advance(5.5)
    assert scene.here.stop("k", job).json()["status"] == "inProgress"
    scene.clock.advance(60)
    stopped = scene.look_here(job)
    assert (stopped["status"], stopped["ended"]) == ("stopped", "2025-08-04T16:48:42.209077Z")
    assert stopped["records"] == {**ZERO, "total": 5, "valid": 5, "processed": 2, "succeeded": 2}
    assert stopped["resultsHref"]
    assert scene.here.results("k", job).body.count(b"\n") == 1 + 2
    scene.here.start("k", job)
    scene.clock.advance(2 + 3 + 1)
    assert scene.look_here(job)["records"]["processed"] == 3, "two from before and half of the other three"
    scene.clock.advance(60)
    done = scene.look_here(job)
    assert (done["status"], done["records"]["processed"]) == ("completed", 5)
    page = scene.account("here_batch_v7")
    assert (page["records"], page["most_times_one_record_was_billed"]) == (5, 1)


def test_a_stop_before_any_work_leaves_estimates(scene: "Scene") -> None:
    job = made(scene)
    scene.here.stop("k", job)
    scene.clock.advance(60)
    stopped = scene.look_here(job)
    assert (stopped["status"], stopped["records"]) == ("stopped", {"total": 6, **ZERO})
    assert "started" not in stopped
    assert scene.here.results("k", job).status == 204


def test_stop_and_start_of_a_finished_job_do_nothing_or_are_refused(scene: "Scene") -> None:
    job = scene.run_here(FIVE)
    assert scene.here.stop("k", job).json()["status"] == "completed"
    assert scene.here.start("k", job).json()["status"] == "completed"
    scene.here.configure({"stop_finished": "refuse"})
    for refused in (scene.here.stop("k", job), scene.here.start("k", job)):
        assert (refused.status, refused.json()["code"]) == (400, "E6004006")


def test_a_failed_job_shows_odd_counters_and_no_output_type_and_can_be_restarted(scene: "Scene") -> None:
    scene.here.configure({"failing_jobs": 1})
    job = scene.run_here(FIVE)
    failure = scene.look_here(job)
    assert failure["status"] == "failure"
    assert failure["records"] == {**ZERO, "total": 6, "invalid": 6, "failed": 6}
    assert "outputType" not in failure
    assert (failure["resultsHref"], failure["errorsHref"][-7:]) == ("", "/errors")
    assert scene.here.errors("k", job).status == 200
    scene.here.start("k", job)
    scene.clock.advance(60)
    assert scene.look_here(job)["records"]["succeeded"] == 5


def test_a_deleted_job_shows_its_last_counters_and_empty_hrefs(scene: "Scene") -> None:
    job = scene.run_here(FIVE)
    answer = scene.here.delete("k", job)
    assert (answer.status, answer.json()["status"]) == (200, "deleted")
    for _ in range(2):
        shown = scene.look_here(job)
        assert (shown["status"], shown["records"]["succeeded"]) == ("deleted", 5)
        assert (shown["resultsHref"], shown["errorsHref"]) == ("", "")
        scene.here.delete("k", job)
    assert scene.here.results("k", job).status == 404
    assert scene.here.start("k", job).json()["title"] == "Job has been deleted"


def test_a_job_deleted_before_it_started_has_no_counters_and_is_never_billed(scene: "Scene") -> None:
    job = made(scene)
    scene.here.delete("k", job)
    scene.clock.advance(3600)
    assert "records" not in scene.look_here(job)
    assert scene.account("here_batch_v7")["records"] == 0


def test_jobs_wait_in_queued_while_too_many_run(scene: "Scene") -> None:
    scene.here.configure({"max_running": 1})
    first, second = made(scene), made(scene)
    scene.clock.advance(6.9)
    assert [scene.look_here(job)["status"] for job in (first, second)] == ["inProgress", "queued"]
    scene.clock.advance(0.1)
    assert [scene.look_here(job)["status"] for job in (first, second)] == ["completed", "pending"]
    scene.clock.advance(5)
    assert scene.look_here(second)["ended"] == "2025-08-04T16:48:48.209077Z"


def test_too_many_started_jobs_are_refused_and_too_many_startable_ones_too(scene: "Scene") -> None:
    scene.here.configure({"max_started": 1, "max_startable": 2})
    one, two = made(scene, startJob="false"), made(scene, startJob="false")
    full = scene.submit_here(FIVE)
    assert full.status == 429
    assert scene.here.start("k", one).status == 200
    refused = scene.here.start("k", two)
    assert (refused.status, refused.json()["code"]) == (429, "E6004291")


def test_a_job_is_gone_after_thirty_days(scene: "Scene") -> None:
    job = scene.run_here(FIVE)
    scene.clock.advance(30 * 86_400)
    gone = scene.here.look("k", job)
    assert (gone.status, gone.json()["code"]) == (404, "E6004041")


def test_status_names_can_be_ones_that_nobody_documented(scene: "Scene") -> None:
    scene.here.configure({"renamed": {"queued": "throttled"}})
    assert scene.look_here(made(scene))["status"] == "throttled"


def test_lists_filter_by_tag_and_status_and_come_in_pages_without_deleted_ones(scene: "Scene") -> None:
    a, b, c = (made(scene, tag=tag, startJob="false") for tag in ("x", "x", "y"))
    scene.here.delete("k", a)

    def ids(**query: str) -> list[str]:
        shown = scene.here.list_jobs("k", query).json()
        assert shown["count"] == len(shown["items"])
        return [item["id"] for item in shown["items"]]

    assert ids() == [c, b]
    assert ids(tag="x") == [b]
    assert ids(tag="x", status="completed") == []
    assert ids(limit="1", offset="1") == [b]
    assert scene.here.list_jobs("k", {"tag": "x"}).json()["items"][0]["tag"] == "x"


@pytest.mark.parametrize("query", [{"status": "deleted"}, {"limit": "0"}, {"limit": "101"}, {"offset": "-1"}])
def test_a_list_with_wrong_parameters_is_refused(scene: "Scene", query: dict[str, str]) -> None:
    assert scene.here.list_jobs("k", query).status == 400


def test_bulk_delete_needs_a_status_and_tells_what_it_deleted(scene: "Scene") -> None:
    job = made(scene, tag="x", startJob="false")
    assert scene.here.delete_jobs("k", {}).status == 400
    assert scene.here.delete_jobs("k", {"status": "completed"}).json() == {"total": 0, "jobIds": []}
    assert scene.here.delete_jobs("k", {"status": "any", "tag": "x"}).json() == {"total": 1, "jobIds": [job]}
    assert scene.look_here(job)["status"] == "deleted"


def test_unknown_and_malformed_ids_are_told_apart(scene: "Scene") -> None:
    unknown = scene.here.look("k", "JOB-00000000-0000-0000-0000-000000000000")
    body: dict[str, Any] = unknown.json()
    assert set(body) == {"title", "status", "code", "cause", "action", "correlationId"}
    assert (unknown.status, body["code"]) == (404, "E6004041")
    assert scene.here.look("k", "17").json()["code"] == "E6004001"


def test_credentials_are_refused_in_their_own_shape(scene: "Scene") -> None:
    nobody, forbidden = scene.here.list_jobs(""), scene.here.list_jobs("forbidden-key")
    assert nobody.json() == {"error": "Unauthorized", "error_description": "No credentials found"}
    assert (nobody.status, forbidden.status) == (401, 403)


def test_the_id_has_the_documented_form_and_the_answer_to_a_submit_is_brief(scene: "Scene") -> None:
    shown = scene.submit_here(FIVE, tag="t", billingTags="abcd+efgh").json()
    assert re.fullmatch(r"JOB-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", shown["id"])
    assert set(shown) == {"id", "serviceHrn", "tag", "billingTags", "status", "href"}
    assert (shown["status"], shown["billingTags"]) == ("submitted", ["abcd", "efgh"])


def test_the_rate_is_kept(scene: "Scene") -> None:
    scene.here.configure({"requests_per_second": 1})
    assert [scene.here.list_jobs("k").status for _ in range(2)] == [200, 429]
