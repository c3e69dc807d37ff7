"""What has to be so for a variant before its file is dropped: odd answers, skewed clocks, rotated keys, calls in the wrong order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from batchdrop.ports import State
from tests.faults import checks

if TYPE_CHECKING:
    from tests.faults.injection import Injector
    from tests.faults.kinds import KindOfService
    from tests.faults.matrix import Case
    from tests.faults.region import Region
    from tests.faults.variants import Variant

ROWS = ("1", "2", "1", "", "3", "4")
_OWNERS = {
    "S1": ("Plan", "Collect"), "S2": ("Submit",), "S3": ("Advance",), "S4": ("Advance",), "S5": ("Advance",),
    "S6": ("Advance",), "S7": ("Submit",), "S8": ("Advance",), "S9": ("Callback",), "S10": ("Advance",), "S11": ("Advance", "Collect"),
    "S12": ("Collect",), "S13": ("Announce",), "S14": ("Advance",),
}  # fmt: skip


def body(mark: str = "") -> bytes:
    """A small file: equal records, an empty one, one that nobody finds."""
    lines = (f"{checks.CANARY} {mark}{row}" if row else "" for row in ROWS)
    return "\n".join(
        ("n,address", *(f"{number},{line}" for number, line in enumerate(lines, 1)), "")
    ).encode()


class Setting:
    """Changes the region for a variant, drops its file, and knows whether the fault struck."""

    def __init__(self, region: Region, case: Case, variant: Variant, injector: Injector) -> None:
        self._region = region
        self._case = case
        self._variant = variant
        self._injector = injector
        self._struck = 0

    @property
    def fired(self) -> int:
        """How often it struck."""
        if self._variant.strike is not None:
            return self._injector.fired
        return self._struck or (self._injector.seen if self._variant.setting in _SEEN_IS_FIRED else 0)

    def make(self) -> None:
        """Set the scene."""
        word, _, how = self._variant.setting.partition(" ")
        if word in ("cut", "html", "drift"):
            self._mangle(word, always=how == "always")
        elif word:
            getattr(self, f"_{self._variant.setting.replace(' ', '_')}")()
        if self._variant.setting not in ("versions", "other columns"):
            self._region.drop(body())

    def mend(self) -> None:
        """Put right what was wrong."""
        shop, service = self._region.world.shop, cast("KindOfService", self._region.world.service)
        self._injector.correct()
        if self._variant.setting != "gone":
            shop.status = lambda _job: None
        shop.body = lambda whole: whole
        if self._variant.setting == "other secret":
            service.secrets.values["memory"] = service._cached = {"apiKey": service.valid}

    def _mangle(self, word: str, *, always: bool) -> None:
        def change(whole: bytes) -> bytes:
            if self._struck and not always:
                return whole
            self._struck += 1
            return {
                "cut": whole[: len(whole) // 2],
                "html": b"<html>One moment</html>",
                "drift": b'{"new": 1}',
            }[word]

        self._region.world.shop.body = change

    def _gone(self) -> None:
        self._status(lambda: State.GONE)

    def _status(self, say: Any) -> None:
        def status(_job: object) -> State | None:
            self._struck += 1
            said: State | None = say()
            return said

        self._region.world.shop.status = status

    def _new_status(self) -> None:
        self._status(lambda: State.RUNNING if self._struck <= 3 else None)

    def _new_status_for_good(self) -> None:
        self._status(lambda: State.RUNNING)

    def _done_at_once(self) -> None:
        self._region.world.shop.works_for = 0.0
        self._struck = 1

    def _other_columns(self) -> None:
        self._struck = 1
        self._region.drop(f"colour,size\n{checks.CANARY},1\n".encode())

    def _other_secret(self) -> None:
        self._struck = 1
        self._region.world.service._cached = {"token": "canary"}  # type: ignore[attr-defined]  # the fake has them, the port does not  # a KindOfService
        self._region.world.service.secrets.values["memory"] = {"token": "canary"}  # type: ignore[attr-defined]  # the fake has them, the port does not

    def _versions(self) -> None:
        first, second = self._region.put(body("old ")), self._region.put(body("new "))
        self._region.deliver(second)
        self._region.deliver(first, after=5.0)

    def _rotate(self) -> None:
        service: Any = self._region.world.service

        def strike(_injector: Injector, _name: str, act: Any) -> Any:
            if not self._struck:
                self._struck = 1
                service.rotate()
            return act()

        self._injector.strike = strike

    def _skew(self) -> None:
        owners, skew = _OWNERS[self._case.cell.effect], self._variant.extra["skew"]
        self._region.skew_of = lambda function: skew if function in owners else 0.0

    def _skew_apart(self) -> None:
        """Each call of the function runs on a machine of its own, ahead or behind in turn."""
        owners, skew, turns = _OWNERS[self._case.cell.effect], self._variant.extra["skew"], [0]

        def skew_of(function: str) -> float:
            turns[0] += 1
            return (skew if turns[0] % 2 else -skew) if function in owners else 0.0

        self._region.skew_of = skew_of

    def _rings_early(self) -> None:
        def strike(_injector: Injector, _name: str, act: Any) -> Any:
            self._struck += 1
            self._region.ring(f"job-{len(self._region.world.shop.jobs)}")
            return act()

        self._injector.strike = strike

    def _forged(self) -> None:
        """Half a path, a page, a stranger's job, the wrong secret: before, between and after the real calls."""
        for seconds in (0.5, 10.0, 60.0, 500.0):
            for called in ("", "job-", "<html>", "job-1?x=1", "job-77", "../job-1"):
                self._region.later(seconds, lambda called=called: self._region.ring(called))  # type: ignore[misc]  # a default
            self._region.later(seconds, lambda: self._region.ring("job-1", "canary-guess"))
        self._struck = 1

    def _path_rotated(self) -> None:
        self._struck = 1
        self._region.rings_with = "canary-path-0"

    def _path_rotated_twice(self) -> None:
        self._struck = 1
        self._region.rings_with = "canary-path-before"

    def _throttle(self) -> None:
        for function in _OWNERS[self._case.cell.effect]:
            self._region.throttled[function] = 4
        self._struck = 1


_SEEN_IS_FIRED = frozenset({"skew", "skew apart", "versions"})
