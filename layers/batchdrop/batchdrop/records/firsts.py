"""Which record a query is: the first one with its ordinal in work/firsts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batchdrop.records.outcomes import unpack_firsts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from batchdrop.records.source import Readable

_AT_ONCE = 65_536  # records


def first_records(firsts: Readable, ordinals: Iterable[int]) -> dict[int, int]:
    """Ordinal → recId of its first record; an ordinal that the file does not have is left out. One pass, in flat memory.

    Ordinals are numbered as they first occur, so each one is looked for from where the one before was found.
    """
    wanted = sorted(set(ordinals))
    found: dict[int, int] = {}
    place = read = start = 0
    numbers = unpack_firsts(b"")
    while place < len(wanted):
        try:
            start = numbers.index(wanted[place], start) + 1
        except ValueError:
            read += len(numbers)
            data = firsts.read(4 * _AT_ONCE)
            if not data:
                return found
            while len(data) % 4 and (more := firsts.read(4 - len(data) % 4)):
                data += more
            numbers, start = unpack_firsts(data[: len(data) // 4 * 4]), 0
            continue
        found[wanted[place]] = read + start
        place += 1
    return found
