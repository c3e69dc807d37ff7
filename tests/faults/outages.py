"""Whole jobs through the real template while AWS misbehaves: `python -m tests.faults.outages` (a part of make faults).

The deployed functions talk to the local AWS through microburst. (Step Functions' own calls, and EventBridge's and SQS's deliveries, do
not pass through it.) Every outage is checked to have broken calls; after it, each promise is checked.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import sys
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.aws.table import DynamoTable
from batchdrop.batches.states import job_pk
from batchdrop.jobs import ENDED, Status, folder
from batchdrop.steps.journal import ANNOUNCING, ORDERED
from batchdrop_sandbox.deploy import SANDBOX_KEY
from batchdrop_sandbox.simulators.clock import Clock
from batchdrop_sandbox.simulators.server import SimulatorServer
from batchdrop_sandbox.stack import Stack
from tests.faults import ageing
from tests.faults.bench import ROOT
from tests.faults.checks import CANARY, Ended
from tests.faults.proxy import Proxy, in_front_of
from tests.faults.weather import OUTAGES, SERVICES, Outage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from batchdrop.ports import Row

SPEED = 50.0
PATIENCE = 240.0
"""Seconds after which an outage's jobs count as stuck."""

STILL = 12.0
"""Seconds without any change after which time is made to pass, and sweep to go by."""

REDELIVERY = 5
"""Seconds until the queue delivers an event again that submit could not take; the emulator's queues know no faster time."""

LARGE_NOTE = 95_000
ALLOWED = frozenset({"completed", "parked:AMBIGUOUS_SEND"})
_ADDRESSES = (1, 2, 1, 3)
_ROUTES = {"geoapify": "geoapify-geocode", "here_batch_v7": "here-geocode"}
_CLIENTS = ("s3", "dynamodb", "sqs", "sns", "events", "lambda", "secretsmanager")


@dataclass(eq=False)
class Passed:
    """One outage and what came of it. broken: how many calls; ends: how its jobs ended; trouble: what must not be."""

    outage: Outage
    broken: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    seconds: float = 0.0
    trouble: list[str] = field(default_factory=list)


