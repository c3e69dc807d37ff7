"""What can be called: one table, from which routes, checks and the OpenAPI document are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from batchdrop.jobs import Status
from batchdrop.steps.showing import PAGE_MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_BODY_BYTES = 4 * 1024 * 1024
"""Of a file that comes straight in: Lambda takes 6 MB of JSON, in which the file stands as base64 [doc: Lambda quotas]."""

MOST_UPLOAD_BYTES = 5 * 1000**3
"""Of a file that is sent by a link: the limit of a file (docs/files.md), and of one PUT [doc: S3]."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: `place` is path, query or header; `schema` is the JSON Schema that a value must fit."""

    name: str
    about: str
    schema: Mapping[str, Any]
    place: str = "query"
    required: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """One call. `name`: its operationId. `takes`: schema of a JSON body; `file`: the body is a file.

    `answers`: status → name of the schema of its body ('' = no body, '*' = any JSON); refusals are problems.
    """

    method: str
    path: str
    name: str
    about: str
    answers: Mapping[int, str]
    refusals: tuple[int, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    takes: str = ""
    file: bool = False
    query: Mapping[str, Parameter] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        asked = {each.name: each for each in self.parameters if each.place == "query"}
        object.__setattr__(self, "query", MappingProxyType(asked))

    def in_place(self, place: str) -> tuple[Parameter, ...]:
        """The parameters in one place."""
        return tuple(each for each in self.parameters if each.place == place)


JOB_ID = "^[A-Za-z0-9_-]{1,40}-[0-9a-f]{16}$"
ROUTE = "^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
OUTPUTS = ("results", "errors", "report", "geojson", "problems")

_WORD = {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]+$"}
_JOB = Parameter("job", "The id of the job.", {"type": "string", "pattern": JOB_ID}, "path", required=True)
_BATCH = Parameter(
    "batch",
    "The number of a batch that waits for a person, or `parked` for every one that waits for this.",
    {"type": "string", "pattern": "^([1-9][0-9]{0,5}|parked)$"},
    "path",
    required=True,
)
_NUMBER = Parameter(
    "batch",
    "The number of the batch.",
    {"type": "string", "pattern": "^[1-9][0-9]{0,5}$"},
    "path",
    required=True,
)
_REQUEST_ID = Parameter(
    "X-Request-ID", "Comes back as X-Correlation-ID where it is a plain word.", {"type": "string"}, "header"
)

_LIST = (
    Parameter(
        "status", "Only jobs of this status.", {"type": "string", "enum": ["any", *Status], "default": "any"}
    ),
    Parameter("route", "Only jobs of this route.", {"type": "string", "pattern": ROUTE}),
    Parameter(
        "key", "Only jobs of this key in the inbox bucket.", {"type": "string", "minLength": 1, "maxLength": 1024}
    ),
    Parameter(
        "limit", "At most so many.", {"type": "integer", "minimum": 1, "maximum": 100, "default": 100}
    ),
    Parameter(
        "next", "`next` of the page before.",
        {"type": "string", "pattern": PAGE_MARK},
    ),
)  # fmt: skip
_DROP = (
    Parameter("route", "How to process the file.", {"type": "string", "pattern": ROUTE}, required=True),
    Parameter(
        "name", "The name of the file, by whose ending its format is known.",
        {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[^/]+$", "default": "input.csv"},
    ),
    Parameter(
        "upload", "Send no body; the answer holds a link to which the file is to be sent.",
        {"type": "boolean", "default": False},
    ),
    Parameter(
        "size",
        f"Bytes of the file. Above {MOST_BODY_BYTES} the answer is as with `upload=true`; the link takes exactly so many.",
        {"type": "integer", "minimum": 1, "maximum": MOST_UPLOAD_BYTES},
    ),
    Parameter(
        "startJob", "false: the job waits until it is started.", {"type": "boolean", "default": True}
    ),
    Parameter(
        "Idempotency-Key",
        "A word for this file: the same request with the same word is the same job, however often it is sent.",
        _WORD,
        "header",
    ),
)  # fmt: skip


def _order(name: str, about: str) -> Call:
    return Call("PUT", f"/jobs/{{job}}/{name}", f"{name}Job", about, {200: "Job"}, (404, 409), (_JOB,))


def _output(name: str) -> Call:
    about = f"The {name} of the job: leads to a link that lives 15 minutes. 204: it has none. 404: not yet. 410: not any more."
    return Call(
        "GET", f"/jobs/{{job}}/{name}", f"{name}OfJob", about, {303: "Link", 204: ""}, (404, 410), (_JOB,)
    )


def _action(name: str, about: str, takes: str = "", batch: Parameter = _BATCH) -> Call:
    word = name.partition("-")[0]
    path = f"/jobs/{{job}}/batches/{{batch}}/{name}"
    return Call(
        "POST", path, f"{word}Batch", about, {200: "Job"}, (400, 404, 409), (_JOB, batch), takes=takes
    )


def _calls() -> tuple[Call, ...]:
    listed = "Jobs, newest change first. A page may hold fewer than `limit` and still have a `next`."
    dropped = (
        f"Drop a file of up to {MOST_BODY_BYTES} bytes, as the body; or ask for a link to which a larger one is sent. "
        "The id of its job is known at once."
    )
    deleted = "Delete a job's output, every version of it, and the service's copy. The dropped file stays."
    return (
        Call("GET", "/jobs", "listJobs", listed, {200: "Jobs"}, (400,), _LIST),
        Call(
            "POST", "/jobs", "dropFile", dropped, {201: "Dropped"}, (400, 404, 413, 422), _DROP, file=True
        ),
        Call("GET", "/jobs/{job}", "showJob", "The job as it is now.", {200: "Job"}, (404,), (_JOB,)),
        Call("DELETE", "/jobs/{job}", "deleteJob", deleted, {200: "Job"}, (404, 409), (_JOB,)),
        _order("start", "Let a held job go, or take up a stopped or failed one. Nothing happens to one that runs."),
        _order("stop", "Stop a job: what is finished is collected. Nothing happens to one that is over."),
        *map(_output, OUTPUTS),
        _action("adopt", "The service did take the batch: go on with its job id.", "Adopt", _NUMBER),
        _action("resubmit", "Send again, and perhaps pay again; 409 says how much that may be.", "Resubmit"),
        _action("recollect", "Fetch the results again: a look each, nothing is sent."),
        _action("accept-gaps", "Records without an answer count as failed, UNACCOUNTED."),
        Call(
            "POST", "/jobs/{job}/redrive", "redriveJob", "Go on after what was in the way was put right.",
            {200: "Job"}, (404, 409), (_JOB,),
        ),
        Call("GET", "/openapi", "openapi", "This document.", {200: "*"}),
    )  # fmt: skip


CALLS: tuple[Call, ...] = _calls()
"""Every call. HEAD is answered wherever GET is, without a body; OPTIONS everywhere."""

COMMON = (_REQUEST_ID,)
"""Parameters of every call."""

PATHS: Mapping[str, Mapping[str, Call]] = MappingProxyType(
    {
        path: MappingProxyType({call.method: call for call in CALLS if call.path == path})
        for path in dict.fromkeys(call.path for call in CALLS)
    }
)
"""Path → method → call."""
