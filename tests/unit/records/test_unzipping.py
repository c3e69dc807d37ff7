"""Gunzip as a stream."""

from __future__ import annotations

import gzip
import io
import random
import tracemalloc
from typing import IO

import pytest

from batchdrop.errors import BadFile
from batchdrop.records.source import Source, lines, skip
from batchdrop.records.unzipping import is_gzip, unzip

TEXT = b"".join(b"%d,%d Main Street\n" % (number, number * 7919 % 9973) for number in range(50_000))


class Drip:
    def __init__(self, data: bytes, piece: int) -> None:
        self._stream, self._piece = io.BytesIO(data), piece

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(min(self._piece, size) if size >= 0 else self._piece)


@pytest.mark.parametrize("piece", [7, 4096, 10**9])
def test_text_comes_out_as_it_went_in(piece: int) -> None:
    with unzip(Drip(gzip.compress(TEXT, mtime=0), piece)) as stream:
        assert stream.read() == TEXT


@pytest.mark.parametrize("piece", [1, 10**9])
@pytest.mark.parametrize("between", [b"", b"\0" * 5])
def test_several_members_are_one_file(piece: int, between: bytes) -> None:
    zipped = (
        gzip.compress(b"a,b\n", mtime=0)
        + between
        + gzip.compress(b"", mtime=0)
        + gzip.compress(b"c,d\n", mtime=0)
        + between
    )
    with unzip(Drip(zipped, piece)) as stream:
        assert list(lines(stream)) == [b"a,b\n", b"c,d\n"]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        gzip.compress(TEXT, mtime=0)[:-1],
        gzip.compress(TEXT, mtime=0)[:1000],
        gzip.compress(TEXT, mtime=0)[:5],
        gzip.compress(b"a", mtime=0) + b"\x1f\x8b",
        gzip.compress(b"a", mtime=0) + b"rubbish",
        gzip.compress(TEXT, mtime=0)[:-8] + b"\0" * 8,
        b"no gzip at all",
    ],
)
def test_a_damaged_or_cut_file_is_refused(broken: bytes) -> None:
    with unzip(Drip(broken, 10**9)) as stream, pytest.raises(BadFile) as refused:
        stream.read()
    assert refused.value.problems[0].code == "BROKEN_GZIP"


def drain(stream: IO[bytes], sizes: list[int]) -> None:
    while part := stream.read(65536):
        sizes.append(len(part))


def test_a_bomb_is_refused_early_and_in_little_memory() -> None:
    bomb = gzip.compress(b"0" * 100_000_000, mtime=0)
    sizes: list[int] = []
    tracemalloc.start()
    try:
        with unzip(io.BytesIO(bomb)) as stream, pytest.raises(BadFile) as refused:
            drain(stream, sizes)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refused.value.problems[0].code == "EXPANDS_TOO_MUCH"
    assert sum(sizes) <= max(200 * len(bomb), 9 * 1024 * 1024)
    assert peak < 3_000_000


def test_the_size_limit_holds() -> None:
    with unzip(io.BytesIO(gzip.compress(TEXT, mtime=0)), limit=len(TEXT)) as stream:
        assert len(stream.read()) == len(TEXT)
    with (
        unzip(io.BytesIO(gzip.compress(TEXT, mtime=0)), limit=len(TEXT) - 1) as stream,
        pytest.raises(BadFile),
    ):
        stream.read()


def test_a_short_run_of_equal_bytes_is_no_bomb() -> None:
    with unzip(io.BytesIO(gzip.compress(b"\n" * 5_000_000, mtime=0))) as stream:
        assert len(stream.read()) == 5_000_000


def test_gzip_is_told_by_its_bytes() -> None:
    assert is_gzip(gzip.compress(b"", mtime=0))
    assert not is_gzip(b"a,b")


def test_looking_ahead_takes_nothing() -> None:
    chance = random.Random(7)  # a seed, no secret
    data = chance.randbytes(5000)
    source, out = Source(Drip(data, 11)), b""
    while True:
        ahead = source.peek(chance.randrange(1, 300))
        part = source.read(chance.randrange(1, 200))
        assert part[: len(ahead)] == ahead[: len(part)]
        if not part:
            break
        out += part
    assert out == data


def test_the_rest_of_a_source_includes_what_was_looked_at() -> None:
    source = Source(io.BytesIO(b"abcdef"))
    assert source.peek(3) == b"abc"
    assert source.read(1) == b"a"
    assert source.read() == b"bcdef"


def test_skipping_past_the_end_means_another_input() -> None:
    source = Source(io.BytesIO(b"abcdef"))
    skip(source, 4)
    assert source.read() == b"ef"
    with pytest.raises(Exception, match="shorter"):
        skip(Source(io.BytesIO(b"abc")), 4)
