"""What the store in memory offers to tests beyond the port, and endings that moto does not know."""

from __future__ import annotations

import pytest

from batchdrop.errors import GoneMissing
from batchdrop.ports import Part, Place
from tests.ports.memory import MemoryStore

PLACE = Place("inbox", "incoming/route/file.csv")


def test_a_file_is_dropped_with_metadata_and_can_vanish() -> None:
    store = MemoryStore()
    stored = store.drop(PLACE, b"a,b\n", metadata={"owner": "me"}, content_encoding="gzip")
    assert store.head(PLACE) == stored
    assert (dict(stored.metadata), stored.content_encoding) == ({"owner": "me"}, "gzip")
    store.lose(PLACE)
    with pytest.raises(GoneMissing):
        store.read(Place(PLACE.bucket, PLACE.key, stored.version))


def test_completing_what_another_replaced_or_dropped_is_missing() -> None:
    store = MemoryStore()
    upload = store.upload(PLACE, content_type="text/csv")
    upload.add(b"mine")
    upload.complete()
    store.put(PLACE, b"alas")
    with pytest.raises(GoneMissing):
        upload.complete()
    with pytest.raises(GoneMissing):
        store.upload(PLACE, content_type="text/csv", upload_id=upload.id).add(b"more")


def test_an_upload_is_made_of_the_parts_it_got() -> None:
    store = MemoryStore()
    upload = store.upload(PLACE, content_type="text/csv")
    with pytest.raises(ValueError, match="parts"):
        upload.complete()
    part = upload.add(b"mine")
    upload.parts = [Part(part.number, "0" * 32, part.size)]
    with pytest.raises(ValueError, match="parts"):
        upload.complete()
