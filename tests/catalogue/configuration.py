"""Group C, what people set: secrets, routes, hosts, waits, buckets, keys, topics, the doorbell."""

from __future__ import annotations

import re
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.aws.clients import client
from batchdrop.aws.events import AwsPublisher
from batchdrop.aws.secrets import parsed
from batchdrop.errors import ConfigurationError, ServiceDenied
from batchdrop.ports import Place
from batchdrop.services import SERVICES, build
from batchdrop.settings import Settings
from batchdrop.steps.doorbell import Doorbell
from tests.catalogue.answered import ALL, answered
from tests.catalogue.between import CREATE, GEOAPIFY, HERE, Provider, provider
from tests.catalogue.canaries import SECRET, assert_silent, listening
from tests.catalogue.case import ONCE, Case, executed, on_template
from tests.catalogue.dropped import assert_announced, assert_refused
from tests.mocked_aws import mock_aws
from tests.steps.world import RESULTS, World
from tests.template.loading import load_template, resources

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from batchdrop_sandbox.simulators.reply import Reply, Request

ROTATED = "canary-key-77e0"


def secret_text(text: str | None) -> Callable[[bool], Mapping[str, str]]:
    """A secret as Secrets Manager has it: None = there is none."""

    def read(_fresh: bool) -> Mapping[str, str]:
        if text is None:
            raise ConfigurationError("no secret is set for the service: give the template parameter")
        return parsed("the service", text)

    return read


def unusable(text: str | None) -> None:
    """The job waits for a person before anything was sent, its claim unspent; with the secret mended it goes on."""
    with provider(HERE) as made, listening() as log:
        made.secret = secret_text(text)
        made.drop()
        document = made.drive()
        assert document["attention"]["code"] == "DENIED"
        assert "redrive" in document["attention"]["actions"]
        assert not made.asked, "nothing is asked of the service without a secret"
        made.secret = None
        after = made.act("redrive")
        assert after["status"] == "completed"
        assert made.account["records"] == 4
        assert made.count(*CREATE[HERE]) == 1
        assert_announced(made.world, after)
        assert_silent(made.world, made.job, log.getvalue())


SECRETS = {
    "missing": None,
    "empty": "",
    "a newline at the end": f'{{"apiKey": "{SECRET}\\n"}}',
    "a bare key with a newline": f"{SECRET}\n",
    "broken JSON": f'{{"apiKey": "{SECRET}"',
    "a list": f'["{SECRET}"]',
    "another name": f'{{"apikey": "{SECRET}"}}',
    "an empty value": '{"apiKey": ""}',
    "a number": '{"apiKey": 5}',
    "nested": f'{{"apiKey": {{"value": "{SECRET}"}}}}',
    "a blank in front": f'{{"apiKey": " {SECRET}"}}',
}


def _rotated(made: Provider) -> None:
    """While the job is under way the old key is refused and the store has the new one."""
    payload: dict[str, Any] = {"job": made.job, "run": 0}
    (lane,) = made.world.plan(payload)["lanes"]
    made.world.admit(payload)
    seeds = {"settled": False, "listens": False, "wait": 1, "rings": 0, "ticks": 0}
    made.world.advance({**payload, "lane": lane, "now": seeds})
    made.keys.append(ROTATED)
    _refuse(made, SECRET)


def _revoked(made: Provider) -> None:
    """The same, and no new key is there."""
    _rotated(made)
    made.keys[:] = [SECRET]


def _refuse(made: Provider, *keys: str) -> None:
    made.configure(refused_keys=list(keys))


def _renewed(made: Provider, document: Mapping[str, Any]) -> None:
    """The service's job is not forgotten: with a new key it is looked at again, and nothing is sent a second time."""
    assert "redrive" in document["attention"]["actions"]
    made.keys[:] = [ROTATED]
    assert made.act("redrive")["status"] == "completed"
    assert made.count(*CREATE[made.service]) == 1


def refused_route(expected: str, *words: str, **route: Any) -> None:
    """A route that cannot be: refused with a list of what could be, nothing sent."""
    world = World()
    world.route("mine", **{"service": "memory", "api": "geocode"} | route)
    with listening() as log:
        job = world.drop(b"id,address\n1,Canaryweg 1\n", route="mine")
        assert world.drive(job) == "Done"
    document = world.document(job)
    assert_refused(world, document, expected)
    for word in words:
        assert word in document["problems"][0]["message"]
    assert_announced(world, document)
    assert_silent(world, job, log.getvalue())


