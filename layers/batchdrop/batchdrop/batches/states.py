"""The states of a batch, and a row of the table read as one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from batchdrop.ports import Key, Ticket

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.ports import Row


class BatchState(StrEnum):
    """Where a batch is. Every change is one conditional write."""

    PLANNED = "planned"
    POSTING = "posting"  # one invocation won the right to POST; its name is the owner
    CREATED = "created"  # the service's job exists and is not started (two-phase services only)
    RUNNING = "running"
    SETTLED = "settled"
    PARKED = "parked"  # waits for a person


class End(StrEnum):
    """How a batch settled."""

    COMPLETED = "completed"
    FAILED = "failed"
    STOPPED = "stopped"


MOST_BATCHES = 99_999
"""Batches of one job: their five digits are their order in the table."""

_HASH, _NUMBER = 56, 8  # hex digits of a tag that name the job, and that number the batch


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch as the table has it.

    start, end: bytes of work/queries.ndjson; first, count: ordinals; units: what they cost, in records; next_look, posted, started: seconds since the epoch;
    submits, looks: what was asked of the service; refusals: POSTs it would not take; resent: times it had begun the work before a
    person sent the batch again; misses: looks in a row that did not find it; rereads: fetches whose bytes
    could not be read; restarts: starts after a failure; raw: names of the saved parts; said: the service's own counters of them; rung: the service called; rang: when it last woke the lane; stopping: it was asked to stop; forgotten: it
    was asked to delete the job; notes: what was odd about its answer (odd: rows set aside, named: the first of them, remarks); detail: why it is parked, in
    sentences; searched: a POST of it had no clear outcome once, so the service may have more than one job of it.
    """

    key: Key
    number: int
    state: BatchState
    start: int
    end: int
    first: int
    count: int
    units: int = 0
    owner: str = ""
    ticket: Ticket | None = None
    next_look: float = 0.0
    posted: float = 0.0
    started: float = 0.0
    submits: int = 0
    refusals: int = 0
    resent: int = 0
    looks: int = 0
    misses: int = 0
    rereads: int = 0
    restarts: int = 0
    done: int = 0
    raw: tuple[str, ...] = ()
    code: str = ""
    ended: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    said: Mapping[str, int] = field(default_factory=dict)
    rung: bool = False
    rang: float = 0.0
    stopping: bool = False
    forgotten: bool = False
    searched: bool = False
    accepted: bool = False
    parked_from: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    detail: str = ""
    refused_since: float = 0.0
    """When the service first answered "later" to the POST of this batch; 0 once it has taken it."""
    service_status: str = ""
    """The service's own word for the state of its job, at the last look."""
    ended_at: float = 0.0
    """When the service was first seen to say that its job is over while its results stayed away; 0 for a job that is not so."""
    withheld: int = 0
    """How often the results were asked for in vain since then."""
    withheld_by: str = ""
    """What they answered the last time: a status such as 404, "nothing", or a few words."""

    @property
    def name(self) -> str:
        """`00001`: how the batch is called in keys and object names."""
        return batch_name(self.number)

    @property
    def open(self) -> bool:
        """Whether there is still something to do without a person."""
        return self.state not in (BatchState.SETTLED, BatchState.PARKED)

    @classmethod
    def from_row(cls, row: Row) -> BatchRow:
        """Read a table row."""
        ticket = row.get("ticket")
        return cls(
            key=Key(row["pk"], row["sk"]),
            number=row["number"],
            state=BatchState(row["state"]),
            start=row["start"],
            end=row["end"],
            first=row["first"],
            count=row["count"],
            units=row["units"] if "units" in row else row["count"],
            owner=row.get("owner", ""),
            ticket=Ticket.from_dict(ticket) if ticket else None,
            next_look=float(row.get("next_look", 0)),
            posted=float(row.get("posted", 0)),
            started=float(row.get("started", 0)),
            submits=row.get("submits", 0),
            refusals=row.get("refusals", 0),
            resent=row.get("resent", 0),
            looks=row.get("looks", 0),
            misses=row.get("misses", 0),
            rereads=row.get("rereads", 0),
            restarts=row.get("restarts", 0),
            done=row.get("done", 0),
            raw=tuple(row.get("raw", ())),
            code=row.get("code", ""),
            ended=row.get("ended", ""),
            counts=row.get("counts", {}),
            said=row.get("said", {}),
            rung=row.get("rung", False),
            rang=float(row.get("rang", 0)),
            stopping=row.get("stopping", False),
            forgotten=row.get("forgotten", False),
            searched=row.get("searched", False),
            accepted=row.get("accepted", False),
            parked_from=row.get("parked_from", ""),
            notes=row.get("notes", {}),
            detail=row.get("detail", ""),
            refused_since=float(row.get("refused_since", 0)),
            service_status=row.get("service_status", ""),
            ended_at=float(row.get("ended_at", 0)),
            withheld=row.get("withheld", 0),
            withheld_by=row.get("withheld_by", ""),
        )


def batch_name(number: int) -> str:
    """`00001`."""
    return f"{number:05d}"


def job_pk(job: str) -> str:
    """The partition that holds everything of one job."""
    return f"job#{job}"


def job_key(job: str) -> Key:
    """The job row."""
    return Key(job_pk(job), "job")


def claim_key(job_hash: str) -> Key:
    """The row that leads from the whole hash of an input to its job, whatever the job is called."""
    return Key(f"claim#{job_hash}", "claim")


def batch_key(job: str, number: int) -> Key:
    """A batch's row."""
    return Key(job_pk(job), f"batch#{batch_name(number)}")


def lane_key(job: str, number: int) -> Key:
    """A lane's row."""
    return Key(job_pk(job), f"lane#{number:04d}")


def get_tag_base(row: Row) -> str:
    """Return the hash from which a job's tags are made. Jobs claimed by older versions keep their tags: the input's own hash."""
    return str(row.get("tag_hash") or row["hash"])


def tag(job_hash: str, number: int) -> str:
    """64 hex digits by which a lost job can be found at the service: the same on every try."""
    return f"{job_hash[:_HASH]}{number:08x}"


def tag_key(tag: str) -> Key:
    """The row that leads from a tag, or the tail of one, to its job."""
    return Key(f"tag#{tag[:-_NUMBER]}", "tag")


def tag_tail(tag: str) -> str:
    """The last 32 digits of a tag: all that some services can keep of it."""
    return tag[-32:]


def tagged_number(tag: str) -> int:
    """The number of the batch that has this tag, or its tail."""
    return int(tag[-_NUMBER:], 16)


def ticket_key(service: str, ticket: str) -> Key:
    """The row that leads from a service's job id to the batch."""
    return Key(f"ticket#{service}#{ticket}", "ticket")
