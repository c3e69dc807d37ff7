"""Statements on the pages of the services, and whether each says where it is from.

A statement is a sentence, an item of a list, or a row of a table. It carries the mark of its source, or stands under
`<!-- ours -->` (a block), or holds that comment (a sentence), where it says what batchdrop does and nothing of the service.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from tests.docs.evidence import MARKS

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "<!-- ours -->"
_MARK = re.compile(rf"\[(?:{'|'.join(sorted(MARKS))})\b[^\]]*\](?!\()")
_CODE_BLOCK = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`]*`")
_END = re.compile(r"(?:(?<=[.!?])|(?<=-->))\s+(?=[A-Z0-9\"*(`~])")


def unsourced(text: str) -> list[str]:
    """The statements of a page that neither name a source nor are about batchdrop."""
    return [one for block in _blocks(text) for one in _statements(block) if not _is_sourced(one)]


def _is_sourced(statement: str) -> bool:
    return OURS in statement or _MARK.search(statement) is not None


def _blocks(text: str) -> Iterator[list[str]]:
    """Blocks of lines between empty ones; headings and code are none."""
    for filled, lines in groupby(_CODE_BLOCK.sub("", text).splitlines(), lambda line: bool(line.strip())):
        block = [line for line in lines if not line.startswith("#")]
        if filled and block and block[0].strip() != OURS:
            yield block


def _statements(block: list[str]) -> Iterator[str]:
    if block[0].startswith("|"):
        if not _MARK.search(block[0]):  # the head may carry the source of the whole table
            yield from block[2:]
    elif block[0].startswith("- "):
        for item in re.split(r"\n(?=- )", "\n".join(block)):
            yield from _sentences(item)
    else:
        yield from _sentences(" ".join(block))


def _sentences(paragraph: str) -> Iterator[str]:
    """Code is left out of the search for ends: `a. B` is none."""
    kept = _CODE.findall(paragraph)
    texts = iter(kept)
    for sentence in _END.split(_CODE.sub("`~`", paragraph)):
        yield re.sub("`~`", lambda _: next(texts), sentence)