BASES = (
    "http://batch.search.hereapi.com/v7", "https://10.0.0.1", "https://127.0.0.1", "https://169.254.169.254/latest", "https://192.168.1.1",
    "https://172.16.0.1", "https://[::1]", "https://[fd00::1]", "https://[::ffff:10.0.0.1]", "https://[64:ff9b::a00:1]", "https://0.0.0.0",
    "https://100.64.0.1", "https://user:pw@example.org", "https://example.org/?key=x", "ftp://example.org", "file:///etc/passwd", "//example.org",
    "http://127.0.0.1:8080", "https://example.org:99999", "https://[fe80::1%25eth0]",
)  # fmt: skip


def refused_base(base: str) -> None:
    """No service is made for such a host, whichever it is."""
    for name in SERVICES:
        with pytest.raises(ConfigurationError, match="HOST_REFUSED"):
            build(name, base_url=base, credentials=lambda _fresh: {}, clock=lambda: 0.0)


def private_by_name(address: str) -> None:
    """A name that leads to an address that is not public is not connected to."""
    from batchdrop.transport import Transport  # noqa: PLC0415 - the one row that needs it

    def resolve(*_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, 443))]

    transport = Transport("https://example.org", service=HERE, clock=lambda: 0.0, resolve=resolve)
    with transport, pytest.raises(ConfigurationError, match="HOST_REFUSED"):
        transport.send("GET", "/", deadline=5)


SIMULATORS = (
    "http://10.0.0.1:80",
    "https://127.0.0.1:80",
    "http://127.0.0.1",
    "http://localhost:80",
    "http://127.0.0.1:80@evil.example",
)


def refused_simulator(url: str) -> None:
    """The one way past the host rule leads to this machine only: at run time, and by the template's pattern at deploy."""
    text = f'{{"{HERE}": "{url}"}}'
    with pytest.raises(ConfigurationError):
        _ = Settings({"BATCHDROP_SIMULATOR_ENDPOINTS": text}).simulator_endpoints


def no_base_at_deploy() -> None:
    """Parameters with URLs take https at a name, and where that leads is checked at each connection; the simulators' own 127.0.0.1 only."""
    parameters = load_template()["Parameters"]
    urls = {
        name
        for name in parameters
        if "url" in name.lower() or "endpoint" in name.lower() or "base" in name.lower()
    }
    assert urls == {"BaseUrls", "SimulatorEndpoints", "WebhookUrl"}
    for name, bad in [
        ("SimulatorEndpoints", [f'{{"{HERE}": "{url}"}}' for url in SIMULATORS]),
        ("WebhookUrl", ["http://example.org/x", "https://u@h/x"]),
        ("BaseUrls", [f'{{"{HERE}": "{base}"}}' for base in BASES]),
    ]:
        pattern = parameters[name]["AllowedPattern"]
        assert not [text for text in bad if re.search(pattern, text)], name


def no_results_as_inbox_at_deploy() -> None:
    """Two buckets by construction; an existing bucket as the inbox may not be a results bucket, and no function may write to it."""
    template = load_template()
    pattern = template["Parameters"]["ExistingInboxBucket"]["AllowedPattern"]
    assert re.search(pattern, "my-uploads")
    assert not re.search(pattern, "batchdrop-resultsbucket-1k2j3h4g5f6d")


def no_results_as_inbox() -> None:
    """And at run time."""
    world = World()
    world.store.put(Place(RESULTS, "incoming/memory-geocode/x.csv"), b"id,address\n7,Canaryweg 1\n")
    told = {
        "detail": {
            "bucket": {"name": RESULTS},
            "object": {"key": "incoming/memory-geocode/x.csv", "version-id": "v1"},
        }
    }
    with pytest.raises(ConfigurationError, match="results bucket"):
        world.deliver(told)
    assert not world.table.rows()
    assert not world.shop.calls


def letters_and_alarms() -> None:
    """What AWS refuses for good ends in a dead letter or a failed execution, and both have an alarm."""
    template = load_template()
    queues = resources(template, "AWS::SQS::Queue")
    assert any("RedrivePolicy" in each["Properties"] for each in queues.values())
    alarms = resources(template, "AWS::CloudWatch::Alarm")
    watched = str([each["Properties"] for each in alarms.values()])
    assert "ApproximateNumberOfMessagesVisible" in watched
    assert "ExecutionsFailed" in watched


def nobody_listens() -> None:
    """A topic without subscribers takes the event like any other."""
    with mock_aws():
        topic = client("sns").create_topic(Name="t")["TopicArn"]
        events, sns = client("events"), client("sns")
        events.create_event_bus(Name="bus")
        publisher = AwsPublisher(events, sns, "bus", topic)
        publisher.publish(
            "Job Status Change",
            {"jobId": "j", "status": "completed", "eventId": "e", "time": "t"},
            topic=True,
        )


