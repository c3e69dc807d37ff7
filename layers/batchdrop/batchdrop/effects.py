"""One gate for every outside effect, so that tests can break each of them before and after."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Result = TypeVar("Result")

_PROBE: ContextVar[Callable[[str, Callable[[], Any]], Any] | None] = ContextVar("probe", default=None)


def effect(name: str, act: Callable[[], Result]) -> Result:
    """Do `act`, an effect on the outside world that the fault matrix knows as `name`.

    Names: read_input, claim, mark_posting, post, write_ticket, start, start_execution, look, fetch, save_raw, write_outcomes,
    write_results, change_status, finish, publish, deliver, order, pay_again, spend, drop.
    """
    probe = _PROBE.get()
    if probe is None:
        return act()
    result: Result = probe(name, act)
    return result


@contextmanager
def probing(probe: Callable[[str, Callable[[], Any]], Any]) -> Iterator[None]:
    """Run effects through `probe(name, act)` for a while; only tests do."""
    token = _PROBE.set(probe)
    try:
        yield
    finally:
        _PROBE.reset(token)