@dataclass(eq=False)
class Region:
    """A deployed stack behind the proxy, with somebody who listens to topic and bus."""

    stack: Stack
    simulators: SimulatorServer
    proxy: Proxy
    clients: dict[str, Any]
    table: DynamoTable
    queues: tuple[str, ...]
    functions: dict[str, str]
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    used: int = 0

    def endure(self, outage: Outage) -> Passed:
        """Drop a file for each service, break what the outage breaks, wait for the end, check every promise."""
        begun, passed = time.monotonic(), Passed(outage)
        self.used += 1
        rules: list[int] = [] if outage.begins else self.proxy.play(outage.rules)
        keys = [self._drop(service, outage) for service in SERVICES]
        rows: list[Row] = []
        seen, since = "", begun
        while time.monotonic() < begun + PATIENCE:
            rows = [row for row in self._jobs() if row["input"]["key"] in keys]
            if not rules and rows and any(row["status"] == outage.begins for row in rows):
                rules = self.proxy.play(outage.rules)
            if len(rows) == len(keys) and all(self._is_over(row) for row in rows):
                break
            now = repr([(row["status_key"], row["run"], self._rows(row)) for row in rows])
            if now != seen:
                seen, since = now, time.monotonic()
            elif time.monotonic() > since + STILL:
                self._let_time_pass(rows)
                since = time.monotonic()
            time.sleep(0.25)
        fired = Counter(each["rule_id"] for each in self.proxy.fired())
        self.proxy.play(())
        passed.broken = sum(fired.values())
        passed.trouble += [
            f"rule {number} broke nothing" for number, rule in enumerate(rules or [0]) if not fired[rule]
        ]
        self._listen()
        for key in keys:
            self._judge([row for row in rows if row["input"]["key"] == key], key, passed)
        for service, account in self.simulators.ledger.snapshot().items():
            if account.get("most_times_one_record_was_billed", 0) > 1:
                passed.trouble.append(f"{service} was paid twice")
        self.simulators.ledger.reset()
        passed.seconds = time.monotonic() - begun
        return passed

    def _drop(self, service: str, outage: Outage) -> str:
        """A file of four records, two of them equal, in two batches. Its job's id begins with the service's name."""
        note = "x" * LARGE_NOTE if outage.large else "x"
        copies = 24 if outage.large else 1
        rows = "".join(
            f"{CANARY} {self.used}-{row} Berlin,{note}\n" for row in _ADDRESSES for _ in range(copies)
        )
        key = f"incoming/{service}/{service}-{self.used}.csv"
        self.clients["s3"].put_object(
            Bucket=self.stack.outputs["InboxBucketName"], Key=key, Body=f"address,note\n{rows}".encode()
        )
        return key

    def _jobs(self) -> list[Row]:
        statuses = (*Status, ANNOUNCING, ORDERED)
        found = [row for status in statuses for row in self.table.jobs(status, limit=1000)]
        return list({row["id"]: row for row in found}.values())

    def _rows(self, row: Row) -> list[Row]:
        return list(self.table.query(job_pk(row["id"])))

    def _is_over(self, row: Row) -> bool:
        """Ended or parked, and announced."""
        over = row["status"] in ENDED or row.get("attention") is not None
        events = list(self.table.query(job_pk(row["id"]), "event#"))
        return over and row["status_key"] != ANNOUNCING and all(each["published"] for each in events)

    def _let_time_pass(self, rows: Sequence[Row]) -> None:
        for row in rows:
            if not self._is_over(row):
                ageing.age(self.table, row["id"])
        event = json.dumps({"detail-type": "Scheduled Event", "source": "aws.events"})
        self.clients["lambda"].invoke(FunctionName=self.functions["Sweep"], Payload=event)

    def _listen(self) -> None:
        """What subscribers were told, by job."""
        for queue in self.queues:
            while (
                messages := self.clients["sqs"]
                .receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
                .get("Messages")
            ):
                for message in messages:
                    self.clients["sqs"].delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                    body = json.loads(message["Body"])
                    detail = body["detail"] if "detail" in body else json.loads(body["Message"])
                    self.heard[detail["jobId"]].append({"queue": queue, "detail": detail})

    def _judge(self, rows: Sequence[Row], key: str, passed: Passed) -> None:
        """One file: one job, ended or parked, announced on topic and bus, every record once."""
        if len(rows) != 1:
            passed.trouble.append(f"{len(rows)} jobs for {key}")
            return
        [row] = rows
        how = Ended(row).how
        passed.ends[how] += 1
        if how not in ALLOWED:
            passed.trouble.append(
                f"{key} ended as {how}: {[each['code'] for each in row.get('problems', ())][:3]}"
            )
            return
        passed.trouble += [f"{key}: {each}" for each in (*self._untold(row, passed), *self._unaccounted(row))]

    def _untold(self, row: Row, passed: Passed) -> Iterator[str]:
        heard = self.heard[row["id"]]
        written = {each["detail"]["eventId"]: each["detail"] for each in self._rows(row) if "detail" in each}
        if not written:
            yield "nobody was told"
        for event, detail in written.items():
            for queue in self.queues:
                times = sum(each["queue"] == queue and each["detail"]["eventId"] == event for each in heard)
                passed.repeated += max(0, times - 1)
                if not times:
                    yield f"an event did not come to {queue.rpartition('/')[2]}"
            if any(each["detail"]["eventId"] == event and each["detail"] != detail for each in heard):
                yield "one event id says two things"
        if any(each["detail"]["eventId"] not in written for each in heard):
            yield "somebody was told of something that was never written"

    def _unaccounted(self, row: Row) -> Iterator[str]:
        found: list[int] = []
        for name in ("results.csv", "errors.csv"):
            place = {"Bucket": self.stack.outputs["ResultsBucketName"], "Key": f"{folder(row['id'])}{name}"}
            with closing(self.clients["s3"].get_object(**place)["Body"]) as body:
                text = body.read().decode()
            found += [int(line["bd_recId"]) for line in csv.DictReader(io.StringIO(text))]
        if sorted(found) != list(range(1, row["records"]["total"] + 1)):
            yield f"records {sorted(found)} of {row['records']['total']} are accounted for"

    def leaks(self) -> list[str]:
        """Logs of functions with a secret or an address in them."""
        arn = self.stack.outputs["CallbackSecretArn"]
        path = self.clients["secretsmanager"].get_secret_value(SecretId=arn)["SecretString"]
        words = {"the service's key": SANDBOX_KEY, "the callback's secret": path, "an address": CANARY}
        trouble = []
        for name in self.functions:
            log = "\n".join(self.stack.log_lines(name.lower()))
            trouble += [f"{what} stands in the log of {name}" for what, word in words.items() if word in log]
        return trouble


