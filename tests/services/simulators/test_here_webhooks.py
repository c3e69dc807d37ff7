"""HERE's webhooks, health and version."""

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.services.simulators.scene import Scene

HOOK = (
    "http://127.0.0.1:1/hook/secret?job=${JOB_ID}&status=${JOB_STATUS}&ok=${JOB_RECORDS_SUCCEEDED}&x=${OTHER}"
)


def hooked(scene: "Scene", url: str = HOOK) -> str:
    reply = scene.here.create_notification(
        "k", json.dumps({"type": "webHook", "config": {"url": url}}).encode()
    )
    assert reply.status == 201
    ident: str = reply.json()["id"]
    return ident


def test_a_job_s_end_rings_with_the_placeholders_filled(scene: "Scene") -> None:
    ident = hooked(scene)
    job = scene.run_here("q\nBerlin\n", notificationIds=ident)
    assert scene.look_here(job)["notificationIds"] == [ident]
    assert scene.rung == [f"http://127.0.0.1:1/hook/secret?job={job}&status=completed&ok=1&x=${{OTHER}}"]
    assert scene.here.get_notification("k", ident).json()["lastUsedTime"].startswith("2025-08-04T16:48:43")


@pytest.mark.parametrize("rings", [0, 2])
def test_a_ring_may_come_twice_late_or_never(scene: "Scene", rings: int) -> None:
    scene.here.configure({"rings_per_end": rings, "ring_delay": 5000})
    scene.run_here("q\nBerlin\n", notificationIds=hooked(scene))
    scene.here.settle()
    assert scene.rung == []
    scene.clock.advance(5000)
    scene.here.settle()
    scene.here.settle()
    assert len(scene.rung) == rings


def test_only_the_chosen_ends_ring(scene: "Scene") -> None:
    scene.here.configure({"ring_on": ["failure"]})
    ident = hooked(scene)
    scene.run_here("q\nBerlin\n", notificationIds=ident)
    scene.here.configure({"failing_jobs": 1})
    scene.run_here("q\nBerlin\n", notificationIds=ident)
    scene.here.settle()
    assert len(scene.rung) == 1
    assert "status=failure" in scene.rung[0]


def test_the_test_call_rings_with_dummy_values(scene: "Scene") -> None:
    assert scene.here.try_notification("k", hooked(scene)).status == 204
    assert "job=JOB-00000000" in scene.rung[0]


def test_webhooks_can_be_listed_changed_and_deleted(scene: "Scene") -> None:
    ident = hooked(scene)
    changed = {"type": "webHook", "config": {"url": "https://example.org/other"}}
    assert scene.here.change_notification("k", ident, json.dumps(changed).encode()).status == 200
    assert scene.here.list_notifications("k").json() == [{"id": ident, **changed}]
    assert scene.here.delete_notification("k", ident).status == 204
    assert scene.here.get_notification("k", ident).status == 404
    assert scene.here.list_notifications("k").json() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"type":"mail","config":{"url":"http://x"}}',
        b'{"type":"webHook","config":{"url":"ftp://x"}}',
    ],
)
def test_a_webhook_that_is_none_is_refused(scene: "Scene", body: bytes) -> None:
    assert scene.here.create_notification("k", body).status == 400


def test_at_most_five_webhooks_a_job(scene: "Scene") -> None:
    ids = ",".join(hooked(scene) for _ in range(6))
    assert scene.submit_here("q\nBerlin\n", notificationIds=ids).status == 400


def test_health_is_open_and_version_is_not(scene: "Scene") -> None:
    assert scene.here.health().json() == {"status": "ok"}
    assert scene.here.version("").status == 401
    assert set(scene.here.version("k").json()) == {"apiVersion", "serviceVersion", "dataVersions"}


def test_a_reset_forgets_jobs_and_webhooks(scene: "Scene") -> None:
    ident = hooked(scene)
    job = scene.submit_here("q\nBerlin\n", notificationIds=ident).json()["id"]
    scene.here.reset()
    scene.clock.advance(3600)
    scene.here.settle()
    assert (scene.here.look("k", job).status, scene.rung) == (404, [])
