"""What all simulators of one server share."""

from collections.abc import Callable
from dataclasses import dataclass, field

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.faults import Faults
from batchdrop_sandbox.simulators.gazetteer import Gazetteer
from batchdrop_sandbox.simulators.keys import Keys
from batchdrop_sandbox.simulators.ledger import Ledger
from batchdrop_sandbox.simulators.tokens import Tokens


def _nobody_hears(url: str) -> None:
    """In-process there is nobody to ring unless a test says so."""
    del url


@dataclass(frozen=True)
class World:
    """One clock, one ledger, one script of faults, one geography, one book of access tokens.

    `keys` are what a service starts with; `ring` sends the GET of a webhook.
    """

    clock: Clock = field(default_factory=Clock)
    ledger: Ledger = field(default_factory=Ledger)
    faults: Faults = field(default_factory=Faults)
    gazetteer: Gazetteer = field(default_factory=Gazetteer)
    keys: Keys = field(default_factory=Keys)
    tokens: Tokens = field(default_factory=Tokens)
    ring: Callable[[str], None] = _nobody_hears