@contextmanager
def region() -> Iterator[Region]:
    """Deploy the unmodified template, and point its functions at a proxy in front of the local AWS."""
    with ExitStack() as opened:
        simulators = opened.enter_context(SimulatorServer.start(clock=Clock(speed=SPEED)))
        stack = opened.enter_context(Stack.up(ROOT, wait_scale=1 / SPEED, simulators=simulators.urls))
        clients = {name: opened.enter_context(closing(stack.client(name))) for name in _CLIENTS}
        log = stack.emulator.run / "microburst.log"
        proxy = opened.enter_context(in_front_of(ROOT, stack.emulator.endpoint, log))
        functions = _divert(clients["lambda"], proxy)
        clients["sqs"].set_queue_attributes(
            QueueUrl=stack.outputs["InboxQueueUrl"], Attributes={"VisibilityTimeout": str(REDELIVERY)}
        )
        for service in SERVICES:
            route = {"extends": _ROUTES[service], "batch_records": 2}
            clients["s3"].put_object(
                Bucket=stack.outputs["InboxBucketName"],
                Key=f"routes/{service}.json",
                Body=json.dumps(route).encode(),
            )
        table = DynamoTable(clients["dynamodb"], stack.outputs["TableName"])
        yield Region(stack, simulators, proxy, clients, table, _subscribe(stack, clients), functions)


def _divert(client: Any, proxy: Proxy) -> dict[str, str]:
    """Every function talks to AWS through the proxy from now on; their names by their names in the template."""
    found = {}
    for each in client.list_functions()["Functions"]:
        name = each["FunctionName"]
        variables = each.get("Environment", {}).get("Variables", {})
        client.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**variables, "AWS_ENDPOINT_URL": proxy.endpoint}}
        )
        found[name.split("-")[-2].removesuffix("Function")] = name
    return found


def _subscribe(stack: Stack, clients: dict[str, Any]) -> tuple[str, ...]:
    """A queue that hears all of the topic, and one that hears all of the bus."""
    sqs, urls = clients["sqs"], {}
    for name in ("topic", "bus"):
        urls[name] = sqs.create_queue(QueueName=f"{stack.name}-all-of-the-{name}")["QueueUrl"]
    arns = {
        name: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        for name, url in urls.items()
    }
    clients["sns"].subscribe(TopicArn=stack.outputs["TopicArn"], Protocol="sqs", Endpoint=arns["topic"])
    bus = stack.outputs["BusName"]
    pattern = json.dumps({"source": ["batchdrop"]})
    clients["events"].put_rule(Name="all-of-the-bus", EventBusName=bus, EventPattern=pattern)
    clients["events"].put_targets(
        Rule="all-of-the-bus", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arns["bus"]}]
    )
    return tuple(urls.values())


def endure_all(outages: Sequence[Outage] = OUTAGES) -> Iterator[Passed]:
    """One outage after another in one region; the last of them answers for the logs."""
    with region() as here:
        for number, outage in enumerate(outages, start=1):
            passed = here.endure(outage)
            if number == len(outages):
                passed.trouble += here.leaks()
            yield passed


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="outages whose names have this in them")
    asked = parser.parse_args()
    bad = 0
    for passed in endure_all([each for each in OUTAGES if asked.only in each.name]):
        bad += bool(passed.trouble)
        sys.stdout.write(line(passed) + "\n")
        for each in passed.trouble:
            sys.stdout.write(f"    {each}\n")
        sys.stdout.flush()
    return 1 if bad else 0


def line(passed: Passed) -> str:
    """One outage in one line."""
    ends = ", ".join(f"{number} {end}" for end, number in sorted(passed.ends.items()))
    again = f", {passed.repeated} events repeated" if passed.repeated else ""
    return f"{passed.outage.name}: {passed.broken} calls broken; {ends}{again}; {passed.seconds:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
