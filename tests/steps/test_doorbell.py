"""How a service gets to know where to ring: once a stack, anew after a rotation, and never in the way of a send."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from batchdrop.errors import ConfigurationError, OutcomeUnknown, ServiceDenied
from batchdrop.steps.doorbell import HEARD_APART, PATIENCE, Doorbell, heard, registration_key
from tests.ports.memory import ManualClock, MemoryTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DOOR = "https://a1b2c3d4.execute-api.eu-central-1.amazonaws.com/v1/callback"


@dataclass
class MemoryRings:
    """A service's registrations: id → door. `trouble` is raised by every call while it is set; `meanwhile` runs in a register."""

    doors: dict[str, str] = field(default_factory=dict)
    tested: list[str] = field(default_factory=list)
    trouble: Exception | None = None
    meanwhile: Callable[[], object] = lambda: None
    calls: int = 0

    def register(self, door: str) -> str:
        self._called()
        self.calls += 1
        made = f"NOTIFICATION-{self.calls}"
        self.doors[made] = door
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        return made

    def test(self, registration: str) -> None:
        self._called()
        self.tested.append(registration)

    def unregister(self, registration: str) -> None:
        self._called()
        self.doors.pop(registration, None)

    @staticmethod
    def ticket_of(called: str) -> str | None:
        return called

    def _called(self) -> None:
        if self.trouble:
            raise self.trouble


@dataclass
class Vault:
    """The secret: its versions, and what a container's cache still says of them."""

    versions: list[str] = field(default_factory=lambda: ["first"])

    def cache(self) -> Cached:
        return Cached(self)


@dataclass
class Cached:
    vault: Vault
    known: tuple[str, ...] = ()
    trouble: Exception | None = None

    def values(self, *, fresh: bool = False) -> Sequence[str]:
        if self.trouble:
            raise self.trouble
        if fresh or not self.known:
            self.known = tuple(self.vault.versions[:2])
        return self.known


@dataclass
class Stack:
    """A table, a service and a secret; `bell()` is another container's doorbell."""

    table: MemoryTable = field(default_factory=MemoryTable)
    rings: MemoryRings = field(default_factory=MemoryRings)
    vault: Vault = field(default_factory=Vault)
    clock: ManualClock = field(default_factory=ManualClock)

    def bell(self, door: str = DOOR) -> Doorbell:
        return Doorbell("here", door, self.table, self.vault.cache(), lambda: self.rings, self.clock)

    def rotate(self, secret: str) -> None:
        self.vault.versions.insert(0, secret)


def test_the_first_send_registers_and_all_others_use_that() -> None:
    stack = Stack()
    assert {stack.bell()() for _ in range(3)} == {"NOTIFICATION-1"}
    assert stack.rings.doors == {"NOTIFICATION-1": f"{DOOR}/first/here"}


def test_the_table_does_not_hold_the_secret() -> None:
    stack = Stack()
    stack.bell()()
    row = stack.table.get(registration_key("here"))
    assert row is not None
    assert row["id"] == "NOTIFICATION-1"
    assert "first" not in str(row)


def test_a_rotated_secret_is_registered_anew_and_jobs_under_way_still_ring() -> None:
    stack = Stack()
    stack.bell()()
    stack.rotate("second")
    assert stack.bell()() == "NOTIFICATION-2"
    assert stack.rings.doors == {
        "NOTIFICATION-1": f"{DOOR}/first/here",
        "NOTIFICATION-2": f"{DOOR}/second/here",
    }


def test_the_rotation_after_that_takes_the_oldest_registration_back() -> None:
    stack = Stack()
    for secret in ("second", "third"):
        stack.bell()()
        stack.rotate(secret)
    assert stack.bell()() == "NOTIFICATION-3"
    assert set(stack.rings.doors) == {"NOTIFICATION-2", "NOTIFICATION-3"}


def test_a_container_with_an_old_cache_does_not_register_the_old_secret_again() -> None:
    stack = Stack()
    old = stack.bell()
    old()
    stack.rotate("second")
    stack.bell()()
    assert old() == "NOTIFICATION-2"
    assert stack.rings.calls == 2


def test_another_address_of_the_api_is_registered() -> None:
    stack = Stack()
    stack.bell()()
    assert stack.bell("https://bell.example.com/callback")() == "NOTIFICATION-2"


def test_a_registration_that_the_service_lost_is_made_again() -> None:
    stack = Stack()
    bell = stack.bell()
    assert bell(lost=bell()) == "NOTIFICATION-2"
    assert stack.bell()() == "NOTIFICATION-2"


def test_of_two_that_register_at_once_one_wins_and_the_other_takes_its_own_back() -> None:
    stack = Stack()
    faster: list[str] = []
    stack.rings.meanwhile = lambda: faster.append(stack.bell()())
    assert stack.bell()() == faster[0] == "NOTIFICATION-2"
    assert set(stack.rings.doors) == {"NOTIFICATION-2"}


def test_a_loser_that_cannot_take_its_own_back_goes_on_all_the_same() -> None:
    stack = Stack()

    def faster() -> None:
        stack.bell()()
        stack.rings.trouble = OutcomeUnknown("no answer")

    stack.rings.meanwhile = faster
    assert stack.bell()() == "NOTIFICATION-2"


@pytest.mark.parametrize(
    "trouble", [ServiceDenied("not for this plan"), OutcomeUnknown("no answer"), ConfigurationError("no key")]
)
def test_a_service_that_cannot_be_told_does_not_stop_a_send_and_is_left_alone_for_a_while(
    trouble: Exception,
) -> None:
    stack = Stack()
    stack.rings.trouble = trouble
    bell = stack.bell()
    assert bell() == ""
    stack.rings.trouble = None
    assert bell() == ""
    stack.clock.advance(PATIENCE)
    assert bell() == "NOTIFICATION-1"


def test_a_secret_that_cannot_be_read_does_not_stop_a_send() -> None:
    stack = Stack()
    bell = stack.bell()
    bell.secret = Cached(stack.vault, trouble=ConfigurationError("no secret"))
    assert bell() == ""
    assert not stack.rings.doors


def test_a_person_who_tests_registers_if_need_be_and_hears_of_trouble() -> None:
    stack = Stack()
    assert stack.bell().test() == "NOTIFICATION-1"
    assert stack.rings.tested == ["NOTIFICATION-1"]
    stack.rings.trouble = ServiceDenied("not for this plan")
    with pytest.raises(ServiceDenied):
        stack.bell().test()


def test_it_is_seen_whether_the_service_called_since_it_was_tested() -> None:
    stack = Stack()
    bell = stack.bell()
    stack.table.write(heard("here", stack.clock()))
    assert not stack.table.rows()  # not registered: no row comes of it
    bell.test()
    assert not bell.heard()
    stack.table.write(heard("here", stack.clock()))
    assert bell.heard()
    bell.test()
    assert not bell.heard()
    stack.table.write(heard("here", stack.clock()))
    assert bell.heard()


def test_a_flood_of_calls_is_noted_once_in_a_while() -> None:
    stack = Stack()
    stack.bell()()
    noted = 0
    for _ in range(100):
        noted += stack.table.write(heard("here", stack.clock())).done
        stack.clock.advance(HEARD_APART / 10)
    assert noted == 10
