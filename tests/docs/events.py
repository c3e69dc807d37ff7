"""The parts of docs/events.md that are made: the example, the tables of members, the recipes. `python -m tests.docs.events` writes them.

A part stands between `<!-- name -->` and `<!-- end of name -->`.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from batchdrop.events import STATUS_CHANGE
from tests.golden import golden, schema

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "events.md"
RECIPES = DOCS / "recipes"
_WORDS = {".yaml": "yaml", ".py": "python"}


def made(text: str) -> str:
    """The page with its parts as they should be."""
    for name, part in parts().items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
        assert len(pattern.findall(text)) == 1, name
        text = pattern.sub(lambda found, part=part: f"{found[1]}{part}\n{found[2]}", text)  # type: ignore[misc]  # mypy infers no lambda with a default
    return text


def parts() -> dict[str, str]:
    """Each part by its name."""
    example = json.dumps(golden("completed-geoapify-geocode"), indent=2, ensure_ascii=False)
    return {
        "example": _fenced("json", example),
        "members": _table(schema(STATUS_CHANGE)),
        **{path.name: _fenced(_WORDS[path.suffix], path.read_text(encoding="utf-8")) for path in recipes()},
    }


def recipes() -> list[Path]:
    """The files a reader may take."""
    return sorted(path for path in RECIPES.iterdir() if path.suffix in _WORDS)


def _fenced(language: str, text: str) -> str:
    return f"```{language}\n{text.rstrip()}\n```"


def _table(whole: dict[str, Any]) -> str:
    lines = ["| member | | |", "|---|---|---|"]
    for name, entry in whole["properties"].items():
        lines.append(f"| `{name}` | {_kind(entry)} | {_cell(entry.get('description', ''))} |")
        for inner, detail in entry.get("properties", {}).items():
            if "description" in detail:
                lines.append(f"| `{name}.{inner}` | {_kind(detail)} | {_cell(detail['description'])} |")
    return "\n".join(lines)


def _kind(entry: dict[str, Any]) -> str:
    if "enum" in entry:
        return ", ".join(f"`{each}`" for each in entry["enum"])
    if entry.get("format") == "date-time":
        return "time"
    kinds = entry["type"] if isinstance(entry["type"], list) else [entry["type"]]
    if kinds == ["object"]:
        named = [name for name, detail in entry["properties"].items() if "description" not in detail]
        return ", ".join(f"`{name}`" for name in named) or "object"
    return " or ".join(kinds)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(made(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
