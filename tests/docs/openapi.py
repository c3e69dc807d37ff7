"""docs/openapi.json, made from the table of calls: `python -m tests.docs.openapi` writes it, a test compares it."""

from __future__ import annotations

from pathlib import Path

from batchdrop.api.openapi import text

__all__ = ["PAGE", "text"]

PAGE = Path(__file__).parents[2] / "docs" / "openapi.json"


if __name__ == "__main__":
    PAGE.write_text(text(), encoding="utf-8")
