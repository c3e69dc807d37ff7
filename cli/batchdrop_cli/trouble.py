"""The one error of the command: what is wrong, what to do about it, and the exit code it leads to."""

from __future__ import annotations

from batchdrop_cli.exits import Exit


class Trouble(Exception):
    """Ends the command: `message` and `remedy` go to stderr, `exit` to the shell."""

    def __init__(self, message: str, remedy: str = "", *, exit: int = Exit.REFUSED) -> None:  # noqa: A002 - the word for it
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.exit = int(exit)
