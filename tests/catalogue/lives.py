"""Group P, lives of the service's jobs: expired, for ever pending, unknown, stopped, failed, deleted, used up; bodies cut, zipped, large."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from batchdrop_sandbox.simulators.reply import Reply
from tests.catalogue.answered import ALL, answered, each
from tests.catalogue.between import (
    CREATE,
    GEOAPIFY,
    HERE,
    LOOK,
    OLDER,
    TRACKING,
    Provider,
    json_edited,
    on,
)
from tests.catalogue.replies import EVER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop_sandbox.simulators.reply import Request

DAY = 86_400.0


def _late(made: Provider) -> None:
    """Nobody looks for 25 hours after the service has begun."""
    payload = {"job": made.job, "run": 0}
    (lane,) = made.world.plan(payload)["lanes"]
    assert made.world.admit(payload)["outcome"] == "go"
    made.world.advance(
        {
            **payload,
            "lane": lane,
            "now": {"settled": False, "listens": False, "wait": 1, "rings": 0, "ticks": 0},
        }
    )
    made.world.clock.advance(13 * 3600)
    made.world.sweep()
    made.early = dict(made.world.metrics)  # type: ignore[attr-defined]  # noted for the check afterwards
    made.world.clock.advance(12 * 3600)


def _warned(made: Provider, document: Mapping[str, Any]) -> None:
    assert any("xpir" in name and value for name, value in made.early.items()), made.early  # type: ignore[attr-defined]  # of this world only
    assert document["price"]["spent"] > 0
    assert made.count(*CREATE[made.service]) == 1


def _statuses(*words: str) -> Callable[[str], Any]:
    """The first looks find these words as the service's status; for Geoapify as 202."""

    def twist(service: str) -> Any:
        def make(_made: Provider) -> Any:
            left = list(words)

            def edit(reply: Reply) -> Reply:
                word = left.pop(0) if len(left) > 1 else left[0]
                return renamed(service, reply, word)

            return on(LOOK[service], edit, times=EVER if len(words) == 1 else len(words))

        return make

    return twist


def renamed(service: str, reply: Reply, word: str) -> Reply:
    """The same look with another status."""
    if service == GEOAPIFY:
        return Reply(
            202, {"Content-Type": "application/json"}, json.dumps({"id": "x" * 32, "status": word}).encode()
        )

    def change(found: Any) -> None:
        if isinstance(found, dict):
            for name in found:
                if name.lower() == "status" and isinstance(found[name], str):
                    found[name] = word
                change(found[name])

    return json_edited(change)(reply)


RUNNING = {GEOAPIFY: "pending", HERE: "inProgress", OLDER: "running", TRACKING: "ongoing"}


def _goes_on(made: Provider, document: Mapping[str, Any]) -> None:
    """A person lets it wait on, the service finishes: all is well, and nothing was sent again."""
    assert "redrive" in document["attention"]["actions"]
    made.twist = lambda _request, reply: reply
    after = made.act("redrive")
    assert after["status"] == "completed"
    assert made.count(*CREATE[made.service]) == 1


def _kept_for_ever(made: Provider) -> None:
    if made.service == GEOAPIFY:
        made.configure(retention_hours=10_000.0)


LASTING = [
    answered("P7", "collected after 25 hours", GEOAPIFY, "RESULT_EXPIRED", before=_late, then=_warned),
    *[answered(f"P8_{service}", f"pending for ever: {service}", service, "STALLED", twist=_statuses(RUNNING[service])(service),
               settings={"retention_hours": 10_000.0} if service == GEOAPIFY else {},
               then=_goes_on) for service in ALL],
    *each("P9", "a status never seen before, five times", ALL, {}, twist=_statuses(*["reticulating"] * 5), log="a status that is not documented"),
    *each("P9b", "a status never seen before, for ever", ALL, dict.fromkeys(ALL, "STALLED"), twist=_statuses("reticulating"),
          before=_kept_for_ever),
]  # fmt: skip


def _stopped_by_another(made: Provider) -> None:
    """Somebody else stops the job at the service while it works."""
    payload = {"job": made.job, "run": 0}
    (lane,) = made.world.plan(payload)["lanes"]
    made.world.admit(payload)
    made.world.advance(
        {
            **payload,
            "lane": lane,
            "now": {"settled": False, "listens": False, "wait": 1, "rings": 0, "ticks": 0},
        }
    )
    made.world.clock.advance(7)
    behaviour: Any = made.server.behaviours[made.service]
    (ticket,) = behaviour._jobs
    if made.service == HERE:
        behaviour.stop("someone", ticket)
    else:
        found: Any = behaviour.cancel(_caller(made), ticket)
        assert found.status < 300, found.body
    made.world.clock.advance(2)


