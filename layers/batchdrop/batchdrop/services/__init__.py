"""The batch services by name. Nothing of a service is imported before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.ports import Clock, Service
    from batchdrop.services.base import HttpService

_CLASSES = {
    "geoapify": "batchdrop.services.geoapify:Geoapify",
    "here_batch_v7": "batchdrop.services.here_batch_v7:HereBatchV7",
}

DEFAULT_BASES: Mapping[str, str] = MappingProxyType(
    {
        "geoapify": "https://api.geoapify.com",  # [seed]
        "here_batch_v7": "https://batch.search.hereapi.com/v7",  # [spec]
    }
)
"""The services' own hosts; a setting may name another one (Geoapify's EU host: https://api-eu.geoapify.com)."""


class _Registry(Mapping[str, "type[HttpService]"]):
    """Name → class, imported at the first look."""

    def __getitem__(self, name: str) -> type[HttpService]:
        module, _, kind = _CLASSES[name].partition(":")
        found: type[HttpService] = getattr(import_module(module), kind)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(_CLASSES)

    def __len__(self) -> int:
        return len(_CLASSES)


SERVICES: Mapping[str, type[HttpService]] = _Registry()
"""Every service by its name, as a class: `apis`, `can` and `name` can be read without making one."""


def build(
    name: str,
    *,
    base_url: str = "",
    credentials: Callable[[bool], Mapping[str, str]],
    clock: Clock,
    simulated: bool = False,
) -> Service:
    """A service ready to be asked. `base_url` empty: the service's own host. `credentials(fresh)`: its secret.

    Raises ConfigurationError for an unknown name, a host against the rule, or `simulated` with a host that is not
    127.0.0.1 (such a job would say "simulated" and cost money).
    """
    if name not in SERVICES:
        raise ConfigurationError(f"no service is named {name!r}; known: {', '.join(SERVICES)}")
    from batchdrop.transport import Transport  # noqa: PLC0415  # only those who talk pay for importing requests

    transport = Transport(
        base_url or DEFAULT_BASES[name], service=name, clock=clock, allow_simulator=simulated
    )
    if simulated and not transport.base.loopback:
        raise ConfigurationError("HOST_REFUSED: a simulated service is asked on 127.0.0.1 only")
    service: Service = SERVICES[name](transport, credentials)
    return service
