"""Wrong values on the command line, and what the command says of itself."""

from __future__ import annotations

import io
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from batchdrop.services import SERVICES
from batchdrop_cli.orphans import left_out
from batchdrop_cli.terminal import Terminal

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("jobs", "--status", "odd"), "'--status': 'odd' is not one of 'submitted', "),
        (("jobs", "--limit", "few"), "'--limit': 'few' is not a whole number."),
        (("jobs", "--limit", "0"), "'--limit': 0 is less than 1."),
        (("put", "x.csv", "--route", "r", "--budget", "much"), "'--budget': 'much' is not a number."),
        (("adopt", "j", "first", "t"), "'BATCH': 'first' is not a whole number."),
    ],
)
def test_a_value_that_does_not_fit_is_told_in_our_words(
    batchdrop: Run, arguments: tuple[str, ...], says: str
) -> None:
    said = batchdrop(*arguments)

    assert (said.code, said.out) == (2, "")
    assert f"Error: Invalid value for {says}" in said.err


def test_the_version_is_that_of_the_package(batchdrop: Run) -> None:
    said = batchdrop("--version")

    assert (said.code, said.out) == (0, f"batchdrop {version('batchdrop')}\n")


def test_no_command_is_cut_off_in_the_list_of_commands(batchdrop: Run) -> None:
    for group in ((), ("sandbox",), ("webhook",)):
        listed = batchdrop(*group, "--help").out.partition("Commands:")[2]
        assert listed
        assert not [line for line in listed.splitlines() if line.endswith(("...", "…"))]


def test_services_whose_jobs_are_not_looked_through_say_why() -> None:
    why = dict(left_out({"here_batch_v7", "geoapify"}))
    assert set(why) == set(SERVICES) - {"here_batch_v7"}
    assert why["geoapify"] == why["here_geocoder_v6"] == "it has no list"
    assert why["here_tracking_v4"] == "the stack has no secret for it"


def test_a_table_without_rows_has_no_head() -> None:
    for drawn in (True, False):
        said = io.StringIO()
        console = Console(file=said, force_terminal=drawn)
        Terminal(console, console, json=False).table(("service", "ticket"), [])
        assert said.getvalue() == ""