def _caller(made: Provider) -> Any:
    if made.service == TRACKING:
        from batchdrop_sandbox.simulators.keys import Bearer  # noqa: PLC0415  # needed by this row only

        return Bearer("any")
    from batchdrop_sandbox.simulators.here_geocoder_v6.behaviour import Caller  # noqa: PLC0415  # needed by this row only

    return Caller(api_key="someone")


def _rest_is_listed(made: Provider, document: Mapping[str, Any]) -> None:
    """The rest stands in errors.csv as unprocessed, and dropped back only that is sent."""
    rest = [row for row in made.world.rows(made.job, "errors.csv") if row["bd_outcome"] == "unprocessed"]
    assert len(rest) == document["records"]["unprocessed"] > 0
    assert document["records"]["processed"] < document["records"]["valid"]


def _fails_again(made: Provider) -> Any:
    """The start after a failure ends in failure too."""

    def twist(request: Request, reply: Reply) -> Reply:
        if request.method == "PUT":
            jobs: Any = made.server.behaviours[HERE]
            for job in jobs._jobs.values():
                job.fails = True
        return reply

    return twist


ENDS = [
    answered("P10", "stopped by another while it works", HERE, ["NO_MATCH", "", "", "UNPROCESSED"], status="stopped",
             settings={"records_per_second": 1.0}, before=_stopped_by_another, then=_rest_is_listed),
    answered("P10b", "cancelled by another: 6.2 has no results then", OLDER, ["UNPROCESSED"] * 4, status="stopped",
             settings={"records_per_second": 0.1}, before=_stopped_by_another, then=_rest_is_listed),
    answered("P10c", "cancelled by another: tracking", TRACKING, ["", "UNPROCESSED", "UNPROCESSED"], status="stopped",
             settings={"rows_per_second": 0.25}, before=_stopped_by_another, then=_rest_is_listed),
    answered("P11", "failed once: started again", HERE, settings={"failing_jobs": 1}, log="started again"),
    answered("P11b", "failed twice: its errors are the records'", HERE, ["999"] * 4, ledger="nothing", settings={"failing_jobs": 1},
             twist=_fails_again),
    answered("P11c", "failed: geoapify", GEOAPIFY, ["SERVICE_ERROR"] * 4, settings={"failing_jobs": 9}),
    answered("P11d", "failed: 6.2", OLDER, ["SERVICE_ERROR"] * 4, settings={"failing_jobs": 9}),
    answered("P11e", "failed: tracking", TRACKING, ["SERVICE_ERROR"] * 3, settings={"failing_jobs": 9}),
    answered("P12", "deleted by another", HERE, "DELETED_BY_OTHER", twist=_statuses("deleted")(HERE)),
    answered("P12b", "deleted by another: 6.2", OLDER, "DELETED_BY_OTHER", twist=_statuses("deleted")(OLDER)),
]  # fmt: skip


def _no_loop(made: Provider, document: Mapping[str, Any]) -> None:
    """One try, then a person; with the plan raised it goes on where it stopped."""
    assert "redrive" in document["attention"]["actions"]
    made.server.faults.clear()
    assert made.act("redrive")["status"] == "completed"
    assert made.account["most_times_one_record_was_billed"] == 1


def used_up(row: str, call: str, status: int, code: str, service: str, body: Any = None) -> Any:
    """A call that is refused for good, until somebody pays."""
    fault = {
        "call": call,
        "kind": "status",
        "status": status,
        "times": EVER,
        **({"body": body} if body else {}),
    }
    return answered(
        f"{row}_{service}", f"{status} at {call}: {service}", service, code, faults=[fault], then=_no_loop
    )


QUOTA = [
    *(used_up("P20", "submit", 402, "QUOTA", service) for service in ALL),
    *(used_up("P20b", "look", 402, "QUOTA", service) for service in ALL),
    *(used_up("P20c", "submit", 403, "DENIED", service) for service in ALL),
    *(used_up("P20d", "look", 403, "DENIED", service) for service in ALL),
    *(used_up("P20e", "submit", 403, "QUOTA", service, {"code": "E1", "title": "Monthly quota exceeded"}) for service in ALL),
    *(used_up("P20g", "submit", 429, "QUOTA", service, {"message": "Daily quota limit exceeded"}) for service in ALL),
    *(used_up("P20h", "look", 429, "QUOTA", service, {"message": "Daily quota limit exceeded"}) for service in ALL),
    *(used_up("P20f", "look", 403, "QUOTA", service, "You have exceeded your daily limit, Canaryweg") for service in ALL),
]  # fmt: skip

ROWS = [*LASTING, *ENDS, *QUOTA]  # fmt: skip
