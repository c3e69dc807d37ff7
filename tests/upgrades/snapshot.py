"""Everything that one moment of a region holds, as JSON: table items, objects, executions, the service's side and its ledger."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from batchdrop.batches.states import BatchRow, BatchState, tag
from tests.steps.world import INBOX

if TYPE_CHECKING:
    from tests.faults.execution import Execution
    from tests.faults.region import Region

    Snapshot = dict[str, Any]

MACHINE = "batch_job.asl.json.gz"
"""The recorded version's state machine, beside its states."""

REPORT = b"<!doctype html><title>left out of the recording</title>"


def take(region: Region, kind: str) -> Snapshot:
    """Return what the region holds now."""
    world = region.world
    service: Any = world.service
    shop = world.shop
    return {
        "kind": kind,
        "now": region.clock.now,
        "items": [world.table._items[key] for key in sorted(world.table._items)],
        "objects": [
            [
                bucket,
                key,
                [_describe_version(key, each) for each in (versions if bucket == INBOX else versions[-1:])],
            ]
            for (bucket, key), versions in sorted(world.store._objects.items())
        ],
        "uploads": [
            {
                "id": name,
                "bucket": begun.place.bucket,
                "key": begun.place.key,
                "type": begun.content_type,
                "parts": {str(number): encode(body) for number, body in begun.bodies.items()},
            }
            for name, begun in world.store._begun.items()
        ],
        "machine": {"inputs": world.machine._inputs, "ended": sorted(world.machine._ended)},
        "executions": [_describe(each) for each in region.executions.values() if each.open],
        "service": {
            "jobs": {
                name: {"tag": job.tag, "inputs": job.inputs, "started": job.started}
                for name, job in shop.jobs.items()
            },
            "billed": dict(shop.billed),
            "calls": dict(shop.calls),
            "stopped": sorted(service.stopped),
            "works_for": min(shop.works_for, 86_400.0),
        },
        "published": [[sent.detail_type, sent.detail, sent.topic] for sent in world.publisher.published],
    }


def _describe_version(key: str, version: Any) -> dict[str, Any]:
    stored = version.stored
    body = REPORT if key.endswith("report.html") else version.body
    return {
        "version": stored.version,
        "etag": stored.etag,
        "type": version.content_type,
        "metadata": dict(stored.metadata),
        "body": encode(body),
    }


def _describe(execution: Execution) -> dict[str, Any]:
    """The state an execution is in, and its data; of a Map, its children."""
    return {
        "name": execution.name,
        "at": execution.at,
        "data": execution._data,
        "children": [_describe(child) for child in execution._children if child.open],
    }


def encode(body: bytes) -> str | dict[str, str]:
    """Return text as it is, other bytes as base64."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def decode(body: str | dict[str, str]) -> bytes:
    """Return the inverse of `encode`."""
    return body.encode() if isinstance(body, str) else base64.b64decode(body["base64"])


def name_state(region: Region) -> str:
    """Return what the state of a region's jobs is called: of each job its own and its batches', without numbers."""
    return "+".join(
        sorted({_name_job(region, row) for row in region.world.table.rows() if row["sk"] == "job"})
    )


def list_facets(region: Region) -> set[str]:
    """Return what there is to be seen of the jobs: each one's status alone, with the state of each batch, with what is unfinished."""
    found: set[str] = set()
    for row in region.world.table.rows():
        if row["sk"] == "job":
            status, *rest = _name_job(region, row).split("~")
            found |= {status, *(f"{status}~{word}" for word in rest)}
    return found


def _name_job(region: Region, row: dict[str, Any]) -> str:
    rows = list(region.world.table.query(row["pk"]))
    words = [_name_status(row)]
    if row["status"] not in ("completed", "failure", "deleted"):
        words += sorted(
            {
                _name_batch(region, row, BatchRow.from_row(each))
                for each in rows
                if each["sk"].startswith("batch#")
            }
        )
    if any(each["sk"].startswith("event#") and not each["published"] for each in rows):
        words.append("event")
    left = ("results", f"jobs/{row['id']}/work/collect.json")
    if left in region.world.store._objects and row["status"] == "inProgress":
        words.append("collect-left")
    return "~".join(words)


def _name_status(row: dict[str, Any]) -> str:
    words = [str(row["status"])]
    if not row.get("plan") and row["status"] in ("submitted", "pending"):
        words.append("unplanned")
    if row.get("held") and not row.get("attention"):
        words.append("held")
    if row.get("private"):
        words.append("private")
    if row.get("charged"):
        words.append("charged")
    dialect = (row.get("plan") or {}).get("dialect") or {}
    usual = {"format": "csv", "encoding": "utf-8"}
    words += [str(dialect[each]) for each, value in usual.items() if dialect.get(each, value) != value]
    words += ["gzip"] if dialect.get("gzip") else []
    if row.get("order"):
        words.append(f"order-{row['order']}")
    if row.get("attention"):
        words.append(row["attention"]["code"])
    return "-".join(words)


def _name_batch(region: Region, row: dict[str, Any], batch: BatchRow) -> str:
    words = [str(batch.state)]
    if batch.state is BatchState.PARKED:
        words.append(batch.code)
    if batch.state is BatchState.POSTING and any(
        job.tag == tag(row.get("tag_hash") or row["hash"], batch.number)
        for job in region.world.shop.jobs.values()
    ):
        words.append("taken")
    if batch.state is BatchState.SETTLED:
        words.append(batch.ended)
    words += [
        name
        for name in ("raw", "stopping", "forgotten", "accepted", "searched", "refusals", "rereads", "resent")
        if getattr(batch, name)
    ]
    words += ["odd"] if getattr(batch, "notes", None) else []
    return "-".join(words)
