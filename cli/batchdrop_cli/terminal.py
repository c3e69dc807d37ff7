"""Where output goes: rich on a terminal, plain lines in a pipe, JSON alone on stdout when asked for."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from batchdrop_cli.layout import aligned

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Terminal:
    """stdout for the answer, stderr for what is wrong. `json`: stdout carries nothing but JSON."""

    out: Console
    err: Console
    json: bool

    @classmethod
    def open(cls, *, json: bool) -> Terminal:
        """The process's own stdout and stderr, looked up now."""
        return cls(out=Console(file=sys.stdout), err=Console(file=sys.stderr), json=json)

    @property
    def lively(self) -> bool:
        """Whether a person sees the output now, so that bars and colours make sense."""
        return self.out.is_terminal and not self.json

    @property
    def piped(self) -> bool:
        """Whether another program reads stdout as text."""
        return not self.out.is_terminal and not self.json

    def beside(self) -> Terminal:
        """The terminal for what is said beside the answer: in a pipe stderr, so that stdout holds the answer alone."""
        return replace(self, out=self.err) if self.piped else self

    def say(self, text: str = "", style: str = "") -> None:
        """One line for a person; dropped under --json."""
        if not self.json:
            self.out.print(Text(text, style=style), soft_wrap=True)

    def warn(self, text: str) -> None:
        """One line on stderr."""
        self.err.print(Text(text), soft_wrap=True)

    def emit(self, document: Any) -> None:
        """One JSON document on one line, only under --json."""
        if self.json:
            self.out.file.write(json.dumps(document, ensure_ascii=False, default=str) + "\n")
            self.out.file.flush()

    def table(
        self, headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
    ) -> None:
        """A table for a person, no head without rows; `right` holds the numbers of columns that are numbers."""
        if self.json or not rows:
            return
        if not self.lively:
            for line in aligned(headings, rows, right=right):
                self.say(line)
            return
        table = Table(header_style="bold", expand=False)
        for number, heading in enumerate(headings):
            table.add_column(Text(heading), justify="right" if number in right else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(cell) for cell in row))
        self.out.print(table)
