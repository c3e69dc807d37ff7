"""What a test must leave as it found it, since other tests in this process read it too."""

from __future__ import annotations

import csv
import locale
import logging
import os
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from batchdrop import observe
from batchdrop.aws.clients import client
from batchdrop.wiring import adapters, use_cases

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM)
_LIBRARIES = ("urllib3", "requests", "botocore", "boto3", "s3transfer")


def capture_state() -> dict[str, Any]:
    """Return the state of the process that tests share, by name. Values are compared, never changed."""
    log = logging.getLogger("batchdrop")
    handler = observe.logger.registered_handler
    return {
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "working folder": Path.cwd(),
        "folder of temporary files": tempfile.gettempdir(),
        "import path": list(sys.path),
        "default timeout of sockets": socket.getdefaulttimeout(),
        "longest CSV field": csv.field_size_limit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "signal handlers": [signal.getsignal(number) for number in _SIGNALS],
        "our log": (log.level, log.disabled, log.propagate, list(log.handlers), list(log.filters)),
        "the stream of our log": getattr(handler, "stream", None),
        "the root log": (logging.root.level, _own_handlers(logging.root), logging.root.manager.disable),
        "logs of libraries": [
            (name, log.disabled, log.propagate, _own_handlers(log))
            for name in _LIBRARIES
            for log in (logging.getLogger(name),)
        ],
        "factory of log records": type(logging.getLogRecordFactory()),
        "running timers": {each for each in threading.enumerate() if _is_running_timer(each)},
        "cached AWS clients": client.cache_info().currsize,
        "cached use cases": sorted(_cached_names()),
    }


def find_changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of what differs. No values: an environment may hold secrets."""
    return [name for name, value in before.items() if after[name] != value]


def _own_handlers(log: logging.Logger) -> list[logging.Handler]:
    """Return the handlers of `log`, without pytest's, which change between the phases of a test, and those that do nothing."""
    return [
        each
        for each in log.handlers
        if not type(each).__module__.startswith("_pytest.") and not isinstance(each, logging.NullHandler)
    ]


def _is_running_timer(thread: threading.Thread) -> bool:
    """Return True for a timer that nobody cancelled and whose time has not come."""
    return isinstance(thread, threading.Timer) and not thread.finished.is_set()


def _cached_names() -> Iterator[str]:
    """Yield the names of the functions in `wiring` that keep what they made."""
    for module in (adapters, use_cases):
        for name, made in vars(module).items():
            if hasattr(made, "cache_info") and made is not client and made.cache_info().currsize:
                yield name
