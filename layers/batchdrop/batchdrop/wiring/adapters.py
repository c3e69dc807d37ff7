"""The real things: AWS, the batch services, the environment."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from batchdrop.settings import Settings

if TYPE_CHECKING:
    from batchdrop.ports import (
        Bell,
        Links,
        Machine,
        PathSecret,
        Publisher,
        Rings,
        Secrets,
        Service,
        Store,
        Table,
    )
    from batchdrop.steps.doorbell import Doorbell

EXTRA = "extra:"
"""Before the name of a secret that a route names, so that it cannot be taken for a service's own."""


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The environment, read once."""
    return Settings.from_environment()


@lru_cache(maxsize=1)
def table() -> Table:
    """The DynamoDB table."""
    from batchdrop.aws.clients import client
    from batchdrop.aws.table import DynamoTable

    return DynamoTable(client("dynamodb"), settings().table)


@lru_cache(maxsize=1)
def store() -> Store:
    """S3."""
    from batchdrop.aws.clients import client
    from batchdrop.aws.store import S3Store

    return S3Store(client("s3"))


def links() -> Links:
    """Links to objects in S3."""
    from batchdrop.aws.clients import client
    from batchdrop.aws.links import S3Links

    return S3Links(client("s3"))


@lru_cache(maxsize=1)
def machine() -> Machine:
    """The state machine."""
    from batchdrop.aws.clients import client
    from batchdrop.aws.machine import StepMachine

    return StepMachine(client("stepfunctions"), settings().machine_arn)


@lru_cache(maxsize=1)
def publisher() -> Publisher:
    """The bus, the topic, and the queue of the user's URL."""
    from batchdrop.aws.clients import client
    from batchdrop.aws.events import AwsPublisher
    from batchdrop.aws.queue import SqsQueue

    url = settings().webhook_queue
    webhook = SqsQueue(client("sqs"), url) if url else None
    return AwsPublisher(client("events"), client("sns"), settings().bus_name, settings().topic_arn, webhook)


@lru_cache(maxsize=1)
def secrets() -> Secrets:
    """Secrets Manager."""
    from batchdrop.aws.clients import client
    from batchdrop.aws.secrets import SecretsManagerSecrets

    return SecretsManagerSecrets(
        client("secretsmanager"),
        {
            **settings().secret_arns,
            **{f"{EXTRA}{name}": arn for name, arn in settings().extra_secret_arns.items()},
        },
    )


@lru_cache(maxsize=1)
def path_secret() -> PathSecret:
    """The secret in the callback's path."""
    from batchdrop.aws.clients import client
    from batchdrop.aws.path_secret import TwoVersions

    return TwoVersions(client("secretsmanager"), settings().callback_secret)


@lru_cache(maxsize=32)
def service(account: str) -> Service:
    """A batch service, ready to talk; account: see Route.account. With another secret than the service's own it does not ring:
    the registration is the own account's.
    """
    from batchdrop.services import DEFAULT_BASES, HERE_ACCOUNT, build

    name, _, extra = account.partition("/")
    endpoints = settings().simulator_endpoints
    return build(
        name,
        base_url=endpoints.get(name) or settings().base_urls.get(name, DEFAULT_BASES[name]),
        credentials=lambda fresh: secrets().get(f"{EXTRA}{extra}" if extra else name, fresh=fresh),
        clock=time.time,
        simulated=name in endpoints,
        account_url=endpoints.get(HERE_ACCOUNT, "") if name in endpoints else "",
        bell=None if extra else bell(name),
    )


def bell(name: str) -> Bell | None:
    """How a service gets to know where to ring; None when it does not ring, or is not to."""
    from batchdrop.services import RINGING

    return doorbell(name) if name in RINGING and settings().callback_url else None


@lru_cache(maxsize=8)
def doorbell(name: str) -> Doorbell:
    """The doorbell of a service that rings."""
    from batchdrop.steps.doorbell import Doorbell

    def rings() -> Rings:
        found: object = service(name)
        return found  # type: ignore[return-value]  # RINGING names those that have the optional protocol

    return Doorbell(
        service=name,
        door=settings().callback_url,
        table=table(),
        secret=path_secret(),
        rings=rings,
        clock=time.time,
    )
