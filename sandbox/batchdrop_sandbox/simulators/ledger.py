"""What the simulated services were asked to do and what they billed: the proof that nothing is paid twice."""

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Billed:
    """One billed record: the service's job, the input's place in it, and what was asked as a 16-byte digest."""

    job: str
    index: int
    content: bytes


@dataclass(slots=True)
class _Account:
    calls: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    jobs: int = 0
    credits: float = 0.0
    billed: list[Billed] = field(default_factory=list)
    times: Counter[bytes] = field(default_factory=Counter)

    def snapshot(self) -> dict[str, Any]:
        return {
            "jobs": self.jobs,
            "records": len(self.billed),
            "distinct_records": len(self.times),
            "most_times_one_record_was_billed": max(self.times.values(), default=0),
            "credits": round(self.credits, 6),
            "submits": self.calls["submit"],
            "looks": self.calls["look"],
            "calls": dict(sorted(self.calls.items())),
            "faults": dict(sorted(self.faults.items())),
        }


class Ledger:
    """Append-only, thread-safe account of every service.

    `calls` counts each request that arrived, refused and dropped ones too; `jobs` counts jobs that were made;
    `records` counts what was billed. Contents are kept as digests, so that no address stays here.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._accounts: dict[str, _Account] = {}
        self._sources: list[Callable[[], None]] = []

    def add_source(self, settle: Callable[[], None]) -> None:
        """Let a simulator bring its books up to the clock before somebody reads them."""
        self._sources.append(settle)

    def arrived(self, service: str, call: str) -> None:
        """A request reached the service."""
        with self._lock:
            self._account(service).calls[call] += 1

    def faulted(self, service: str, call: str, kind: str) -> None:
        """A scripted fault was played."""
        with self._lock:
            self._account(service).faults[f"{call}:{kind}"] += 1

    def job_made(self, service: str) -> None:
        """The service accepted a job."""
        with self._lock:
            self._account(service).jobs += 1

    def bill(self, service: str, job: str, records: Iterable[tuple[int, str]], credit: float) -> None:
        """Bill records of one job, each an input index and its canonical text, and `credit` credits in all."""
        lines = [Billed(job, index, _digest(text)) for index, text in records]
        with self._lock:
            account = self._account(service)
            account.billed.extend(lines)
            account.times.update(line.content for line in lines)
            account.credits += credit

    def records(self, service: str) -> Iterator[Billed]:
        """Every billed record of a service, in the order of billing."""
        self._settle()
        with self._lock:
            return iter(tuple(self._account(service).billed))

    def snapshot(self) -> dict[str, Any]:
        """All accounts as plain data: service → jobs, records, distinct_records, credits, submits, looks, calls, …"""
        self._settle()
        with self._lock:
            return {service: account.snapshot() for service, account in sorted(self._accounts.items())}

    def reset(self) -> None:
        """Forget everything."""
        with self._lock:
            self._accounts.clear()

    def _settle(self) -> None:
        for settle in self._sources:
            settle()

    def _account(self, service: str) -> _Account:
        return self._accounts.setdefault(service, _Account())


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
