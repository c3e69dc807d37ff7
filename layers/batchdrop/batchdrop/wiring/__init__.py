"""The composition root: the one place where real things are chosen. What is made here lives as long as the container.

Everything is made on first use, so a function pays only for what it needs.
"""

from batchdrop.wiring import adapters, use_cases
from batchdrop.wiring.adapters import (
    bell,
    doorbell,
    links,
    machine,
    path_secret,
    publisher,
    secrets,
    service,
    settings,
    store,
    table,
)
from batchdrop.wiring.use_cases import (
    admit,
    advance,
    announce,
    callback,
    collect,
    deliver,
    dropping,
    jobs,
    jobs_api,
    journal,
    operator,
    orphans,
    plan,
    reporting,
    showing,
    slots,
    spending,
    submit,
    sweep,
)

__all__ = [
    "admit",
    "advance",
    "announce",
    "bell",
    "callback",
    "collect",
    "deliver",
    "doorbell",
    "dropping",
    "forget",
    "jobs",
    "jobs_api",
    "journal",
    "links",
    "machine",
    "operator",
    "orphans",
    "path_secret",
    "plan",
    "publisher",
    "reporting",
    "secrets",
    "service",
    "settings",
    "showing",
    "slots",
    "spending",
    "store",
    "submit",
    "sweep",
    "table",
]


def forget() -> None:
    """Drop everything made so far: tests change the environment between two uses."""
    from batchdrop.aws.clients import client

    for module in (adapters, use_cases):
        for made in vars(module).values():
            if hasattr(made, "cache_clear"):
                made.cache_clear()
    client.cache_clear()
