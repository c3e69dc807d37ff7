"""What the steps ask of the world, as small Protocols.

Real adapters stand in `aws/` and `services/`, in-memory ones in the tests; both pass one shared suite (tests/ports), so that
the fakes cannot drift from the real things.
"""

from batchdrop.ports.service import (
    Api,
    Batch,
    Capabilities,
    Outcome,
    OutcomeKind,
    Price,
    Progress,
    Query,
    RawPart,
    SavedPart,
    Service,
    State,
    Takes,
    Ticket,
)
from batchdrop.ports.store import Part, Place, Store, Stored, Upload
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
from batchdrop.ports.world import Clock, Machine, Publisher, Secrets

__all__ = [
    "Absent",
    "Api",
    "Batch",
    "Below",
    "Capabilities",
    "Change",
    "Clock",
    "Condition",
    "Either",
    "Exists",
    "Is",
    "Key",
    "Machine",
    "OneOf",
    "Outcome",
    "OutcomeKind",
    "Part",
    "Place",
    "Price",
    "Progress",
    "Publisher",
    "Query",
    "RawPart",
    "Row",
    "SavedPart",
    "Secrets",
    "Service",
    "State",
    "Store",
    "Stored",
    "Table",
    "Takes",
    "Ticket",
    "Upload",
    "Written",
]
