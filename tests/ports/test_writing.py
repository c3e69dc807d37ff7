"""Writing large objects piece by piece, on both stores."""

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING

import pytest

from batchdrop.ports import Place
from batchdrop.records.writing import ObjectWriter
from tests.ports.conftest import BUCKET
from tests.ports.memory import MemoryStore

if TYPE_CHECKING:
    from batchdrop.ports import Store

MIB = 1024 * 1024
FIVE = 5 * MIB
PLACE = Place(BUCKET, "jobs/a/results.csv")
NOISE = os.urandom(13 * MIB)


def test_a_small_object_is_put_whole(store: Store) -> None:
    writer = ObjectWriter(store, PLACE, "text/csv")
    assert writer.write(b"a,b\r\n") == 5
    writer.write(b"1,2\r\n")
    assert store.head(PLACE) is None
    stored = writer.close()
    assert store.read(PLACE) == b"a,b\r\n1,2\r\n"
    assert store.head(PLACE) == stored
    assert "-" not in stored.etag


def test_nothing_written_is_an_empty_object(store: Store) -> None:
    assert ObjectWriter(store, PLACE, "text/csv").close().size == 0
    assert store.read(PLACE) == b""


@pytest.mark.parametrize("piece", [MIB + 7, 12 * MIB])
def test_a_large_object_goes_in_equal_parts_however_it_is_written(store: Store, piece: int) -> None:
    writer = ObjectWriter(store, PLACE, "text/csv", part_size=FIVE)
    for start in range(0, len(NOISE), piece):
        writer.write(NOISE[start : start + piece])
    stored = writer.close()
    assert store.read(PLACE) == NOISE
    assert stored.etag.endswith("-3")
    assert stored.size == len(NOISE)


def test_an_object_of_whole_parts_has_no_empty_one(store: Store) -> None:
    writer = ObjectWriter(store, PLACE, "text/csv", part_size=FIVE)
    writer.write(NOISE[: 2 * FIVE])
    assert writer.close().etag.endswith("-2")
    assert store.read(PLACE) == NOISE[: 2 * FIVE]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("cuts", [[], [0], [3], [6 * MIB], [3, 3, 6 * MIB, 11 * MIB], [len(NOISE)]], ids=str)
def test_a_suspended_writer_goes_on_in_another_invocation(
    store: Store, cuts: list[int], *, zipped: bool
) -> None:
    writer = ObjectWriter(store, PLACE, "text/csv", part_size=FIVE, gzip=zipped)
    for start, end in zip([0, *cuts], [*cuts, len(NOISE)], strict=True):
        if start or end in cuts:
            state, tail = writer.suspend()
            writer = ObjectWriter.resume(store, PLACE, json.loads(json.dumps(state)), tail)
        writer.write(NOISE[start:end])
    writer.close()
    body = store.read(PLACE)
    assert (gzip.decompress(body) if zipped else body) == NOISE


def test_a_resumed_writer_may_have_nothing_to_add(store: Store) -> None:
    writer = ObjectWriter(store, PLACE, "application/gzip", gzip=True)
    writer.write(b"all")
    state, tail = writer.suspend()
    ObjectWriter.resume(store, PLACE, state, tail).close()
    assert store.read(PLACE) == tail
    assert gzip.decompress(tail) == b"all"


def test_an_empty_gzip_object_is_a_gzip_file(store: Store) -> None:
    ObjectWriter(store, PLACE, "application/gzip", gzip=True).close()
    assert store.read(PLACE)[:2] == b"\x1f\x8b"
    assert gzip.decompress(store.read(PLACE)) == b""


def test_equal_input_gives_equal_bytes() -> None:
    bodies = []
    for _ in range(2):
        store = MemoryStore()
        writer = ObjectWriter(store, PLACE, "application/gzip", gzip=True)
        writer.write(b"the same" * 1000)
        writer.close()
        bodies.append(store.read(PLACE))
    assert bodies[0] == bodies[1]


def test_going_on_from_an_older_state_replaces_the_parts_sent_since(store: Store) -> None:
    writer = ObjectWriter(store, PLACE, "text/csv", part_size=FIVE)
    writer.write(NOISE[: 6 * MIB])
    state, tail = writer.suspend()
    crashed = ObjectWriter.resume(store, PLACE, state, tail)
    crashed.write(b"x" * 5 * MIB)
    again = ObjectWriter.resume(store, PLACE, state, tail)
    again.write(NOISE[6 * MIB :])
    again.close()
    assert store.read(PLACE) == NOISE


def test_close_can_be_repeated_after_an_error() -> None:
    store = MemoryStore()
    writer = ObjectWriter(store, PLACE, "text/csv", part_size=FIVE)
    writer.write(NOISE[: 6 * MIB])
    begun = dict(store._begun)
    store._begun.clear()  # the store is out of order for a moment
    with pytest.raises(Exception, match="upload"):
        writer.close()
    store._begun.update(begun)
    writer.close()
    assert store.read(PLACE) == NOISE[: 6 * MIB]


def test_the_content_type_goes_with_small_and_large_objects() -> None:
    store = MemoryStore()
    for body in (b"small", NOISE):
        writer = ObjectWriter(store, PLACE, "text/csv; charset=utf-8")
        writer.write(body)
        writer.close()
        assert store.content_type(PLACE) == "text/csv; charset=utf-8"


def test_an_abandoned_writer_leaves_neither_object_nor_upload() -> None:
    memory, place = MemoryStore(), Place(BUCKET, "left")
    for written in (b"x", b"x" * (20 << 20)):
        writer = ObjectWriter(memory, place, "text/plain")
        writer.write(written)
        writer.abandon()
        assert (memory.head(place), memory.unfinished) == (None, 0)
        with pytest.raises(ValueError, match="ended"):
            writer.close()


def test_an_ended_writer_takes_nothing_more() -> None:
    for end in (ObjectWriter.close, ObjectWriter.suspend):
        writer = ObjectWriter(MemoryStore(), PLACE, "text/csv")
        end(writer)
        with pytest.raises(ValueError, match="ended"):
            writer.write(b"more")
        with pytest.raises(ValueError, match="ended"):
            writer.close()


def test_parts_below_five_mebibytes_are_refused() -> None:
    with pytest.raises(ValueError, match="5 MiB"):
        ObjectWriter(MemoryStore(), PLACE, "text/csv", part_size=FIVE - 1)
