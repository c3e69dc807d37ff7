"""The settings in docs/sandbox.md, made from the simulators and docs/services/evidence.md: `python -m tests.docs.settings`."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

from batchdrop_sandbox.simulators.behaviour import forms
from batchdrop_sandbox.simulators.registry import SIMULATORS
from tests.docs.evidence import PAGE as EVIDENCE
from tests.docs.evidence import rows
from tests.services.simulators.inventory import parts_of

PAGE = Path(__file__).parents[2] / "docs/sandbox.md"
_BEGIN, _END = "<!-- settings: made by `make docs` -->\n", "<!-- end of settings -->\n"


def section() -> str:
    """A table for each simulator: setting, default, other forms, and the behaviour that it is about."""
    told = {
        (row.service, subject): row.behaviour.removeprefix("… ")
        for row in rows(EVIDENCE.read_text(encoding="utf-8"))
        for subject in row.subjects
    }
    lines = []
    for service in SIMULATORS:
        settings = parts_of(service).settings
        choices = forms(settings)
        lines += [f"### {service}", "", "| setting | default | other forms | about |", "|---|---|---|---|"]
        for field in fields(settings):
            default = field.default if field.default is not MISSING else "–"
            others = ", ".join(_shown(one) for one in choices.get(field.name, ()) if one != default)
            about = told[service, f"setting {field.name}"]
            lines.append(f"| `{field.name}` | {_shown(default)} | {others or '–'} | {about} |")
        lines.append("")
    return "\n".join(lines)


def _shown(value: Any) -> str:
    """A value as JSON has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"`[{', '.join(value)}]`" if value else "none"
    if isinstance(value, float | int):
        return f"{value:,}" if isinstance(value, int) else f"{value:g}"
    return f"`{value}`" if value not in ("", "–") else "–"


def made(text: str) -> str:
    """The page with its settings as they are."""
    head, _, rest = text.partition(_BEGIN)
    return head + _BEGIN + section() + _END + rest.partition(_END)[2]


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
