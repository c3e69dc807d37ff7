"""Numbers, times and columns as text: pure, so that their output can be pinned by tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def number(value: float) -> str:
    """1234567.5 → 1,234,567.5; at most two decimals, none where they are zero."""
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def counted(value: float, things: str) -> str:
    """`1 job`, `2 jobs`: `things` is the plural, and units are plurals too."""
    text = number(value)
    return f"{text} {things.removesuffix('s') if text == '1' else things}".rstrip()


def share(part: float, whole: float) -> str:
    """A share in per cent, cut and not rounded: 100 % means all."""
    if whole <= 0:
        return "–"
    if part >= whole:
        return "100 %"
    return f"{int(part * 1000 / whole) / 10:.1f} %"


def duration(seconds: float) -> str:
    """0.4 s, 12 s, 3 min 5 s, 2 h 10 min."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def aligned(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()
) -> list[str]:
    """Columns padded with spaces, two apart, no spaces at the end of a line."""
    lines = [headings, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headings))]
    return [
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
