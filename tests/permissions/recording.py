"""The recorder of this process: fixtures say who calls. It writes only where RECORD_AWS_CALLS names a folder."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.permissions.site.aws_call_recorder import FOLDER, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SITE = Path(__file__).parent / "site"
"""Folder for PYTHONPATH of processes that are to record too."""


def _make() -> Recorder | None:
    folder = os.environ.get(FOLDER)
    if not folder:
        return None
    recorder = Recorder(Path(folder))
    recorder.install()
    return recorder


RECORDER = _make()


def command_of(arguments: Sequence[object]) -> str:
    """Return who calls when the command runs with these arguments: "batchdrop put"; "" without a command."""
    words = [str(each) for each in arguments]
    for number, word in enumerate(words):
        if not word.startswith("-") and words[number - 1 : number] != ["--stack"]:
            return f"batchdrop {word}"
    return ""


@contextmanager
def calling(principal: str) -> Iterator[None]:
    """Record the calls of a function or a command, in this process, for a while."""
    if RECORDER is None:
        yield
        return
    with RECORDER.calling(principal):
        yield


def environment() -> Mapping[str, str]:
    """Return the variables that make another process record; none while this one does not."""
    return {FOLDER: str(Path(os.environ[FOLDER]).resolve()), "PYTHONPATH": str(SITE)} if RECORDER else {}
