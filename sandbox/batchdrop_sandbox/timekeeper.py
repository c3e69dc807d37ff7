"""Sleeping lanes of a sandbox wake in the sandbox's time.

The local AWS scales the Wait states of a state machine, but not the time-outs of tasks that wait with a token [measured]. So somebody
looks after the lanes that listen, and lets their time-outs come when they are due on the scaled clock: to the state machine it is
the States.Timeout that AWS itself would give. Nothing of the product knows of this.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from batchdrop.jobs import ENDED
from batchdrop_sandbox import deploy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PASS = 0.25
"""Seconds between two passes; a tenth of one processor at most, whatever a pass costs."""


class Timekeeper:
    """Lets listening lanes of one table time out. `scale`: real seconds for one second of the state machine."""

    def __init__(self, endpoint: str, table: str, scale: float) -> None:
        self._endpoint = endpoint
        self._table = table
        self._scale = scale
        self._known: dict[tuple[str, str], tuple[str, float]] = {}  # row → its token, and when that is due
        self._over = threading.Event()
        self._thread = threading.Thread(target=self.keep, name="timekeeper", daemon=True)

    def start(self) -> None:
        """Keep the time in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Leave it; returns when the last pass has ended."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def keep(self) -> None:
        """Pass after pass until `stop`. A local AWS that does not answer just now is asked again."""
        dynamodb = deploy.client("dynamodb", self._endpoint)
        machine = deploy.client("stepfunctions", self._endpoint)
        try:
            took = 0.0
            while not self._over.wait(max(_PASS, 9 * took)):
                began = time.monotonic()
                with suppress(BotoCoreError, ClientError):
                    self._pass(dynamodb, machine)
                took = time.monotonic() - began
        finally:
            dynamodb.close()
            machine.close()

    def _pass(self, dynamodb: Any, machine: Any) -> None:
        now = time.time()
        for row in self._sleepers(dynamodb):
            place, token = (row["pk"]["S"], row["sk"]["S"]), row["token"]["S"]
            if self._known.get(place, ("", 0.0))[0] != token:
                self._known[place] = (token, now + self._scale * _asked(row, now))
            if self._known[place][1] <= now:
                self._known[place] = (token, float("inf"))
                with suppress(ClientError):  # rung in the meantime
                    machine.send_task_failure(taskToken=token, error="States.Timeout", cause="it is time")

    def _sleepers(self, dynamodb: Any) -> Iterator[Any]:
        """Lane rows with a token, of jobs that have not ended; the token may be an old one."""
        ended = {f":{status}": {"S": str(status)} for status in ENDED}
        jobs = dynamodb.get_paginator("scan").paginate(
            TableName=self._table,
            IndexName="byStatus",
            FilterExpression=f"NOT status_key IN ({', '.join(ended)})",
            ExpressionAttributeValues=ended,
        )
        for job in (item["pk"] for page in jobs for item in page["Items"]):
            lanes = dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :lane)",
                ExpressionAttributeValues={":pk": job, ":lane": {"S": "lane#"}},
                ConsistentRead=True,
            )
            yield from (lane for lane in lanes["Items"] if "token" in lane)


def _asked(lane: Any, now: float) -> float:
    """Seconds of the state machine until the safety look; the lane's own time may be ahead of the clock (decision 0002)."""
    wake, ahead = (float(lane.get(name, {"N": "0"})["N"]) for name in ("wake", "ahead"))
    return max(0.0, wake - ahead - now)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m batchdrop_sandbox.timekeeper`: keeps the time of a sandbox that lives on, until it is ended with it."""
    parser = argparse.ArgumentParser(prog="python -m batchdrop_sandbox.timekeeper")
    parser.add_argument("endpoint")
    parser.add_argument("table")
    parser.add_argument("scale", type=float)
    parser.add_argument("run", help="the sandbox's folder, by which its processes are known")
    asked = parser.parse_args(arguments)
    keeper = Timekeeper(asked.endpoint, asked.table, asked.scale)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: keeper.stop())
    keeper.keep()
    return 0


if __name__ == "__main__":
    sys.exit(main())
