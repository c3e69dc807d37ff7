"""The gate for outside effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.effects import effect, probing

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_effect_happens_once_and_gives_its_result() -> None:
    done: list[int] = []

    def post() -> str:
        done.append(1)
        return "ticket"

    assert effect("post", post) == "ticket"
    assert done == [1]


def test_a_probe_may_break_an_effect_after_it_happened() -> None:
    done: list[str] = []

    def lose_the_reply(name: str, act: Callable[[], Any]) -> Any:
        act()
        raise ConnectionError(name)

    with probing(lose_the_reply), pytest.raises(ConnectionError, match="post"):
        effect("post", lambda: done.append("billed"))
    assert done == ["billed"]
    assert effect("post", lambda: 5) == 5
