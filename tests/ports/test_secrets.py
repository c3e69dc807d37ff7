"""One suite for both secret stores, and what only the real one can meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from batchdrop.aws.secrets import CACHED_SECONDS, SecretsManagerSecrets, parsed
from batchdrop.errors import ConfigurationError, ServiceBusy
from tests.ports.conftest import REGION
from tests.ports.faults import cut_off, lose_reply, refuse
from tests.ports.memory import ManualClock, MemorySecrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from batchdrop.ports import Secrets

CANARY = "canary-4711"


@pytest.fixture
def manager(aws: None) -> Any:  # noqa: ARG001  # needs AWS, not its value
    return boto3.client("secretsmanager", region_name=REGION)


@pytest.fixture
def arn(manager: Any) -> str:
    found: str = manager.create_secret(Name="geoapify", SecretString='{"apiKey": "one"}')["ARN"]
    return found


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def real(manager: Any, arn: str, clock: ManualClock) -> SecretsManagerSecrets:
    return SecretsManagerSecrets(manager, {"geoapify": arn, "here_tracking_v4": ""}, clock=clock)


@pytest.fixture(params=["memory", "aws"])
def both(request: pytest.FixtureRequest) -> tuple[Secrets, Callable[[str], object]]:
    """The secrets port, and a way to change Geoapify's key."""
    if request.param == "memory":
        memory = MemorySecrets({"geoapify": {"apiKey": "one"}})
        return memory, lambda key: memory.values["geoapify"].update(apiKey=key)
    manager, arn = request.getfixturevalue("manager"), request.getfixturevalue("arn")

    def rotate(key: str) -> object:
        return manager.put_secret_value(SecretId=arn, SecretString=f'{{"apiKey": "{key}"}}')

    return request.getfixturevalue("real"), rotate


Both = tuple["Secrets", "Callable[[str], object]"]


def test_a_secret_is_read_and_read_fresh_after_a_rotation(both: Both) -> None:
    secrets, rotate = both
    assert secrets.get("geoapify") == {"apiKey": "one"}
    rotate("two")
    assert secrets.get("geoapify", fresh=True) == {"apiKey": "two"}
    assert secrets.get("geoapify") == {"apiKey": "two"}


def test_a_service_without_secret_is_a_matter_of_configuration(both: Both) -> None:
    with pytest.raises(ConfigurationError, match="here_batch_v7"):
        both[0].get("here_batch_v7")


def test_an_answer_that_was_cut_off_is_no_empty_secret(manager: Any, real: SecretsManagerSecrets) -> None:
    """Else a job would wait for a person to mend a secret that is well."""
    cut_off(manager, "GetSecretValue")
    with pytest.raises(ServiceBusy, match="cut off"):
        real.get("geoapify")
    assert real.get("geoapify") == {"apiKey": "one"}


def test_a_value_is_kept_for_five_minutes(
    manager: Any, arn: str, real: SecretsManagerSecrets, clock: ManualClock
) -> None:
    real.get("geoapify")
    manager.put_secret_value(SecretId=arn, SecretString='{"apiKey": "two"}')
    clock.advance(CACHED_SECONDS - 1)
    assert real.get("geoapify") == {"apiKey": "one"}
    clock.advance(1)
    assert real.get("geoapify") == {"apiKey": "two"}


@pytest.mark.parametrize("service", ["here_batch_v7", "here_tracking_v4"])
def test_a_missing_arn_names_the_template_parameter(real: SecretsManagerSecrets, service: str) -> None:
    name = {"here_batch_v7": "HereBatchV7SecretArn", "here_tracking_v4": "HereTrackingV4SecretArn"}[service]
    with pytest.raises(ConfigurationError, match=name):
        real.get(service)


@pytest.mark.parametrize(
    ("text", "members"),
    [
        ('{"apiKey": "a b"}', {"apiKey": "a b"}),
        (' {"appId": "1", "appCode": "2"}\n', {"appId": "1", "appCode": "2"}),
        ("bare-key", {"apiKey": "bare-key"}),
    ],
)
def test_a_secret_is_an_object_of_strings_or_a_bare_key(text: str, members: dict[str, str]) -> None:
    assert parsed("geoapify", text) == members


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{CANARY}\n",
        f" {CANARY}",
        f"{CANARY}\r\nmore",
        f"{CANARY}\x00",
        f'{{"apiKey": "{CANARY}\\n"}}',
        f'{{"apiKey": "{CANARY}", "other": ""}}',
        f'{{"apiKey": "{CANARY}", "other": 5}}',
        f'{{"apiKey": "{CANARY}"',
        f'["{CANARY}"]',
        "{}",
    ],
)
def test_a_broken_secret_is_refused_without_showing_it(manager: Any, text: str) -> None:
    arn = manager.create_secret(Name="broken", SecretString=text)["ARN"] if text else ""
    with pytest.raises(ConfigurationError) as caught:
        SecretsManagerSecrets(manager, {"geoapify": arn}).get("geoapify") if arn else parsed("geoapify", text)
    assert CANARY not in f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__context__!r}"


def test_a_binary_secret_is_refused(manager: Any) -> None:
    arn = manager.create_secret(Name="binary", SecretBinary=b"x")["ARN"]
    with pytest.raises(ConfigurationError):
        SecretsManagerSecrets(manager, {"geoapify": arn}).get("geoapify")


@pytest.mark.parametrize(
    "code",
    ["ResourceNotFoundException", "AccessDeniedException", "DecryptionFailure", "InvalidRequestException"],
)
def test_a_secret_that_cannot_be_used_names_service_and_parameter(
    manager: Any, real: SecretsManagerSecrets, code: str
) -> None:
    refuse(manager, "GetSecretValue", code)
    with pytest.raises(ConfigurationError, match=r"geoapify \(GeoapifySecretArn\)"):
        real.get("geoapify")


def test_trouble_of_the_secrets_manager_means_later_and_keeps_the_cached_value(
    manager: Any, real: SecretsManagerSecrets
) -> None:
    real.get("geoapify")
    refuse(manager, "GetSecretValue", "InternalServiceError")
    with pytest.raises(ServiceBusy, match=r"InternalServiceError.*nothing was sent"):
        real.get("geoapify", fresh=True)
    assert real.get("geoapify") == {"apiKey": "one"}


def test_a_secrets_manager_out_of_reach_means_later(
    manager: Any,
    real: SecretsManagerSecrets,
    no_waits: None,  # noqa: ARG001  # for its effect
) -> None:
    lose_reply(manager, "GetSecretValue", times=20)
    with pytest.raises(ServiceBusy, match="nothing was sent"):
        real.get("geoapify")
