"""The batch services by name. Nothing of a service is imported before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from batchdrop.ports import Bell, Clock
    from batchdrop.services.base import HttpService
    from batchdrop.transport import Transport

_CLASSES = {
    "geoapify": "batchdrop.services.geoapify:Geoapify",
    "here_batch_v7": "batchdrop.services.here_batch_v7:HereBatchV7",
    "here_geocoder_v6": "batchdrop.services.here_geocoder_v6:HereGeocoderV6",
    "here_tracking_v4": "batchdrop.services.here_tracking_v4:HereTrackingV4",
}

DEFAULT_BASES: Mapping[str, str] = MappingProxyType(
    {
        "geoapify": "https://api.geoapify.com",  # [seed]
        "here_batch_v7": "https://batch.search.hereapi.com/v7",  # [spec]
        "here_geocoder_v6": "https://batch.geocoder.ls.hereapi.com/6.2",  # [doc]
        "here_tracking_v4": "https://tracking.api.here.com",  # [spec] [seed]
    }
)
"""The services' own hosts; a setting may name another one (Geoapify's EU host: https://api-eu.geoapify.com)."""


HERE_ACCOUNT = "here_account"
"""No batch service: the host that gives out HERE's tokens. Its simulator's base URL is set under this name."""


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


RINGING = ("here_batch_v7",)
"""Those that ring: named here so that the callback need not import the others."""


def build(
    name: str,
    *,
    base_url: str = "",
    credentials: Callable[[bool], Mapping[str, str]],
    clock: Clock,
    simulated: bool = False,
    account_url: str = "",
    bell: Bell | None = None,
) -> HttpService:
    """A service ready to be asked. `base_url` empty: the service's own host. `credentials(fresh)`: its secret.

    account_url: where the simulated HERE Account gives out tokens, instead of the secret's tokenUrl. bell: where a service that
    rings finds its registration. Raises ConfigurationError for an unknown name, a host against the rule, or `simulated` with a host that is not 127.0.0.1
    (such a job would say "simulated" and cost money).
    """
    if name not in SERVICES:
        raise ConfigurationError(f"no service is named {name!r}; known: {', '.join(SERVICES)}")
    from batchdrop.transport import Transport  # noqa: PLC0415  # only those who talk pay for importing requests

    kind = SERVICES[name]

    def asked(base: str, service: str) -> Transport:
        transport = Transport(
            base, service=service, clock=clock, allow_simulator=simulated, classify_error=kind.classify_error
        )
        if simulated and not transport.base.loopback:
            raise ConfigurationError("HOST_REFUSED: a simulated service is asked on 127.0.0.1 only")
        return transport

    service = kind(
        asked(base_url or DEFAULT_BASES[name], name),
        credentials,
        lambda base: asked(account_url or base, HERE_ACCOUNT),
    )
    service.bell = bell
    return service
