"""What the steps ask of the world, as small Protocols.

Real adapters stand in `aws/` and `services/`, in-memory ones in the tests; both pass one shared suite (tests/ports), so that
the fakes cannot drift from the real things.
"""

from batchdrop.ports.answer_notes import AnswerNotes, OddRow
from batchdrop.ports.declaration import Api, Capabilities, Price, Requests, Takes
from batchdrop.ports.report import Reporter, Told
from batchdrop.ports.service import Bell, Lists, Rings, Service
from batchdrop.ports.store import Links, Part, Place, Store, Stored, Upload, UploadLink
from batchdrop.ports.table import (
    Absent,
    Below,
    Change,
    Condition,
    Either,
    Exists,
    Is,
    Key,
    OneOf,
    Row,
    Table,
    Written,
)
from batchdrop.ports.talk import (
    OWN_PARAM,
    Batch,
    Listed,
    Outcome,
    OutcomeKind,
    Progress,
    Query,
    RawPart,
    SavedPart,
    State,
    Ticket,
)
from batchdrop.ports.world import (
    Clock,
    Endpoint,
    Machine,
    PathSecret,
    Publisher,
    Queue,
    Secrets,
    SigningSecret,
)

__all__ = [
    "OWN_PARAM",
    "Absent",
    "AnswerNotes",
    "Api",
    "Batch",
    "Bell",
    "Below",
    "Capabilities",
    "Change",
    "Clock",
    "Condition",
    "Either",
    "Endpoint",
    "Exists",
    "Is",
    "Key",
    "Links",
    "Listed",
    "Lists",
    "Machine",
    "OddRow",
    "OneOf",
    "Outcome",
    "OutcomeKind",
    "Part",
    "PathSecret",
    "Place",
    "Price",
    "Progress",
    "Publisher",
    "Query",
    "Queue",
    "RawPart",
    "Reporter",
    "Requests",
    "Rings",
    "Row",
    "SavedPart",
    "Secrets",
    "Service",
    "SigningSecret",
    "State",
    "Store",
    "Stored",
    "Table",
    "Takes",
    "Ticket",
    "Told",
    "Upload",
    "UploadLink",
    "Written",
]
