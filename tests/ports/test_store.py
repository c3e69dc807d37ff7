"""One suite for both stores."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from batchdrop.errors import GoneMissing
from batchdrop.ports import Part, Place
from tests.ports.conftest import BUCKET

if TYPE_CHECKING:
    from batchdrop.ports import Store

MIB = 1024 * 1024
ONE = Place(BUCKET, "jobs/a b+c ü/one.csv")
NONE = Place(BUCKET, "jobs/none")
LINES = b"".join(b"%d,Stra\xc3\x9fe\r\n" % number for number in range(1000))


def test_what_is_put_is_read_back_whole_and_as_lines(store: Store) -> None:
    stored = store.put(ONE, LINES, content_type="text/csv")
    assert store.read(ONE) == LINES
    with store.open(ONE) as stream:
        assert list(stream) == LINES.splitlines(keepends=True)
    assert store.head(ONE) == stored
    assert (stored.size, stored.metadata, stored.content_encoding) == (len(LINES), {}, "")
    assert '"' not in stored.etag


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 5),
        (5, 9),
        (3, None),
        (0, None),
        (11_000, 99_999),
        (99_999, None),
        (5, 5),
        (9, 5),
        (99_999, 100_000),
    ],
)
def test_a_range_is_cut_as_python_cuts(store: Store, start: int, end: int | None) -> None:
    store.put(ONE, LINES)
    with store.open(ONE, start, end) as stream:
        assert stream.read() == LINES[start : end if end is None else max(start, end)]


def test_an_empty_object_reads_as_nothing(store: Store) -> None:
    store.put(ONE, b"")
    for start, end in ((0, None), (0, 10), (5, None)):
        with store.open(ONE, start, end) as stream:
            assert stream.read() == b""


def test_what_is_not_there_is_missing(store: Store) -> None:
    assert store.head(NONE) is None
    for start, end in ((0, None), (3, 5), (5, 5)):
        with pytest.raises(GoneMissing):
            store.open(NONE, start, end)
    with pytest.raises(GoneMissing):
        store.read(NONE)


def test_every_version_can_be_read(store: Store) -> None:
    old = store.put(ONE, b"old")
    new = store.put(ONE, b"newer")
    assert old.version != new.version
    assert store.read(Place(ONE.bucket, ONE.key, old.version)) == b"old"
    assert store.read(Place(ONE.bucket, ONE.key, new.version)) == store.read(ONE) == b"newer"
    assert store.head(Place(ONE.bucket, ONE.key, old.version)) == old


def test_without_versions_the_etag_tells_these_bytes_from_what_replaced_them(store: Store) -> None:
    old = store.put(ONE, b"old")
    place = Place(ONE.bucket, ONE.key, etag=old.etag)
    assert store.read(place) == b"old"
    assert store.head(place) == old
    store.put(ONE, b"newer")
    assert store.head(place) is None
    for start, end in ((0, None), (1, 2), (5, 5)):
        with pytest.raises(GoneMissing):
            store.open(place, start, end)


def test_put_if_makes_only_what_is_not_there(store: Store) -> None:
    first = store.put_if(ONE, b"one", etag=None)
    assert first is not None
    assert store.put_if(ONE, b"two", etag=None) is None
    assert store.read(ONE) == b"one"
    assert store.head(ONE) == first


def test_put_if_replaces_only_what_it_has_seen(store: Store) -> None:
    first = store.put(ONE, b"one")
    second = store.put_if(ONE, b"two", etag=first.etag)
    assert second is not None
    assert store.put_if(ONE, b"three", etag=first.etag) is None
    assert store.read(ONE) == b"two"
    assert store.put_if(NONE, b"x", etag=first.etag) is None
    assert store.head(NONE) is None


def test_an_upload_becomes_one_object_when_it_is_complete(store: Store) -> None:
    bodies = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"last"]
    upload = store.upload(ONE, content_type="text/csv")
    parts = [upload.add(body) for body in bodies]
    assert store.head(ONE) is None
    assert [(part.number, part.size) for part in parts] == [(1, 5 * MIB), (2, 5 * MIB), (3, 4)]
    stored = upload.complete()
    assert store.read(ONE) == b"".join(bodies)
    assert store.head(ONE) == stored
    assert stored.etag.endswith("-3")


def test_an_upload_can_be_taken_up_by_another(store: Store) -> None:
    begun = store.upload(ONE, content_type="text/csv")
    first = begun.add(b"a" * 5 * MIB)
    later = store.upload(ONE, content_type="text/csv", upload_id=begun.id, parts=[first])
    later.add(b"b")
    later.complete()
    assert store.read(ONE) == b"a" * 5 * MIB + b"b"


def test_a_part_sent_again_after_a_crash_replaces_the_first(store: Store) -> None:
    begun = store.upload(ONE, content_type="text/csv")
    begun.add(b"crashed before this was noted")
    again = store.upload(ONE, content_type="text/csv", upload_id=begun.id)
    again.add(b"noted")
    again.complete()
    assert store.read(ONE) == b"noted"


def test_a_short_part_is_the_last_one(store: Store) -> None:
    upload = store.upload(ONE, content_type="text/csv")
    upload.add(b"x" * (5 * MIB - 1))
    with pytest.raises(ValueError, match="5 MiB"):
        upload.add(b"more")
    upload.complete()


def test_an_upload_has_at_most_ten_thousand_parts(store: Store) -> None:
    parts = [Part(number, "0" * 32, 5 * MIB) for number in range(1, 10_001)]
    upload = store.upload(ONE, content_type="text/csv", parts=parts)
    with pytest.raises(ValueError, match="parts"):
        upload.add(b"more")
    upload.abort()


def test_completing_twice_gives_the_same_object(store: Store) -> None:
    upload = store.upload(ONE, content_type="text/csv")
    upload.add(b"all")
    first = upload.complete()
    again = store.upload(ONE, content_type="text/csv", upload_id=upload.id, parts=upload.parts).complete()
    assert (again.etag, again.size) == (first.etag, first.size)
    assert store.delete_all(BUCKET, ONE.key) == 1


def test_an_upload_that_is_to_make_a_new_object_covers_none_that_is_there(store: Store) -> None:
    upload = store.upload(ONE, content_type="text/csv")
    upload.add(b"late")
    stored = store.put(ONE, b"newer")
    assert upload.complete_if(etag=None) is None
    assert store.read(ONE) == b"newer"
    made = upload.complete_if(etag=stored.etag)
    assert made is not None
    assert store.read(ONE) == b"late"
    again = upload.complete_if(etag=stored.etag)
    assert again is not None
    assert again.etag == made.etag


def test_a_dropped_upload_leaves_nothing_and_can_be_dropped_again(store: Store) -> None:
    upload = store.upload(ONE, content_type="text/csv")
    upload.add(b"x" * 5 * MIB)
    upload.abort()
    upload.abort()
    assert store.head(ONE) is None


def test_keys_come_in_order_of_their_bytes(store: Store) -> None:
    keys = ["jobs/a/Z", "jobs/a/a", "jobs/a/b/c", "jobs/a/ä", "jobs/a/\uffff", "jobs/a/\U0001f600"]
    for key in [*reversed(keys), "jobs/ab", "other"]:
        store.put(Place(BUCKET, key), b"")
    assert list(store.list(BUCKET, "jobs/a/")) == keys
    assert list(store.list(BUCKET, "none/")) == []


def test_delete_all_takes_every_version_below_the_prefix_only(store: Store) -> None:
    old = store.put(Place(BUCKET, "jobs/a/one"), b"1")
    store.put(Place(BUCKET, "jobs/a/one"), b"2")
    store.put(Place(BUCKET, "jobs/a/two"), b"3")
    store.put(Place(BUCKET, "jobs/ab"), b"4")
    assert store.delete_all(BUCKET, "jobs/a/") == 3
    with pytest.raises(GoneMissing):
        store.read(Place(BUCKET, "jobs/a/one", old.version))
    assert list(store.list(BUCKET, "")) == ["jobs/ab"]
    assert store.delete_all(BUCKET, "jobs/a/") == 0


def test_erase_takes_a_version_and_what_is_older_of_this_object_only(store: Store) -> None:
    place, beside = Place(BUCKET, "by-input/a.json"), Place(BUCKET, "by-input/a.json.json")
    first, second, third = (store.put(place, body) for body in (b"1", b"2", b"3"))
    store.put(beside, b"other")
    assert store.erase(Place(BUCKET, place.key, second.version), older_only=True) == 1
    assert store.read(Place(BUCKET, place.key, second.version)) == b"2"
    assert store.erase(Place(BUCKET, place.key, second.version)) == 1
    assert store.read(place) == b"3"
    assert store.erase(Place(BUCKET, place.key, first.version)) == 0
    assert store.erase(place) == 1
    assert store.head(Place(BUCKET, place.key, third.version)) is None
    assert store.read(beside) == b"other"
    assert store.erase(place) == 0
