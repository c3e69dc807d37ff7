"""The short form of `make fuzz`: the same harness over mutated seeds, the same ones each time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.harness import CHOSEN, KINDS, NAMES, PREFIX, TOLD, one_input
from tests.fuzz.seeds import seeds

SEEDS = seeds()
PIECES = st.binary(max_size=4) | st.sampled_from(
    [b'"', b'""', b"\r", b"\n", b"\r\n", b"\0", b"[", b"]", b"{", b"}", b"\\", b",", b":", b"null", b"NaN", b"1e999", b"\xff\xfe",
     b"\xef\xbb\xbf", b"\x81", b"bd", b'"q":', b"sep=;\n", b"\x1b$B", "§".encode()]
)  # fmt: skip


@pytest.mark.parametrize("body", SEEDS, ids=range(len(SEEDS)))
def test_a_seed_comes_to_nothing_but_documented_problems(body: bytes) -> None:
    for more in (0, 1, 2, 4, 7, 8):
        one_input(body[: PREFIX - 1] + bytes([more]) + body[PREFIX:])


@settings(max_examples=1500)
@given(
    body=st.sampled_from(SEEDS),
    prefix=st.none() | st.tuples(
        st.integers(0, len(NAMES) - 1), st.integers(0, len(KINDS) - 1), st.integers(0, len(TOLD) - 1), st.integers(0, 8 * len(CHOSEN) - 1)
    ),
    cuts=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 6), PIECES), max_size=4),
)  # fmt: skip
def test_mutated_files_come_to_nothing_but_documented_problems(
    body: bytes, prefix: tuple[int, int, int, int] | None, cuts: list[tuple[int, int, bytes]]
) -> None:
    head, text = bytes(prefix) if prefix else body[:PREFIX], body[PREFIX:]
    for at, length, piece in cuts:
        place = at % (len(text) + 1)
        text = text[:place] + piece + text[place + length :]
    one_input(head + text)
