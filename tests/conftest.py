"""For every test: fake credentials, and no way out of this machine.

A test that forgets to fake AWS or a service fails at once instead of talking to the world.
"""

from __future__ import annotations

import importlib
import importlib.util
import ipaddress
import logging
import os
import pkgutil
import socket
from functools import cache
from typing import TYPE_CHECKING, Any

import botocore.loaders
import botocore.session
import pytest
from hypothesis import HealthCheck, settings

from tests.catalogue.summary import summarize
from tests.process_state import capture_state, find_changes

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ["tests.report.opening"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much of the catalogue of bad input was shown, and what became of the cases. Here, because workers' conftests have no terminal."""
    summarize(terminalreporter)
    for line in sorted(
        str(dict(report.user_properties)["counts"])
        for kind in ("passed", "failed")
        for report in terminalreporter.stats.get(kind, ())
        if "counts" in dict(report.user_properties)
    ):
        terminalreporter.write_line(line)
    seed = terminalreporter.config.getoption("randomly_seed", None)
    if seed is not None and {"failed", "error"} & terminalreporter.stats.keys():
        terminalreporter.write_line(f"make … SEED={seed} repeats this order of tests")


# Time decides no test: a busy machine makes examples slow, not wrong. Nor does chance: a commit that passed passes again.
# What is new is looked for where it may be found by anyone at any time, in `make fuzz`, which takes the second profile.
_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("repeatable", _UNTIMED, derandomize=True)
settings.register_profile("exploring", _UNTIMED, derandomize=False, max_examples=2000, print_blob=True)
settings.load_profile("repeatable")

_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_REGION": "eu-central-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "BATCHDROP_"))]:
            patch.delenv(name)
        for name, value in _AWS.items():
            patch.setenv(name, value)
        for method in ("connect", "connect_ex"):
            patch.setattr(socket.socket, method, _guarded(getattr(socket.socket, method)))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


@pytest.fixture(autouse=True)
def _state_is_left_as_found() -> Iterator[None]:
    """Fail the test that changes what others read, since those would fail only where they happen to run after it."""
    log = logging.getLogger("batchdrop")
    before = capture_state()
    yield
    log.setLevel(before["our log"][0])  # a command makes the log quieter for its process
    if changes := find_changes(before, capture_state()):
        pytest.fail(f"the test leaves changed: {', '.join(changes)}")


@pytest.fixture(scope="session", autouse=True)
def _models_read_once() -> Iterator[None]:
    """botocore reads its models once a process, not again in each mocked account: half the time of such a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(botocore.loaders.create_loader))
        yield


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hypothesis draws constants of the modules that are loaded: of all, so that it draws the same in every order of tests."""
    if item.get_closest_marker("hypothesis"):
        _import_everything()


@cache
def _import_everything() -> None:
    for name in ("batchdrop", "batchdrop_cli", "batchdrop_sandbox"):
        package = importlib.util.find_spec(name)  # the copy for mutation tests has the first alone
        places = package.submodule_search_locations if package else None
        for module in pkgutil.walk_packages(places or (), f"{name}."):
            importlib.import_module(module.name)


def _guarded(call: Any) -> Any:
    def connect(this: socket.socket, address: Any) -> Any:
        if this.family in (socket.AF_INET, socket.AF_INET6) and not _is_local(address[0]):
            raise RuntimeError("a test tried to connect to another machine")
        return call(this, address)

    return connect


def _guarded_lookup(call: Any) -> Any:
    def getaddrinfo(host: Any, *more: Any, **named: Any) -> Any:
        if not (host is None or _is_local(host) or _is_address(host)):
            raise RuntimeError("a test tried to look up the address of another machine")
        return call(host, *more, **named)

    return getaddrinfo


def _is_local(host: Any) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host)
    return text in ("", "localhost") or (_is_address(text) and ipaddress.ip_address(text).is_loopback)


def _is_address(host: Any) -> bool:
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host))
    except ValueError:
        return False
    return True
