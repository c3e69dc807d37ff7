"""From a case of the matrix to the runs that try it: where exactly the fault strikes, and how the job may then end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from tests.faults import answers as say
from tests.faults import injection as on
from tests.faults.endings import DONE, FROM_THE_STORE, REFUSALS, lost, names, ordinary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.injection import Strike
    from tests.faults.matrix import Case

FOR_GOOD = 10**9


@dataclass(frozen=True, slots=True)
class Variant:
    """One run: `strike` hits the `nth` effect `name`, `times` times; `setting` changes the region beforehand.

    ends: how the job may end. unmended: as long as the fault lasts the job may stay open, and ends so once it is mended.
    """

    label: str
    name: str
    strike: Strike | None = None
    nth: int = 1
    times: int = 1
    setting: str = ""
    ends: frozenset[str] = DONE
    unmended: bool = False
    least_wait: float = 0.0
    extra: dict[str, float] = field(default_factory=dict)


def variants(case: Case) -> list[Variant]:
    """The runs of one case; each of them has to go well."""
    made = list(_MAKERS[case.cell.fault](case))
    return [each for one in made for each in _at_each_turn(one)]


def _at_each_turn(variant: Variant) -> Iterator[Variant]:
    """Also at the second such effect: another batch, collect instead of plan."""
    yield variant
    if variant.strike is not None and variant.times == 1 and variant.nth == 1:
        yield replace(variant, nth=2, label=f"{variant.label}, second time")


# ------------------------------------------------------------------------------------------------ by fault


def _crash_before(case: Case) -> Iterator[Variant]:
    for name in names(case):
        yield Variant(f"before {name}", name, on.crash_before, ends=ordinary(case, done=False))


def _crash_after(case: Case) -> Iterator[Variant]:
    for name in names(case):
        yield Variant(f"after {name}", name, on.crash_after, ends=ordinary(case, done=True))


def _reply_lost(case: Case) -> Iterator[Variant]:
    for name in names(case):
        yield Variant(
            f"{name} done, unheard", name, on.says(say.no_answer, done=True), ends=ordinary(case, done=True)
        )
        if name in on.SENT_AGAIN:
            yield Variant(f"{name} sent twice", name, on.resent)


def _late(case: Case) -> Iterator[Variant]:
    for name in names(case):
        for seconds in (1.0, 200.0, 5000.0):
            ends = ordinary(case, done=True) | ordinary(case, done=False)
            if name == "write_ticket":
                ends = DONE | lost(case, landed=True)
            yield Variant(f"{name} lands {seconds:g} s late", name, on.late(seconds), ends=ends)


def _nothing_sent(case: Case) -> Iterator[Variant]:
    for name in names(case):
        for times in (1, 3):
            yield Variant(
                f"{name} cannot connect {times}x",
                name,
                on.says(say.refused_connection),
                times=times,
                ends=DONE,
            )


def _too_many(case: Case) -> Iterator[Variant]:
    for name in names(case, service_only=True):
        for times in (1, 3):
            yield Variant(f"{name}: 429 {times}x", name, on.says(say.busy), times=times, ends=DONE)
        if name in say.SERVICE:
            asked = on.says(lambda each: say.busy(each, 777.0))
            yield Variant(f"{name}: 429 with Retry-After", name, asked, ends=DONE, least_wait=777.0)


def _fails(case: Case) -> Iterator[Variant]:
    for name in names(case):
        for done in (False, True):
            ends = ordinary(case, done=done)
            yield Variant(
                f"{name}: 5xx, {'done' if done else 'not done'}",
                name,
                on.says(say.broken, done=done),
                ends=ends,
            )


def _no_for_good(case: Case) -> Iterator[Variant]:
    """The answer stays no until somebody mends it."""
    for name in names(case, service_only=True):
        effect = "S8" if name == "look" else case.cell.effect  # where the poll is the download too
        for status, ends in REFUSALS[effect].items():
            error = say.denied(status) if status in (401, 402, 403) else say.refused(status)
            strike = on.says(FROM_THE_STORE.get((name, status), error))
            yield Variant(
                f"{name}: {status} for good",
                name,
                strike,
                times=FOR_GOOD,
                ends=frozenset(ends),
                unmended=not ends,
            )
    if case.cell.effect == "S8":
        yield Variant(
            "the job is gone", "look", None, setting="gone", ends=frozenset({"parked:DELETED_BY_OTHER"})
        )
    if case.cell.effect == "S10" and case.kind != "blind":
        yield Variant("results are not ready", "fetch", on.says(say.busy), times=2)


def _truncated(case: Case) -> Iterator[Variant]:
    if case.cell.effect == "S9":
        yield Variant("the call's path is cut", "callback", None, setting="forged")
        return
    if case.cell.effect == "S10":
        yield Variant("the body ends early", "body", None, setting="cut once")
        yield Variant(
            "the body always ends early", "body", None, setting="cut always", ends=frozenset({"parked:GAPS"})
        )
    for name in names(case, service_only=True):
        yield Variant(
            f"{name} breaks off", name, on.says(say.cut, done=name == "post"), ends=ordinary(case, done=True)
        )


def _html(case: Case) -> Iterator[Variant]:
    yield from _of_another_form(case, "html")


def _drift(case: Case) -> Iterator[Variant]:
    yield from _of_another_form(case, "drift")
    if case.cell.effect == "S8":
        stalled = frozenset({"parked:STALLED"})
        yield Variant("a new status", "look", None, setting="new status", ends=DONE)
        yield Variant("a new status for good", "look", None, setting="new status for good", ends=stalled)
    if case.cell.effect == "S1":
        yield Variant(
            "a file with other columns",
            "read_input",
            None,
            setting="other columns",
            ends=frozenset({"failure"}),
        )
    if case.cell.effect == "S14":
        yield Variant(
            "a secret of another form",
            "get_secret",
            None,
            setting="other secret",
            ends=frozenset({"parked:DENIED"}),
        )


def _of_another_form(case: Case, what: str) -> Iterator[Variant]:
    gaps = frozenset({"parked:GAPS"})
    if case.cell.effect == "S9":
        yield Variant(f"{what} in the call", "callback", None, setting="forged")
        return
    if case.cell.effect in ("S1", "S14"):
        return
    if case.cell.effect == "S10":
        yield Variant(f"{what} as a download", "body", None, setting=f"{what} once")
        yield Variant(f"{what} as a download, always", "body", None, setting=f"{what} always", ends=gaps)
        return
    for name in names(case):
        ends = ordinary(case, done=True)
        yield Variant(f"{name}: {what}", name, on.says(say.odd, done=name == "post"), ends=ends)
        if name == "look":
            yield Variant(f"{name}: {what} for good", name, on.says(say.odd), times=FOR_GOOD, ends=gaps)


def _again(case: Case) -> Iterator[Variant]:
    for name in names(case):
        for seconds in (0.5, 100.0, 4000.0):
            yield Variant(f"{name}: delivered again after {seconds:g} s", name, on.delivered_again(seconds))


def _reordered(case: Case) -> Iterator[Variant]:
    if case.cell.effect in ("S1", "S2", "S7"):
        yield Variant("the older version's event comes last", names(case)[0], None, setting="versions")
    if case.cell.effect in ("S5", "S9") and case.kind == "tagged":
        yield Variant("it rings before the ticket is written", "write_ticket", None, setting="rings early")
    if case.cell.effect == "S8":
        yield Variant("done before our row says started", "start", None, setting="done at once")
    for name in names(case):
        yield Variant(f"{name}: an old call comes after newer ones", name, on.delivered_again(2000.0))
        yield Variant(f"{name}: a newer call overtakes", name, on.twin(first=True))


def _twins(case: Case) -> Iterator[Variant]:
    for name in names(case):
        for first in (True, False):
            yield Variant(
                f"{name}: a second one right {'before' if first else 'after'}", name, on.twin(first=first)
            )


def _zombie(case: Case) -> Iterator[Variant]:
    for name in names(case):
        for seconds in (2000.0, 20_000.0):
            ends = DONE
            if name in ("post", "mark_posting"):
                ends = DONE | lost(case, landed=False)
            if name == "write_ticket":
                ends = DONE | lost(case, landed=True)
            yield Variant(f"{name}: wakes after {seconds:g} s", name, on.sleeps(seconds), ends=ends)


def _skewed(case: Case) -> Iterator[Variant]:
    for name in names(case):
        for skew in (900.0, -900.0):
            yield Variant(f"{name}: clock {skew:+g} s", name, None, setting="skew", extra={"skew": skew})
        yield Variant(f"{name}: clocks apart", name, None, setting="skew apart", extra={"skew": 900.0})


def _rotated(case: Case) -> Iterator[Variant]:
    if case.cell.effect == "S9":
        yield Variant("rung with the previous secret", "callback", None, setting="path rotated")
        yield Variant("rung with a secret before that", "callback", None, setting="path rotated twice")
        return
    for name in names(case, service_only=True):
        if name in say.SERVICE or name == "get_secret":
            yield Variant(f"{name}: the key was rotated", name, None, setting="rotate")
        else:
            yield Variant(f"{name}: expired token", name, on.says(say.expired), ends=DONE)


def _hang(case: Case) -> Iterator[Variant]:
    for name in names(case):
        for done in (False, True):
            seconds = 180.0 if name == "post" else 60.0
            said = f"{name} hangs, {'done' if done else 'not done'}"
            yield Variant(said, name, on.hangs(seconds, done=done), ends=ordinary(case, done=done))


def _redirect(case: Case) -> Iterator[Variant]:
    refused = frozenset({"parked:HOST_REFUSED"})
    for name in names(case, service_only=True):
        yield Variant(f"{name}: redirected", name, on.says(say.redirected), times=FOR_GOOD, ends=refused)


def _out_of_time(case: Case) -> Iterator[Variant]:
    for name in names(case):
        for done in (False, True):
            said = f"time is up {'after' if done else 'before'} {name}"
            yield Variant(said, name, on.outlives(done=done), ends=ordinary(case, done=done))
        yield Variant(f"{name}: its function is throttled", name, None, setting="throttle")


_MAKERS: dict[str, Callable[[Case], Iterator[Variant]]] = {
    "F1": _crash_before, "F2": _crash_after, "F3": _reply_lost, "F4": _late, "F5": _nothing_sent, "F6": _too_many,
    "F7": _fails, "F8": _no_for_good, "F9": _truncated, "F10": _html, "F11": _drift, "F12": _again, "F13": _reordered,
    "F14": _twins, "F15": _zombie, "F16": _skewed, "F17": _rotated, "F18": _hang, "F19": _redirect, "F20": _out_of_time,
}  # fmt: skip
