"""The simulated services in-process, with time standing still."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.faults import Faults
from batchdrop_sandbox.simulators.geoapify.behaviour import Geoapify
from batchdrop_sandbox.simulators.here_account.behaviour import HereAccount
from batchdrop_sandbox.simulators.here_batch_v7.webhooks import HereBatchV7
from batchdrop_sandbox.simulators.here_geocoder_v6.behaviour import Caller, HereGeocoderV6
from batchdrop_sandbox.simulators.here_tracking_v4.behaviour import HereTrackingV4
from batchdrop_sandbox.simulators.ledger import Ledger
from batchdrop_sandbox.simulators.world import World

if TYPE_CHECKING:
    from batchdrop_sandbox.simulators.reply import Reply

START = 1_754_326_116.209077  # 2025-08-04T16:48:36.209077Z, the time of the seed's samples
CALLER = Caller(api_key="k")
HRN = "hrn:here:service::olp-here:search-{}-7"


@dataclass
class Scene:
    """The world in-process: one clock, and what was rung and waited for."""

    clock: Clock = field(default_factory=lambda: Clock(start=START, speed=0))
    ledger: Ledger = field(default_factory=Ledger)
    rung: list[str] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.faults = Faults(wait=self.waited.append, today=self.clock.now, report=self.ledger.faulted)
        self.world = replace(
            World(clock=self.clock, ledger=self.ledger, faults=self.faults), ring=self.rung.append
        )
        self.geoapify = Geoapify(self.world)
        self.here = HereBatchV7(self.world)
        self.geocoder = HereGeocoderV6(self.world)
        self.tracking = HereTrackingV4(self.world)
        self.here_account = HereAccount(self.world)

    def account(self, service: str) -> dict[str, Any]:
        """The ledger's page of a service."""
        page: dict[str, Any] = self.ledger.snapshot()[service]
        return page

    def ask_geoapify(self, api: str, *inputs: dict[str, Any], **body: Any) -> list[dict[str, Any]]:
        """Submit, wait, and give the results."""
        made = self.geoapify.submit("k", json.dumps({"api": api, "inputs": list(inputs), **body}).encode())
        assert made.status == 202, made.body
        self.clock.advance(3600)
        results: list[dict[str, Any]] = self.geoapify.look("k", made.json()["id"]).json()["results"]
        return results

    def submit_here(self, body: str, service: str = "geocode", **query: str) -> Reply:
        """POST a job."""
        return self.here.submit("k", {"serviceHrn": HRN.format(service), **query}, body.encode())

    def run_here(self, body: str, service: str = "geocode", **query: str) -> str:
        """POST a job and let the time pass that it needs; its id."""
        made = self.submit_here(body, service, **query)
        assert made.status == 201, made.body
        self.clock.advance(3600)
        job: str = made.json()["id"]
        return job

    def run_geocoder(self, body: str, **query: str) -> str:
        """Upload with action=run and let the time pass that it needs; its id."""
        asked = {"action": "run", "outdelim": "|", "outcols": "latitude,longitude", "outputcombined": "true"}
        made = self.geocoder.submit(CALLER, {**asked, **query}, body.encode())
        assert made.status == 200, made.body
        self.clock.advance(3600)
        job: str = made.json()["Response"]["MetaInfo"]["RequestId"]
        return job

    def geocoded(self, body: str, **query: str) -> list[dict[str, str]]:
        """The rows of a combined result, as text by column."""
        reply = self.geocoder.result(CALLER, self.run_geocoder(body, **query), zipped=False)
        assert reply.status == 200, reply.body
        delimiter = query.get("outdelim", "|").replace("\\t", "\t")
        return list(csv.DictReader(reply.body.decode().splitlines(), delimiter=delimiter))

    def look_here(self, job: str) -> dict[str, Any]:
        """The job as HERE shows it."""
        shown: dict[str, Any] = self.here.look("k", job).json()
        return shown
