"""Following a job: a made-up clock, and job.json as it would change."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from batchdrop_cli.exits import Exit, exit_of
from batchdrop_cli.stacks import Stack
from batchdrop_cli.summary import remaining
from batchdrop_cli.terminal import Terminal
from batchdrop_cli.trouble import Trouble
from batchdrop_cli.watching import follow, goes_on, show_changes
from tests.cli.examples import job_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.cli.conftest import Cloud, Run

ATTENTION = {"code": "DENIED", "message": "No.", "actions": ["redrive"], "batches": ["00001"]}


class Story:
    """What each look at job.json finds; the last stays. Each pause takes ten seconds."""

    def __init__(self, looks: Iterable[dict[str, Any] | None]) -> None:
        self._looks = list(looks)
        self.seconds = 0.0
        self.count = 0

    def read(self) -> dict[str, Any] | None:
        look = self._looks[min(self.count, len(self._looks) - 1)]
        self.count += 1
        return look

    def pause(self) -> None:
        self.seconds += 10

    def followed(self, patience: float = 60) -> Iterator[dict[str, Any]]:
        return follow(self.read, pause=self.pause, now=lambda: self.seconds, patience=patience)


def going(processed: int, **changes: Any) -> dict[str, Any]:
    return job_json(status="inProgress", records={"valid": 10, "processed": processed}, **changes)


def test_each_change_is_told_once_until_the_end() -> None:
    story = Story([None, going(0), going(0), going(4), going(4), job_json()])

    assert [(job["status"], job["records"]["processed"]) for job in story.followed()] == [
        ("inProgress", 0), ("inProgress", 4), ("completed", 2518)
    ]  # fmt: skip
    assert story.count == 6


def test_a_job_that_is_not_there_yet_is_waited_for_but_not_for_ever() -> None:
    assert list(Story([None] * 5 + [job_json()]).followed()) == [job_json()]

    lost = Story([None])
    assert list(lost.followed()) == []
    assert lost.seconds == 60


def test_a_quiet_job_is_followed_however_long_it_takes() -> None:
    story = Story([going(1)] * 5000 + [job_json()])

    assert [job["status"] for job in story.followed()] == ["inProgress", "completed"]


def test_attention_ends_the_watch_at_once_when_no_batch_moves() -> None:
    parked = going(4, attention=ATTENTION, batches={"total": 2, "settled": 1, "parked": 1})

    story = Story([going(0), parked])

    assert list(story.followed())[-1] == parked
    assert story.seconds == 10


def test_a_job_with_attention_is_followed_while_its_other_batches_move() -> None:
    batches = {"total": 3, "settled": 0, "parked": 1}
    story = Story([going(n // 3, attention=ATTENTION, batches=batches) for n in range(30)] + [job_json()])

    assert list(story.followed())[-1]["status"] == "completed"


def test_a_job_with_attention_that_does_not_move_any_more_rests() -> None:
    still = going(4, attention=ATTENTION, batches={"total": 3, "settled": 0, "parked": 1})

    assert list(Story([still]).followed()) == [still]


def test_ctrl_c_says_that_the_job_goes_on_and_how_to_watch_it(cloud: Cloud) -> None:
    stack = Stack("team", "inbox", "results", cloud.s3)

    with pytest.raises(Trouble) as caught, goes_on(stack, "people-1"):
        raise KeyboardInterrupt

    assert caught.value.exit == 130
    assert "goes on" in caught.value.message
    assert "batchdrop watch people-1 --stack team" in caught.value.remedy


@pytest.mark.usefixtures("cloud")
def test_watching_an_unknown_job_ends_with_two_and_a_clear_word(batchdrop: Run) -> None:
    said = batchdrop("watch", "nobody-1", "--stack", "team", "--patience", "0")

    assert (said.code, said.out) == (2, "")
    assert "knows no job 'nobody-1'" in said.err


def test_watch_shows_the_summary_and_ends_with_the_job_s_code(batchdrop: Run, cloud: Cloud) -> None:
    cloud.put_job(job_json(status="stopped"))

    said = batchdrop("watch", "people-0123456789abcdef", "--stack", "team")

    assert (said.code, said.err) == (1, "")
    assert said.out.splitlines()[:3] == [
        "people-0123456789abcdef: stopped, 2,518 of 2,518 records, 3 of 3 batches",
        "people-0123456789abcdef: stopped in 1 min 30 s",
        "  route        geoapify-geocode (geoapify geocode)",
    ]


def test_a_terminal_gets_a_bar_that_goes_away_and_says_how_far_the_job_is() -> None:
    drawn = io.StringIO()
    console = Console(file=drawn, force_terminal=True, width=120)
    terminal = Terminal(console, console, json=False)

    last = show_changes(terminal, [going(4), job_json()], json_lines=False)

    assert last == job_json()
    assert "2,518/2,518 records · 3/3 batches" in drawn.getvalue()
    assert "1 min 30 s" in drawn.getvalue()


def test_watch_in_json_gives_a_line_for_each_change(batchdrop: Run, cloud: Cloud) -> None:
    cloud.put_job(job_json())

    said = batchdrop("--json", "watch", "people-0123456789abcdef", "--stack", "team")

    assert (said.code, said.documents) == (0, [job_json()])


def test_a_job_that_is_held_is_not_watched_for_ever() -> None:
    story = Story([job_json(status="submitted", held=True, ended=None)])
    [held] = story.followed()
    assert exit_of(held) == Exit.ATTENTION


def test_the_time_that_is_left_goes_by_what_is_processed() -> None:
    now = datetime(2026, 3, 2, 9, 15, 0, tzinfo=UTC)
    begun = "2026-03-02T09:14:00.000000Z"
    assert remaining(going(4, started=begun), now) == 90
    for unknown in (going(0, started=begun), going(10, started=begun), going(4, started=None)):
        assert remaining(unknown, now) is None
