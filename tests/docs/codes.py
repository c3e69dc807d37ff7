"""docs/codes.md, made from the table of codes: `python -m tests.docs.codes` writes it, a test compares it."""

from __future__ import annotations

import re
from pathlib import Path

from batchdrop.problems import CODES, Level

PAGE = Path(__file__).parents[2] / "docs" / "codes.md"

_PARTS = {
    Level.FILE: (
        "The whole file is refused",
        "Status `failure`, nothing is sent, exit code 2. In job.json and problems.csv.",
    ),
    Level.RECORD: ("One record", "It is in errors.csv with this code; the others go on."),
    Level.NOTE: (
        "A remark",
        "`notes` in job.json; `check`, `show` and the report list them. The job goes on.",
    ),
    Level.JOB: ("The job waits for a person", "`attention` in job.json, an event, exit code 4."),
    Level.NOTE: ("Notes", "`notes` in job.json. A note stops nothing."),
}


def page() -> str:
    """The page as it should be."""
    text = "# Codes\n\nMade from `problems.py` (`make docs`).\n"
    for level, (title, note) in _PARTS.items():
        text += (
            f"\n## {title}\n\n{note}\n\n| code | what it says | what to do |"
            + (" actions |" if level is Level.JOB else "")
            + "\n"
        )
        text += "|---|---|---|" + ("---|" if level is Level.JOB else "") + "\n"
        for code, entry in CODES.items():
            if entry.level is level:
                actions = f" {', '.join(entry.actions)} |" if level is Level.JOB else ""
                remedies = " Or: ".join((entry.remedy, *entry.variants.values()))
                text += f"| `{code}` | {_plain(entry.text)} | {_plain(remedies)} |{actions}\n"
    return text


def _plain(text: str) -> str:
    return re.sub(r"\{(\w+)(?:![rs])?\}", r"*\1*", text).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
