"""The command as a person has it: on a terminal, on a stack whose inbox is a bucket that was there before."""

from __future__ import annotations

import csv
import io
import os
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest

if TYPE_CHECKING:
    from batchdrop_sandbox.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.usefixtures("team")]

COMMAND = Path(sys.executable).with_name("batchdrop")
PEOPLE = "name,address\nA,Berlin\nB,Nirgendwo 77\nC,\nD,Paris\nE,Berlin\n"
PATIENCE = 120.0
"""Seconds a command may take."""


@dataclass(frozen=True)
class Seen:
    """What a person saw on the terminal, without colours, and the exit code."""

    code: int
    text: str


Person = Callable[..., Seen]


@pytest.fixture
def person(stack: Stack, tmp_path: Path) -> Person:
    """Runs the command on a pseudo-terminal; types `keys` once `when` has been shown."""
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    environment = {**os.environ, **stack.environment, "BATCHDROP_STACK": "team", "TERM": "xterm"}
    environment.pop("AWS_SESSION_TOKEN", None)

    def run(*words: object, when: str = "", keys: str = "") -> Seen:
        shown = io.StringIO()
        child = pexpect.spawn(
            str(COMMAND), [str(word) for word in words], env=environment, cwd=str(tmp_path), encoding="utf-8",
            codec_errors="replace", timeout=PATIENCE, dimensions=(40, 120),
        )  # fmt: skip
        child.logfile_read = shown
        if when:
            child.expect_exact(when)
            time.sleep(0.5)  # a person types no faster
            with suppress(OSError):  # the command may have ended by now
                child.send(keys)
        child.expect(pexpect.EOF)
        child.close()
        return Seen(
            child.exitstatus if child.exitstatus is not None else 128 + (child.signalstatus or 0),
            _plain(shown.getvalue()),
        )

    return run


def _plain(shown: str) -> str:
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", shown)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_from_a_look_at_the_price_to_one_complete_file(person: Person, tmp_path: Path) -> None:
    checked = person("check", "people.csv", "--route", "geoapify-geocode")
    assert checked.code in (0, 4)
    for said in ("address", "EMPTY_QUERY", "credits"):
        assert said in checked.text

    dropped = person("put", "--again", "people.csv", "--route", "geoapify-geocode", "--out", "out")
    assert dropped.code in (0, 4), dropped.text
    job = re.search(r"people-[0-9a-f]{16}", dropped.text)
    assert job
    if (
        dropped.code == 4
    ):  # one record in five is invalid: more than the route puts up with, so a person lets it go
        assert "MANY_INVALID" in dropped.text
        assert person("start", job[0]).code == 0
        assert person("watch", job[0]).code == 0
        assert person("fetch", job[0], "--out", "out").code == 0
    assert {each["name"] for each in rows(tmp_path / "out/results.csv")} == {"A", "D", "E"}
    assert {each["name"] for each in rows(tmp_path / "out/errors.csv")} == {"B", "C"}

    listed = person("jobs")
    assert job[0] in listed.text
    shown = person("show", job[0])
    assert "completed" in shown.text
    assert "report" in shown.text

    corrected = (
        (tmp_path / "out/errors.csv").read_text().replace("Nirgendwo 77", "Wien").replace("C,,", "C,Rome,")
    )
    (tmp_path / "again.csv").write_text(corrected)
    again = person("put", "--again", "again.csv", "--route", "geoapify-geocode", "--wait")
    assert again.code == 0, again.text
    merged = person("merge", job[0], "--out", "whole.csv")
    assert merged.code == 0, merged.text
    assert [each["name"] for each in rows(tmp_path / "whole.csv")] == ["A", "B", "C", "D", "E"]


def test_ctrl_c_ends_the_watching_and_not_the_job(person: Person, stack: Stack) -> None:
    del stack
    seen = person(
        "put",
        "people.csv",
        "--route",
        "here-tracking-delete",
        "--name",
        "held.csv",
        "--wait",
        when="dropped",
        keys="\x03",
    )
    assert seen.code in (2, 4, 130)  # refused, held, or interrupted: as fast as one types
    if seen.code == 130:
        assert "goes on" in seen.text


def test_a_delete_asks_first(person: Person) -> None:
    dropped = person(
        "put", "--again", "people.csv", "--route", "geoapify-geocode", "--name", "gone.csv", "--wait"
    )
    job = re.search(r"gone-[0-9a-f]{16}", dropped.text)
    assert job
    refused = person("delete", job[0], when="[y/N]", keys="n\n")
    assert refused.code == 1
    accepted = person("delete", job[0], when="[y/N]", keys="y\n")
    assert accepted.code == 0


def test_a_wrong_file_is_said_so_with_its_place_and_what_to_do(person: Person, tmp_path: Path) -> None:
    (tmp_path / "wrong.csv").write_text("colour;size\nred;1\n")
    seen = person("put", "--again", "wrong.csv", "--route", "geoapify-geocode", "--wait")
    assert seen.code == 2
    assert "WRONG_COLUMNS" in seen.text
    assert "Name the columns" in seen.text
