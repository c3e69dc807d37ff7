"""Group P, one answer at a time: pages, redirects, links, statuses, counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.catalogue.answered import ALL, answered, each
from tests.catalogue.between import (
    CREATE,
    GEOAPIFY,
    HERE,
    LOOK,
    OLDER,
    RESULTS,
    TRACKING,
    Provider,
    answers,
    json_edited,
    on,
)
from tests.ports.memory_world import START

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop_sandbox.simulators.reply import Reply

Twist = "Callable[[Provider], Callable[[Request, Reply], Reply]]"

PAGE = b"<!doctype html><html><body>One moment, please, Canaryweg</body></html>"
_html = answers(200, PAGE, Content_Type="text/html")
EVER = 10**9


def at(
    where: Mapping[str, tuple[str, str]], edit: Callable[[Reply], Reply], times: int = EVER
) -> Callable[[str], Any]:
    """A twist by service."""
    return lambda service: lambda _made: on(where[service], edit, times=times)


def _posted_once(made: Provider, _document: Mapping[str, Any]) -> None:
    assert made.count(*CREATE[made.service]) == 1


def _raw_is_safe(made: Provider, _document: Mapping[str, Any]) -> None:
    """What was received stands in raw/, before anybody could make sense of it."""
    assert any("/raw/" in key for key in made.world.store.list("results", f"jobs/{made.job}/"))


def ids(value: Any) -> Callable[[Reply], Reply]:
    """The job's id is this; None = there is none."""

    def change(found: Any) -> None:
        if isinstance(found, dict):
            for name in ("id", "jobId", "RequestId", "requestId"):
                if name in found:
                    found[name] = value
                    if value is None:
                        del found[name]
            for inner in found.values():
                change(inner)

    return json_edited(change)


LOST = {GEOAPIFY: "AMBIGUOUS_SEND"}
"""A create whose answer is lost: only Geoapify cannot find it again."""

PAGES = [
    *each("P1", "a page instead of the results, twice", ALL, {}, twist=at(RESULTS, _html, 2)),
    *each("P1b", "a page instead of the results, for ever", ALL, dict.fromkeys(ALL, "GAPS"), twist=at(RESULTS, _html)),
    *each("P1c", "a page as the first two answers to looks", ALL, {}, twist=at(LOOK, _html, 2)),
    *each("P1d", "a page as the answer to the create", ALL, LOST, twist=at(CREATE, _html, 1)),
    *each("P2", "a create without an id", ALL, LOST, twist=at(CREATE, ids(None), 1)),
    *each("P2b", "an id that leads elsewhere", ALL, LOST,
          twist=at(CREATE, ids("../../x?y"), 1)),
    *each("P2c", "an id that is a number", ALL, LOST,
          twist=at(CREATE, ids(7), 1)),
    *each("P2d", "an id without an end", ALL, LOST,
          twist=at(CREATE, ids("a" * 10_000), 1)),
]  # fmt: skip


def links(where: Callable[[Provider], str]) -> Callable[[Provider], Any]:
    """Every link that the service gives leads there."""

    def make(made: Provider) -> Any:
        def change(found: dict[str, Any]) -> None:
            for name in list(found):
                if name == "url" or name.lower().endswith("href"):
                    found[name] = where(made)

        what = CREATE if made.service == GEOAPIFY else LOOK
        return on(what[made.service], json_edited(change))

    return make


LURES = {
    "P3": ("another host", lambda made: f"{made.trap}/results?apiKey=x"),
    "P3b": (
        "the address that gives out credentials",
        lambda _made: "http://169.254.169.254/latest/meta-data/",
    ),
    "P3c": (
        "a link with credentials",
        lambda made: made.trap.replace("http://", "http://user:canary-token@"),
    ),
    "P3d": ("a file", lambda _made: "file:///etc/passwd"),
    "P3e": ("a path of the same host that deletes", lambda _made: "/batch/jobs?status=any"),
}
LINKS = [
    answered(f"{row}_{service}", f"links to {what}: {service}", service, twist=links(where))
    for row, (what, where) in LURES.items()
    for service in (GEOAPIFY, HERE)
]  # fmt: skip


def _not_asked_again(made: Provider, _document: Mapping[str, Any]) -> None:
    assert made.count(*CREATE[made.service]) == 1, "a refused create is not sent again by itself"


def redirected(call: str, status: int, services: tuple[str, ...] = ALL) -> list[Any]:
    """A redirect at one call, for good."""
    return [
        answered(
            f"P4{call}{status}_{service}", f"{status} at {call}: {service}", service, "HOST_REFUSED",
            before=lambda made, call=call, status=status: made.server.faults.add(
                {"service": made.service, "call": call, "kind": "redirect", "status": status, "times": EVER, "location": made.trap}
            ),
        )
        for service in services
    ]  # fmt: skip


REDIRECTS = [
    *(row for status in (301, 302, 303, 307, 308) for row in redirected("submit", status)),
    *(row for status in (301, 302, 307, 308) for row in redirected("look", status)),
    *(row for status in (302, 308) for row in redirected("results", status, (HERE, TRACKING))),
]  # fmt: skip


def _nothing_found(made: Provider) -> str:
    return made.drop(b"id,address\n1,Canaryweg 1\n2,Canaryweg 2\n")


NONE = [
    answered("P5", "204 for results that there are none of", HERE, ["NO_MATCH", "NO_MATCH"], before=_nothing_found,
             twist=lambda _made: on(LOOK[HERE], json_edited(lambda found: found.update(resultsHref="x") if found["status"] == "completed" else None))),
    answered("P5b", "empty links", HERE, ["NO_MATCH", "NO_MATCH"], before=_nothing_found),
    answered("P5c", "204 for all results although four were found", HERE, "RESULTS_WITHHELD", twist=lambda _made: on(RESULTS[HERE], answers(204))),
    answered("P5d", "an empty link to results although three were found: they are asked for by id", HERE,
             twist=lambda _made: on(LOOK[HERE], json_edited(lambda found: found.update(resultsHref="")))),
    answered("P5e", "nothing found at all: geoapify", GEOAPIFY, ["NO_MATCH", "NO_MATCH"], before=_nothing_found),
    answered("P5f", "nothing found at all: 6.2", OLDER, ["NO_MATCH", "NO_MATCH"], before=_nothing_found),
]  # fmt: skip


def _vanishes(made: Provider) -> None:
    made.server.faults.add(
        {"service": made.service, "call": "look", "kind": "status", "status": 404, "times": EVER}
    )


def _vanishes_once(made: Provider) -> None:
    made.server.faults.add(
        {"service": made.service, "call": "look", "kind": "status", "status": 404, "times": 2}
    )


def _asked_three_times(made: Provider, _document: Mapping[str, Any]) -> None:
    assert made.account["calls"]["look"] >= 3
    assert made.world.clock.now - START >= 600, "over some ten minutes"


GONE = [
    *each("P6", "404 before the end", ALL, dict.fromkeys(ALL, "DELETED_BY_OTHER"), before=_vanishes, then=_asked_three_times),
    *each("P6b", "404 twice, then it is there", ALL, {}, before=_vanishes_once),
]  # fmt: skip

ROWS = [*PAGES, *LINKS, *REDIRECTS, *NONE, *GONE]  # fmt: skip
