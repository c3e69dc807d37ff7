"""The ports in memory, for tests of whatever stands above them: `from tests.ports.memory import MemoryTable`.

They pass the same suites as the real adapters (test_table.py, test_store.py, test_world.py), so they cannot drift from them.
"""

from __future__ import annotations

from tests.ports.memory_store import MemoryLinks, MemoryStore, MemoryUpload
from tests.ports.memory_table import MemoryTable
from tests.ports.memory_world import ManualClock, MemoryMachine, MemoryPublisher, MemorySecrets, Published

__all__ = [
    "ManualClock",
    "MemoryLinks",
    "MemoryMachine",
    "MemoryPublisher",
    "MemorySecrets",
    "MemoryStore",
    "MemoryTable",
    "MemoryUpload",
    "Published",
]