def never_sooner() -> None:
    """A route that wants to look every second: no look at Geoapify comes sooner than 60 s after the last, for each costs a call."""
    with provider(GEOAPIFY, pace={"min_wait": 1, "first_look": 1}) as made, listening() as log:
        made.configure(processing_seconds=400.0)
        times: list[float] = []

        def timed(request: Request, reply: Reply) -> Reply:
            if request.method == "GET":
                times.append(made.world.clock.now)
            return reply

        made.twist = timed
        made.drop()
        document = made.drive()
        assert document["status"] == "completed"
        assert len(times) > 2
        assert all(later - sooner >= 60 for sooner, later in pairwise(times))
        assert_silent(made.world, made.job, log.getvalue())


def cannot_be_told() -> None:
    """The service cannot be told where to ring, or its test call fails: the job goes without, and polling ends it."""

    def denied(*_: Any) -> Any:
        raise ServiceDenied("no", service=HERE, status=403)

    with provider(HERE) as made, listening() as log:
        real: Any = made.world.service
        rings: Any = type(
            "Rings",
            (),
            {
                "register": staticmethod(denied),
                "test": staticmethod(denied),
                "unregister": staticmethod(denied),
            },
        )
        from tests.steps.door import MemoryPathSecret  # noqa: PLC0415 - the one row that needs it

        bell = Doorbell(
            HERE,
            "https://a.example/v1/callback",
            made.world.table,
            MemoryPathSecret(),
            lambda: rings,
            made.world.clock,
        )
        real.bell = bell
        made.drop()
        assert made.drive()["status"] == "completed"
        assert made.account["records"] == 4
        assert "cannot be told where to ring" in log.getvalue()
        with pytest.raises(ServiceDenied):
            bell.test()
        assert_silent(made.world, made.job, log.getvalue())


_LETTERS = ["", *"bcdefghijklmnopqrstuvwxyz"]
_WAITS: tuple[Any, ...] = (0, -1, "soon", 1e9, True, None, float("1e400"))

ROWS: list[Case] = [
    executed("C1", "the secret is missing", "DENIED, then completed", partial(unusable, None), ONCE),
    *[executed(f"C2{letter}", f"the secret: {what}", "DENIED, then completed", partial(unusable, text), ONCE)
      for letter, (what, text) in zip(_LETTERS, list(SECRETS.items())[1:], strict=False)],
    *[answered(f"C3{letter}", f"rotated while at work: {service}", service, before=_rotated) for letter, service in zip(_LETTERS, ALL, strict=False)],
    *[answered(f"C4{letter}", f"revoked while at work: {service}", service, "DENIED", before=_revoked, then=_renewed)
      for letter, service in zip(_LETTERS, (HERE, GEOAPIFY, "here_geocoder_v6"), strict=False)],
    executed("C5", "an unknown service", "ROUTE_INVALID", partial(refused_route, "ROUTE_INVALID", "memory", service="nobody")),
    executed("C5b", "an unknown API", "ROUTE_INVALID", partial(refused_route, "ROUTE_INVALID", "geocode", api="divine")),
    executed("C5c", "an unknown option", "ROUTE_INVALID", partial(refused_route, "ROUTE_INVALID", "max_invalid", max_invald=1)),
    executed("C5d", "a parameter that the service does not have", "ROUTE_INVALID", partial(refused_route, "ROUTE_INVALID", params={"wrong": 1})),
    executed("C5e", "a key in place of a secret's name", "ROUTE_INVALID", partial(refused_route, "ROUTE_INVALID", secret=SECRET)),
    *[executed(f"C6{letter}", base, "HOST_REFUSED", partial(refused_base, base)) for letter, base in zip(_LETTERS, BASES, strict=False)],
    *[executed(f"C6_name_{address.replace(chr(46), chr(95))}", f"a name that leads to {address}", "HOST_REFUSED", partial(private_by_name, address)) for address in ("10.0.0.1", "127.0.0.1", "169.254.169.254")],
    *[executed(f"C6_simulator_{number}", f"a simulator at {url}", "refused", partial(refused_simulator, url)) for number, url in enumerate(SIMULATORS)],
    on_template("C6_deploy", "a base URL at deploy", "https at a name only", no_base_at_deploy),
    *[executed(f"C7{letter}", f"min_wait {wait}", "ROUTE_INVALID", partial(refused_route, "ROUTE_INVALID", pace={"min_wait": wait})) for letter, wait in zip(_LETTERS, _WAITS, strict=False)],
    on_template("C8", "the results bucket as the inbox, at deploy", "refused", no_results_as_inbox_at_deploy),
    executed("C8b", "the results bucket as the inbox, at run time", "refused", no_results_as_inbox),
    on_template("C9", "the key is disabled", "dead letters and alarms", letters_and_alarms),
    executed("C10", "a topic without subscribers", "published", nobody_listens),
    executed("C11", "a route that wants to look sooner than every 60 s", "not sooner", never_sooner, ONCE),
    executed("C12", "a callback that nobody can be told of", "completed by polling", cannot_be_told, ONCE),
]  # fmt: skip
