"""The command in this process; what it asks of AWS is recorded for the proof of permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop_cli.main import main as run
from tests.permissions.recording import calling, command_of

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    with calling(command_of(arguments)):
        return run([*arguments])
