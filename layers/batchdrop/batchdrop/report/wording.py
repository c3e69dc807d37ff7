"""Numbers, times and places as a person reads them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def count(number: float) -> str:
    """`12,345`; up to four digits after the point where there are any."""
    return f"{number:,.4f}".rstrip("0").rstrip(".")


def share(part: float, whole: float) -> str:
    """`99.96 %`: never 100 % for less than all, never 0 % for more than nothing; `–` of nothing."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    if 0 < percent < 0.01:
        return "< 0.01 %"
    if 99.99 < percent < 100:
        return "> 99.99 %"
    return f"{percent:.2f}".rstrip("0").rstrip(".") + " %"


def span(seconds: float) -> str:
    """`4 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`: the two largest units."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 and whole != seconds else f"{whole} s"
    units = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    first = next(place for place, (_, size) in enumerate(units) if whole >= size)
    (name, size), (next_name, next_size) = units[first], units[first + 1]
    rest = whole % size // next_size
    return f"{whole // size} {name}" + (f" {rest} {next_name}" if rest else "")


def times(number: int) -> str:
    """`once`, `twice`, `3 times`."""
    return {1: "once", 2: "twice"}.get(number, f"{number:,} times")


def jointly(names: Sequence[str]) -> str:
    """`one`, `one and two together`, `one, two and three together`."""
    *before, last = names
    return f"{', '.join(before)} and {last} together" if before else last


def moment(text: str) -> datetime | None:
    """An ISO 8601 time; None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def day_and_time(at: datetime) -> str:
    """`2 Mar 2026, 09:14:07`."""
    return f"{at.day} {at:%b %Y, %H:%M:%S}"


def size(number: float) -> str:
    """Bytes: `312 bytes`, `4.2 MB`."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def place(lat: float, lon: float) -> str:
    """`39.57776, -105.07942`."""
    lon = (lon + 180) % 360 - 180 if not -180 <= lon <= 180 else lon
    return f"{lat:.5f}, {lon:.5f}"


def distance(km: float) -> str:
    """`1,240 km`."""
    return f"{km:,.0f} km" if km >= 10 else f"{km:.1f} km"
