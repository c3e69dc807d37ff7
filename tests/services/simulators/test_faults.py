"""Scripted faults, in-process."""

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_sandbox.simulators.faults import ConnectionDropped, Faults

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

BODY = b'{"api":"/v1/geocode/search","inputs":[{"params":{"text":"Berlin"}}]}'


def fault(**more: Any) -> dict[str, Any]:
    return {"service": "geoapify", "call": "submit", **more}


def test_a_status_fault_is_answered_in_the_service_s_own_words_without_effect(scene: "Scene") -> None:
    scene.faults.add(fault(kind="status", status=429, retry_after=7))
    reply = scene.geoapify.submit("k", BODY)
    assert (reply.status, reply.headers["Retry-After"]) == (429, "7")
    assert reply.json()["error"] == "Too Many Requests"
    page = scene.account("geoapify")
    assert (page["jobs"], page["records"], page["submits"], page["faults"]) == (0, 0, 1, {"submit:status": 1})


def test_retry_after_may_be_a_date_on_the_clock(scene: "Scene") -> None:
    scene.faults.add(fault(kind="status", status=503, retry_after=60, retry_as_date=True))
    assert scene.geoapify.submit("k", BODY).headers["Retry-After"] == "Mon, 04 Aug 2025 16:49:36 GMT"


def test_a_fault_may_carry_any_body_as_text_or_json(scene: "Scene") -> None:
    scene.faults.add(fault(kind="status", status=502, body="Bad Gateway"))
    scene.faults.add(fault(kind="status", status=400, body={"odd": True}))
    assert scene.geoapify.submit("k", BODY).body == b"Bad Gateway"
    assert scene.geoapify.submit("k", BODY).json() == {"odd": True}


def test_a_dropped_connection_happens_before_or_after_the_effect(scene: "Scene") -> None:
    for kind, jobs in (("drop_before", 0), ("drop_after", 1)):
        scene.faults.add(fault(kind=kind))
        with pytest.raises(ConnectionDropped):
            scene.geoapify.submit("k", BODY)
        assert scene.account("geoapify")["jobs"] == jobs


def test_a_5xx_may_come_after_the_effect(scene: "Scene") -> None:
    scene.faults.add(fault(kind="status", status=500, after=True))
    assert scene.geoapify.submit("k", BODY).status == 500
    assert scene.account("geoapify")["jobs"] == 1


def test_faults_are_a_queue_and_wait_for_their_nth_call(scene: "Scene") -> None:
    scene.faults.add(fault(kind="status", status=500, nth=2, times=2))
    scene.faults.add(fault(kind="status", status=503, nth=1))
    statuses = [scene.geoapify.submit("k", BODY).status for _ in range(5)]
    assert statuses == [503, 500, 500, 202, 202]
    assert scene.faults.left == 0


def test_two_faults_that_are_due_together_play_one_after_the_other(scene: "Scene") -> None:
    scene.faults.add(fault(kind="status", status=500))
    scene.faults.add(fault(kind="html"))
    assert [scene.geoapify.submit("k", BODY).status for _ in range(3)] == [500, 200, 202]


def test_a_fault_hits_only_its_service_and_call(scene: "Scene") -> None:
    scene.faults.add({"service": "here_batch_v7", "call": "look", "kind": "status", "status": 500})
    assert scene.geoapify.look("k", "x").status == 404
    assert scene.here.list_jobs("k").status == 200
    assert scene.here.look("k", "x").status == 500


def test_a_delay_waits_before_or_after_the_effect(scene: "Scene") -> None:
    scene.faults.add(fault(kind="delay", seconds=3))
    assert scene.geoapify.submit("k", BODY).status == 202
    assert scene.waited == [3]


def test_a_cut_body_says_that_it_is_unfinished_unless_the_cut_is_silent(scene: "Scene") -> None:
    whole = scene.geoapify.look("k", "x").body
    scene.faults.add({"service": "*", "call": "*", "kind": "truncate", "keep": 10})
    scene.faults.add({"service": "*", "call": "*", "kind": "truncate", "keep": 0.5, "broken": False})
    broken, silent = scene.geoapify.look("k", "x"), scene.geoapify.look("k", "x")
    assert (broken.body, broken.unfinished) == (whole[:10], True)
    assert (silent.body, silent.unfinished) == (whole[: len(whole) // 2], False)


def test_html_and_redirects_replace_the_answer(scene: "Scene") -> None:
    scene.faults.add(fault(kind="html"))
    scene.faults.add(fault(kind="redirect", status=307, location="http://127.0.0.1:1/elsewhere"))
    page, moved = scene.geoapify.submit("k", BODY), scene.geoapify.submit("k", BODY)
    assert (page.status, page.headers["Content-Type"]) == (200, "text/html")
    assert (moved.status, moved.headers["Location"]) == (307, "http://127.0.0.1:1/elsewhere")


@pytest.mark.parametrize("wrong", [{"kind": "explode"}, {"kind": "delay", "hours": 3}])
def test_a_fault_that_is_not_understood_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="unknown fault"):
        Faults().add(fault(**wrong))
