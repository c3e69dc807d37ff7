"""A service in memory that takes every kind of record, and what comes back of a file of any form."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from batchdrop.ports import Api, Batch, Capabilities, Price, Query, Requests, Takes, Ticket
from tests.steps.memory_service import ONE_PHASE, MemoryService

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.steps.world import World


class Anything(MemoryService):
    """Takes every kind of record; what was sent is the text it is billed for."""

    can: ClassVar[Capabilities] = replace(
        ONE_PHASE, requests=Requests("inputs", lambda members, params: (str(members["api"]), dict(params)))
    )
    apis: ClassVar[Mapping[str, Api]] = {
        takes.value: Api(
            takes.value,
            takes,
            ("bd_lat", "bd_label"),
            Price("credits", 1),
            structured=takes is Takes.PLACE,
            own_columns=("lang",),
        )
        for takes in Takes
    }

    def create(self, batch: Batch) -> Ticket:
        """One text of all fields, so that the ledger shows what was sent."""

        def queries() -> Iterator[Query]:
            for query in batch.queries():
                yield Query(
                    query.ordinal, {"text": ";".join(f"{name}={text}" for name, text in query.fields.items())}
                )

        return super().create(replace(batch, queries=queries))


def codes(world: World, job: str, total: int, end: str) -> list[str]:
    """The code of each record, from both outputs: "" for what is in the results."""
    found = [""] * total
    for name in ("results", "errors"):
        for entry in entries(world, job, f"{name}{end}"):
            place = int(entry["recId"])
            assert found[place - 1] == ""
            found[place - 1] = entry.get("code", "")
    return found


def entries(world: World, job: str, name: str) -> list[dict[str, Any]]:
    body = world.output(job, name)
    body = gzip.decompress(body) if name.endswith(".gz") else body
    encoding = world.document(job)["dialect"]["encoding"]
    text = body.decode("utf-8-sig" if encoding.startswith("utf") or ".ndjson" in name else encoding)
    if ".ndjson" in name:
        return [json.loads(line)["bd"] for line in text.splitlines()]
    before = csv.field_size_limit(1_000_000)
    try:
        rows = list(
            csv.reader(io.StringIO(text, newline=""), delimiter=world.document(job)["dialect"]["delimiter"])
        )
    finally:
        csv.field_size_limit(before)
    ours = [name.removeprefix("bd_") for name in rows[0] if name.startswith("bd_")]
    return [dict(zip(ours, row[-len(ours) :], strict=True)) for row in rows[1:]]
