"""What the functions and the command do: each use case with the real things it needs."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from batchdrop.steps.journal import Journal
from batchdrop.wiring.adapters import (
    links,
    machine,
    path_secret,
    publisher,
    service,
    settings,
    store,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from batchdrop.api import JobsApi
    from batchdrop.ports import Told
    from batchdrop.sharing import Slots
    from batchdrop.steps.admit import Admit
    from batchdrop.steps.advance import Advance
    from batchdrop.steps.announce import Announce
    from batchdrop.steps.callback import Callback
    from batchdrop.steps.collect import Collect
    from batchdrop.steps.deliver import Deliver
    from batchdrop.steps.dropping import Dropping
    from batchdrop.steps.jobs import Jobs
    from batchdrop.steps.operator import Operator
    from batchdrop.steps.orphans import Orphans
    from batchdrop.steps.plan import Plan
    from batchdrop.steps.reporting import Reporting
    from batchdrop.steps.showing import Showing
    from batchdrop.steps.spending import Spending
    from batchdrop.steps.submit import Submit
    from batchdrop.steps.sweep import Sweep


def slots() -> Slots:
    """How many jobs of a service may be at work."""
    from batchdrop.sharing import Slots

    return Slots(table(), settings().slots)


def reporting() -> Reporting:
    """The reports beside the outputs. What makes them is loaded with the first one: most invocations make none."""
    from batchdrop.steps.reporting import Reporting

    def reporter(told: Told, /) -> bytes:
        from batchdrop.report import page

        return page(told)

    return Reporting(store(), settings().results_bucket, reporter)


def spending() -> Spending:
    """What routes may spend in a day and a month."""
    from batchdrop.steps.spending import Spending

    return Spending(table(), time.time)


def journal() -> Journal:
    """The job rows."""
    return Journal(table(), store(), settings().results_bucket, time.time)


@lru_cache(maxsize=1)
def submit() -> Submit:
    """The use case of the function `submit`."""
    from batchdrop.services import SERVICES
    from batchdrop.steps.submit import Submit

    return Submit(
        table=table(),
        store=store(),
        machine=machine(),
        journal=journal(),
        clock=time.time,
        services=frozenset(SERVICES),
        simulated=frozenset(settings().simulator_endpoints),
        private_names=settings().private_names,
        secrets=frozenset(settings().extra_secret_arns),
    )


@lru_cache(maxsize=1)
def plan() -> Plan:
    """The use case of the function `plan`."""
    from batchdrop.services import SERVICES
    from batchdrop.steps.plan import Plan

    return Plan(
        table=table(),
        store=store(),
        journal=journal(),
        clock=time.time,
        services=SERVICES,
        bucket=settings().results_bucket,
        reporting=reporting(),
        input_days=settings().input_days,
    )


@lru_cache(maxsize=1)
def admit() -> Admit:
    """The use case of the function `admit`."""
    from batchdrop.steps.admit import Admit

    return Admit(journal(), slots(), time.time, spending())


@lru_cache(maxsize=1)
def advance() -> Advance:
    """The use case of the function `advance`."""
    from batchdrop.steps.advance import Advance

    return Advance(
        table=table(),
        store=store(),
        journal=journal(),
        clock=time.time,
        service=service,
        bucket=settings().results_bucket,
        slots=slots(),
    )


@lru_cache(maxsize=1)
def collect() -> Collect:
    """The use case of the function `collect`."""
    from batchdrop.services import SERVICES
    from batchdrop.steps.collect import Collect
    from batchdrop.steps.slot_queue import WakingSlots

    return Collect(
        table=table(),
        store=store(),
        journal=journal(),
        clock=time.time,
        services=SERVICES,
        bucket=settings().results_bucket,
        slots=WakingSlots(table(), settings().slots, machine(), time.time),
        reporting=reporting(),
        spending=spending(),
    )


@lru_cache(maxsize=1)
def announce() -> Announce:
    """The use case of the function `announce`."""
    from batchdrop.steps.announce import Announce

    return Announce(table(), publisher(), journal(), time.time, reporting(), spending())


@lru_cache(maxsize=1)
def deliver() -> Deliver:
    """The use case of the function `deliver`."""
    from batchdrop.aws.clients import client
    from batchdrop.aws.path_secret import TwoVersions
    from batchdrop.aws.queue import SqsQueue
    from batchdrop.settings import WEBHOOK
    from batchdrop.signing import is_secret
    from batchdrop.steps.deliver import Deliver
    from batchdrop.transport import Webhook

    simulated = WEBHOOK in settings().simulator_endpoints
    secret = TwoVersions(client("secretsmanager"), settings().webhook_secret, usable=is_secret, of="webhook")
    endpoint = Webhook(settings().webhook_url, clock=time.time, simulated=simulated)
    return Deliver(endpoint, secret, SqsQueue(client("sqs"), settings().webhook_queue), time.time)


@lru_cache(maxsize=1)
def jobs() -> Jobs:
    """The orders of people and programs."""
    from batchdrop.services import SERVICES
    from batchdrop.steps.jobs import Jobs

    return Jobs(table=table(), machine=machine(), journal=journal(), clock=time.time, services=SERVICES)


@lru_cache(maxsize=1)
def operator() -> Operator:
    """What a person may do when a job needs one."""
    from batchdrop.services import SERVICES
    from batchdrop.steps.operator import Operator

    return Operator(table=table(), journal=journal(), jobs=jobs(), clock=time.time, services=SERVICES)


def showing() -> Showing:
    """What people and programs ask of jobs."""
    from batchdrop.steps.showing import Showing

    return Showing(table(), store(), links(), journal(), settings().results_bucket)


def dropping() -> Dropping:
    """Files that come through the API."""
    from uuid import uuid4

    from batchdrop.steps.dropping import Dropping

    return Dropping(store(), links(), submit(), settings().inbox_bucket, lambda: uuid4().hex)


@lru_cache(maxsize=1)
def jobs_api() -> JobsApi:
    """The use case of the function `jobs_api`."""
    from batchdrop.api import Carrying, JobsApi

    return JobsApi(Carrying(jobs(), operator(), showing(), dropping()))


@lru_cache(maxsize=1)
def callback() -> Callback:
    """The use case of the function `callback`."""
    from batchdrop.services import RINGING, SERVICES
    from batchdrop.steps.callback import Callback

    return Callback(
        table=table(),
        machine=machine(),
        secret=path_secret(),
        tickets={name: SERVICES[name].ticket_of for name in RINGING},
        clock=time.time,
    )


@lru_cache(maxsize=1)
def sweep() -> Sweep:
    """The use case of the function `sweep`."""
    from batchdrop.observe import meter
    from batchdrop.services import SERVICES
    from batchdrop.steps.sweep import Sweep

    return Sweep(
        table=table(),
        machine=machine(),
        jobs=jobs(),
        clock=time.time,
        services=SERVICES,
        measure=meter(settings().stack),
    )


def orphans(name: str, params: Mapping[str, Any]) -> Orphans:
    """The jobs of a service that nobody waits for. params: see Lists.list_ours."""
    from batchdrop.steps.orphans import Orphans

    found: object = service(name)
    return Orphans(table(), service(name), found, params)  # type: ignore[arg-type]  # can.lists: it has the optional protocol
