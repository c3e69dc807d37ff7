"""What the README shows of the command is what the command says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.docs.help import README, shown

if TYPE_CHECKING:
    from tests.cli.conftest import Run


def test_the_help_in_the_readme_is_the_help_of_the_command(batchdrop: Run) -> None:
    assert shown(README.read_text()) == batchdrop("--help").out


def test_every_command_and_option_has_a_help_text(batchdrop: Run) -> None:
    commands = [
        "put",
        "show",
        "watch",
        "fetch",
        "merge",
        "start",
        "stop",
        "delete",
        "adopt",
        "resubmit",
        "recollect",
        "accept-gaps",
        "redrive",
        "orphans",
        "jobs",
        "routes",
    ]
    commands += [f"webhook {name}" for name in ("rotate", "test")]
    commands += [f"sandbox {name}" for name in ("up", "down", "run", "demo", "simulators")]
    for command in commands:
        said = batchdrop(*command.split(), "--help")
        assert said.code == 0
        assert not re.search(r"^  --?[a-z-]+( [A-Z]+)?$", said.out, re.MULTILINE), (
            f"{command}: an option without a text"
        )
