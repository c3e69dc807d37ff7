"""HERE Batch v7 with its webhooks (BETA), health and version: the whole simulated service."""

from dataclasses import replace
from typing import Any

from batchdrop_sandbox.simulators.behaviour import answered
from batchdrop_sandbox.simulators.here_batch_v7.behaviour import Jobs
from batchdrop_sandbox.simulators.here_batch_v7.jobs import Job, iso
from batchdrop_sandbox.simulators.here_batch_v7.notifications import (
    DUMMY,
    Notification,
    filled,
    new_id,
    read_url,
    values_of,
)
from batchdrop_sandbox.simulators.here_batch_v7.refusals import BAD_NOTIFICATION, NOT_FOUND, Refused
from batchdrop_sandbox.simulators.here_batch_v7.settings import Settings
from batchdrop_sandbox.simulators.reply import Reply, json_reply
from batchdrop_sandbox.simulators.world import World


class HereBatchV7(Jobs):
    """The whole service. A webhook is a hint: a GET without body, unsigned, sent when a job ends [spec].

    Which ends ring, how often and when is not documented; the settings choose [assumed].
    """

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        super().__init__(world, settings)
        self._notifications: dict[str, Notification] = {}
        self._to_ring: list[tuple[float, str]] = []

    @answered("notification_create")
    def create_notification(self, key: str, body: bytes) -> Reply:
        """POST /batch/notifications → 201 with the id [spec]."""

        def created() -> Reply:
            made = Notification(new_id(), read_url(body))
            self._notifications[made.id] = made
            return json_reply(201, made.shown())

        return self._allowed(key, created)

    @answered("notification_list")
    def list_notifications(self, key: str) -> Reply:
        """GET /batch/notifications → 200; an array [assumed], the spec declares one object by a slip."""
        return self._allowed(
            key, lambda: json_reply(200, [one.shown() for one in self._notifications.values()])
        )

    @answered("notification_look")
    def get_notification(self, key: str, notification_id: str) -> Reply:
        """GET /batch/notifications/{id} → 200 [spec]; unknown 404 [assumed]."""
        return self._allowed(key, lambda: json_reply(200, self._notification(notification_id).shown()))

    @answered("notification_change")
    def change_notification(self, key: str, notification_id: str, body: bytes) -> Reply:
        """PUT /batch/notifications/{id} → 200 [spec]."""

        def changed() -> Reply:
            one = replace(self._notification(notification_id), url=read_url(body))
            self._notifications[one.id] = one
            return json_reply(200, one.shown())

        return self._allowed(key, changed)

    @answered("notification_delete")
    def delete_notification(self, key: str, notification_id: str) -> Reply:
        """DELETE /batch/notifications/{id} → 204 [spec]."""

        def deleted() -> Reply:
            del self._notifications[self._notification(notification_id).id]
            return Reply(204)

        return self._allowed(key, deleted)

    @answered("notification_test")
    def try_notification(self, key: str, notification_id: str) -> Reply:
        """GET /batch/notifications/{id}/test → 204, and the hook is rung with dummy values [spec]."""

        def tried() -> Reply:
            url = filled(self._notification(notification_id).url, DUMMY)
            self._to_ring.append((self.world.clock.now(), url))
            return Reply(204)

        reply = self._allowed(key, tried)
        self._ring_due()
        return reply

    @answered("health")
    def health(self) -> Reply:
        """GET /health → 200 {"status": "ok"}, open to all [spec]."""
        return json_reply(200, {"status": "ok"})

    @answered("version")
    def version(self, key: str) -> Reply:
        """GET /version → 200, with credentials [spec]."""
        shown: dict[str, Any] = {"apiVersion": "7.40.0", "serviceVersion": "simulator", "dataVersions": []}
        return self._allowed(key, lambda: json_reply(200, shown))

    def settle(self) -> None:
        """Let everything happen that is due, then ring whom it concerns."""
        super().settle()
        self._ring_due()

    def reset(self) -> None:
        """Forget jobs, webhooks and settings."""
        with self.lock:
            super().reset()
            self._notifications.clear()
            self._to_ring.clear()

    def _ring_due(self) -> None:
        now = self.world.clock.now()
        with self.lock:
            due = [url for moment, url in self._to_ring if moment <= now]
            self._to_ring = [one for one in self._to_ring if one[0] > now]
        for url in due:
            self.world.ledger.arrived(self.name, "ring")
            self.world.ring(url)

    def _ended(self, job: Job) -> None:
        settings = self.settings
        if job.status not in settings.ring_on or job.ended is None:
            return
        for one in job.asked.notification_ids:
            hook = self._notifications.get(one)
            if hook is None:
                continue
            self._notifications[one] = replace(hook, last_used=iso(job.ended))
            url = filled(hook.url, values_of(job, job.status))
            self._to_ring.extend([(job.ended + settings.ring_delay, url)] * settings.rings_per_end)

    def _check_notifications(self, ids: tuple[str, ...]) -> None:
        if any(one not in self._notifications for one in ids):
            raise Refused(BAD_NOTIFICATION)

    def _notification(self, notification_id: str) -> Notification:
        one = self._notifications.get(notification_id)
        if one is None:
            raise Refused(replace(NOT_FOUND, title="Notification not found"))
        return one
