"""What the steps may answer, by state: the contract between functions/*/app.py and the state machine."""

from __future__ import annotations

from typing import Any

LANES = [{"pk": "job#a-0123456789abcdef", "sk": f"lane#000{number}"} for number in (1, 2)]

OUTCOMES: dict[str, set[str]] = {
    "Plan": {"planned", "refused", "over", "superseded"},
    "Admit": {"go", "queue", "hold", "parked", "over", "superseded"},
    "Collect": {"more", "open", "done", "parked", "superseded"},
    "Announce": {"done", "parked", "failed"},
    "AnnounceFailure": {"done", "parked", "failed"},
}

START = {"job": "a-0123456789abcdef", "run": 0}


def answers(task: str, payload: Any) -> list[Any]:
    """Every shape a task's function may answer with."""
    if task == "Plan":
        return [
            {**START, "outcome": outcome, "lanes": LANES if outcome == "planned" else []}
            for outcome in OUTCOMES[task]
        ]
    if task == "Advance":
        now = payload["now"]
        return [
            {"settled": settled, "listens": listens, "wait": wait, "rings": now["rings"], "ticks": 1}
            for settled in (True, False)
            for listens in (True, False)
            for wait in (1, 19, 20, 30, 31, 60, 61, 120, 121, 200, 201, 350, 351, 600)
        ]
    if task == "Admit":
        return [{"outcome": outcome, "wait": 1, "rings": 7} for outcome in OUTCOMES[task]]
    if task == "Collect":
        return [{"outcome": outcome, "wait": 1} for outcome in OUTCOMES[task]]
    return [{"outcome": outcome} for outcome in OUTCOMES[task]]
