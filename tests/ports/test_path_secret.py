"""The secret in the callback's path: two versions, a short cache, and never in a text."""

from __future__ import annotations

import string
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from batchdrop.aws.path_secret import FRESH_SECONDS, TwoVersions
from batchdrop.aws.secrets import CACHED_SECONDS
from batchdrop.errors import ConfigurationError
from tests.ports.conftest import REGION
from tests.ports.faults import cut_off, refuse
from tests.ports.memory import ManualClock

FIRST, SECOND, THIRD = (letter * 43 for letter in "abc")


@pytest.fixture
def manager(aws: None) -> Any:  # noqa: ARG001  # needs AWS, not its value
    return boto3.client("secretsmanager", region_name=REGION)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def arn(manager: Any) -> str:
    made: str = manager.create_secret(Name="callback", SecretString=FIRST)["ARN"]
    return made


def rotate(manager: Any, arn: str, value: str) -> None:
    manager.put_secret_value(SecretId=arn, SecretString=value)


def test_the_current_and_the_previous_version_are_valid_and_no_older_one(
    manager: Any, arn: str, clock: ManualClock
) -> None:
    assert TwoVersions(manager, arn, clock=clock).values() == (FIRST,)
    rotate(manager, arn, SECOND)
    assert TwoVersions(manager, arn, clock=clock).values() == (SECOND, FIRST)
    rotate(manager, arn, THIRD)
    assert TwoVersions(manager, arn, clock=clock).values() == (THIRD, SECOND)


def test_a_rotation_is_seen_after_the_cache_or_at_once_by_who_asks(
    manager: Any, arn: str, clock: ManualClock
) -> None:
    secret = TwoVersions(manager, arn, clock=clock)
    secret.values()
    rotate(manager, arn, SECOND)
    clock.advance(FRESH_SECONDS)
    assert secret.values() == (FIRST,)
    assert secret.values(fresh=True) == (SECOND, FIRST)
    rotate(manager, arn, THIRD)
    clock.advance(CACHED_SECONDS)
    assert secret.values() == (THIRD, SECOND)


def test_strangers_cannot_make_it_read_all_the_time(manager: Any, arn: str, clock: ManualClock) -> None:
    secret = TwoVersions(manager, arn, clock=clock)
    fault = refuse(manager, "GetSecretValue", "InternalServiceError", times=0)
    secret.values(fresh=True)
    fault.left = 1
    for _ in range(100):
        secret.values(fresh=True)
        clock.advance(FRESH_SECONDS / 101)
    assert fault.left == 1  # not asked again


@pytest.mark.parametrize(
    "value", ["short", "x" * 31, "with a blank in it, and long enough", "/" * 43, "x" * 300]
)
def test_a_value_that_is_of_no_use_opens_no_door(
    manager: Any, arn: str, clock: ManualClock, value: str
) -> None:
    rotate(manager, arn, value)
    with pytest.raises(ConfigurationError) as caught:
        TwoVersions(manager, arn, clock=clock).values()
    assert value not in str(caught.value)
    rotate(manager, arn, SECOND)
    assert TwoVersions(manager, arn, clock=clock).values() == (SECOND,)


def test_letters_digits_dash_and_underscore_are_of_use(manager: Any, arn: str, clock: ManualClock) -> None:
    value = string.ascii_letters + string.digits + "-_"
    rotate(manager, arn, value)
    assert TwoVersions(manager, arn, clock=clock).values()[0] == value


@pytest.mark.parametrize("code", ["AccessDeniedException", "InternalServiceError", "InvalidRequestException"])
def test_a_secret_that_cannot_be_read_is_a_matter_of_configuration(
    manager: Any, arn: str, clock: ManualClock, code: str
) -> None:
    refuse(manager, "GetSecretValue", code)
    with pytest.raises(ConfigurationError, match=code):
        TwoVersions(manager, arn, clock=clock).values()


def test_a_secret_that_is_not_there_is_said_so(manager: Any, clock: ManualClock) -> None:
    with pytest.raises(ConfigurationError, match="no usable value"):
        TwoVersions(manager, "nowhere", clock=clock).values()


def test_a_lost_network_is_said_so(manager: Any, arn: str, clock: ManualClock) -> None:
    def unplugged(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://aws.invalid")

    manager.meta.events.register_first("before-call", unplugged)
    with pytest.raises(ConfigurationError, match="EndpointConnectionError"):
        TwoVersions(manager, arn, clock=clock).values()


def test_an_answer_that_was_cut_off_does_not_end_a_version(
    manager: Any, arn: str, clock: ManualClock
) -> None:
    rotate(manager, arn, SECOND)
    secret = TwoVersions(manager, arn, clock=clock)
    cut_off(manager, "GetSecretValue")
    with pytest.raises(ConfigurationError, match="cut off"):
        secret.values()
    assert secret.values() == (SECOND, FIRST)
