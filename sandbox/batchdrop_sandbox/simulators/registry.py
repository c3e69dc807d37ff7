"""Which services can be simulated. A further service is one more folder and one more line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from batchdrop_sandbox.simulators.behaviour import Behaviour
from batchdrop_sandbox.simulators.geoapify import http as geoapify
from batchdrop_sandbox.simulators.geoapify.behaviour import Geoapify
from batchdrop_sandbox.simulators.here_account import http as here_account
from batchdrop_sandbox.simulators.here_account.behaviour import HereAccount
from batchdrop_sandbox.simulators.here_batch_v7 import http as here_batch_v7
from batchdrop_sandbox.simulators.here_batch_v7.webhooks import HereBatchV7
from batchdrop_sandbox.simulators.here_geocoder_v6 import http as here_geocoder_v6
from batchdrop_sandbox.simulators.here_geocoder_v6.behaviour import HereGeocoderV6
from batchdrop_sandbox.simulators.here_tracking_v4 import http as here_tracking_v4
from batchdrop_sandbox.simulators.here_tracking_v4.behaviour import HereTrackingV4
from batchdrop_sandbox.simulators.reply import Reply, Request
from batchdrop_sandbox.simulators.world import World


@dataclass(frozen=True)
class Simulated:
    """A service: how its behaviour is made, how HTTP reaches it, and the path its base URL ends in."""

    build: Callable[[World], Behaviour[Any]]
    handle: Callable[[Any, Request], Reply]
    base_path: str = ""


SIMULATORS: Mapping[str, Simulated] = {
    Geoapify.name: Simulated(Geoapify, geoapify.handle),
    HereBatchV7.name: Simulated(HereBatchV7, here_batch_v7.handle, here_batch_v7.BASE_PATH),
    HereGeocoderV6.name: Simulated(HereGeocoderV6, here_geocoder_v6.handle, here_geocoder_v6.BASE_PATH),
    HereTrackingV4.name: Simulated(HereTrackingV4, here_tracking_v4.handle),
    HereAccount.name: Simulated(HereAccount, here_account.handle),  # no batch service: it gives out tokens
}
