"""An upload arrives: resolve the route, claim the job, start run 0.

The claim is a row with no end of life: the same object version can never become a second job, however often its event comes.
Starting is repeated as long as the job has not been planned, so a crash between claim and start loses nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batchdrop import definitions
from batchdrop.batches.orders import Order
from batchdrop.batches.states import claim_key, job_key
from batchdrop.effects import effect
from batchdrop.errors import ConfigurationError, GoneMissing
from batchdrop.jobs import INCOMING, Records, Status, execution_name, input_hash, job_id, tag_hash, timestamp
from batchdrop.observe import tell
from batchdrop.ports import Place
from batchdrop.problems import problem
from batchdrop.routes import BUILT_IN
from batchdrop.steps.pointing import Pointers
from batchdrop.steps.uploads import dropped_object, dropped_objects

if TYPE_CHECKING:
    from collections.abc import Mapping

    from batchdrop.jobs import Input
    from batchdrop.ports import Clock, Machine, Row, Store, Table
    from batchdrop.problems import Problem
    from batchdrop.routes import Route
    from batchdrop.steps.journal import Journal

NOT_DATA = ("/", ".tmp", "_SUCCESS")
"""Keys that end so are markers and unfinished files: they become no job."""


@dataclass(frozen=True, slots=True)
class Submit:
    """The use case behind the function `submit`. `simulated`: names of services that are simulators here; `secrets`: names that a
    route may give as its `secret`.
    """

    table: Table
    store: Store
    machine: Machine
    journal: Journal
    clock: Clock
    services: frozenset[str]
    simulated: frozenset[str]
    private_names: bool
    secrets: frozenset[str] = frozenset()

    def __call__(self, event: Mapping[str, Any]) -> str | None:
        """Take one EventBridge "Object Created" event; gives the job id, or None when the object is not data.

        Raises KeyError for an event of another form, so that it ends in the dead-letter queue and is seen.
        """
        return self._take_data(dropped_object(event["detail"]))

    def deliver(self, event: Mapping[str, Any]) -> list[str]:
        """Take an event of either form, each object in it by itself; gives the ids of their jobs. Raises as uploads.py does.

        When one object fails the others are taken all the same; then the first failure is raised, and the event comes again.
        """
        jobs: list[str] = []
        failures: list[Exception] = []
        for dropped in dropped_objects(event):
            try:
                job = self._take_data(dropped)
            except Exception as failure:  # noqa: BLE001  # whatever it is, it is one object's, and raised below
                failures.append(failure)
            else:
                jobs += [job] if job else []
        if failures:
            raise failures[0]
        return jobs

    def _take_data(self, dropped: Input) -> str | None:
        if not dropped.key.startswith(INCOMING) or dropped.key.endswith(NOT_DATA):
            tell("ignored an object that is no data", size=dropped.size)
            return None
        return self.take(dropped)

    def take(self, dropped: Input) -> str:
        """Claim the job of an object that is there and see that it runs; gives the job id. Harmless to repeat."""
        if dropped.bucket == self.journal.bucket:
            raise ConfigurationError(
                "the inbox bucket is the results bucket: its own results would be jobs again"
            )
        row = self._claim(dropped)
        job = str(row["id"])
        if row["status"] == Status.SUBMITTED and not row.get("plan"):
            self._start(job, row["run"])
        if row["status"] != Status.DELETED and row.get("order") != Order.DELETE:
            with self.journal.writing_objects(job):
                Pointers(self.store, self.journal.bucket).point(row)
        return job

    def find(self, bucket: str, key: str, version: str) -> Row | None:
        """Return the row of the job that claimed an input; None while nobody has.

        Claims of older versions have no row of their own: there the job is found by its id, by either setting of PrivateNames.
        """
        claimed = input_hash(bucket, key, version)
        claim = self.table.get(claim_key(claimed))
        if claim is not None:
            return self.table.get(job_key(claim["job"]))
        for private in (self.private_names, not self.private_names):
            row = self.table.get(job_key(job_id(bucket, key, version, private=private)))
            if row is not None and row["hash"] == claimed:
                return row
        return None

    def _claim(self, dropped: Input) -> Row:
        """Make the job row, or find the one that is there: ours or another's, it says the same."""
        existing = self.find(dropped.bucket, dropped.key, dropped.version)
        if existing is not None:
            return existing
        job = job_id(dropped.bucket, dropped.key, dropped.version, private=self.private_names)
        route, trouble = self._route(dropped)
        now = timestamp(self.clock())
        claimed = input_hash(dropped.bucket, dropped.key, dropped.version)
        claim = {
            "id": job,
            "hash": claimed,
            "tag_hash": tag_hash(self.journal.bucket, claimed),
            "run": 0,
            "status": Status.SUBMITTED,
            "status_key": Status.SUBMITTED,
            "created": now,
            "updated": now,
            "route_name": route_name(dropped.key),
            "route": route.to_dict() if route else None,
            "route_problem": trouble.to_dict() if trouble else None,
            "input": dropped.to_dict(),
            "records": Records().to_dict(),
            "private": self.private_names,
            "simulated": bool(route and route.service in self.simulated),
        }
        if self.journal.claim(job, claim):
            return claim
        row = self.find(dropped.bucket, dropped.key, dropped.version)
        if row is None:
            raise GoneMissing(f"the claim of {job} vanished")
        return row

    def _start(self, job: str, run: int) -> None:
        begun = effect(
            "start_execution", lambda: self.machine.start(execution_name(job, run), {"job": job, "run": run})
        )
        self.journal.show(job)
        if begun:
            tell("claimed", job=job, run=run)

    def _route(self, dropped: Input) -> tuple[Route | None, Problem | None]:
        """The route of an object: from the inbox bucket when it is defined there, else built in."""
        name = route_name(dropped.key)
        try:
            with self.store.open(Place(dropped.bucket, f"routes/{name}.json")) as stream:
                route = definitions.read(name, stream.read(definitions.LONGEST + 1))
        except GoneMissing:
            built_in = BUILT_IN.get(name)
            return built_in, None if built_in else problem("NO_ROUTE", route=name, known=", ".join(BUILT_IN))
        except ValueError as reason:
            return None, problem("ROUTE_INVALID", route=name, reason=str(reason).partition("\n")[0])
        if route.service not in self.services:
            unknown = f"there is no service {route.service!r}; known are {', '.join(sorted(self.services))}"
            return None, problem("ROUTE_INVALID", route=name, reason=unknown)
        if route.secret and route.secret not in self.secrets:
            names = (
                ", ".join(sorted(self.secrets)) or "none"
            )  # the name itself is not repeated: it may be a key
            missing = f"`secret` is no name of a secret in the stack's ExtraSecretArns; there are: {names}"
            return None, problem("ROUTE_INVALID", route=name, reason=missing)
        return route, None


def route_name(key: str) -> str:
    """The first path segment below `incoming/`; '' for an object directly in it."""
    head, slash, _ = key.removeprefix(INCOMING).partition("/")
    return head if slash else ""
