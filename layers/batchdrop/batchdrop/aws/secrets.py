"""The secrets port on Secrets Manager.

A secret is a JSON object of strings, such as {"apiKey": "…"}; a bare string is taken as {"apiKey": string}. Values stay in memory
for five minutes. Powertools' parameters module could cache too, but would check nothing and takes more start-up than these lines.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from batchdrop.errors import ConfigurationError, ServiceBusy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHED_SECONDS = 300.0

CUT_OFF = "the answer was cut off"
"""Every answer names the secret's ARN. boto3 takes a body that ended early for an empty answer [measured], not for an empty secret."""

_UNUSABLE = {
    "ResourceNotFoundException": "there is no such secret, or it has no value",
    "AccessDeniedException": "it may not be read",
    "DecryptionFailure": "its key may not be used",
    "InvalidRequestException": "it is being deleted",
}


def parameter_of(service: str) -> str:
    """The template parameter that takes the ARN of a service's secret, or those of the further ones (`extra:<name>`)."""
    if ":" in service:
        return "ExtraSecretArns"
    return "".join(word.capitalize() for word in service.split("_")) + "SecretArn"


def parsed(service: str, text: str) -> dict[str, str]:
    """The secret's members. Raises ConfigurationError, without any value, for what cannot be a secret of ours."""
    members = _object_or_key(text)
    if not isinstance(members, dict) or not members:
        raise ConfigurationError(
            f"the secret for {service} is neither a JSON object of strings nor a bare key"
        )
    for value in members.values():
        if not isinstance(value, str) or not value:
            raise ConfigurationError(f"the secret for {service} holds an empty value or one that is not text")
        if not value.isprintable() or value != value.strip():
            raise ConfigurationError(f"the secret for {service} holds a line break or a blank at an end")
    return members


def _object_or_key(text: str) -> Any:
    if not text.lstrip().startswith(("{", "[")):
        return {"apiKey": text}
    try:
        return json.loads(text)
    except ValueError:
        return None


class SecretsManagerSecrets:
    """Secrets by service; `arns` has the configured ones. `clock` gives seconds."""

    def __init__(
        self, client: SecretsManagerClient, arns: Mapping[str, str], *, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._arns = arns
        self._clock = clock
        self._cached: dict[str, tuple[float, dict[str, str]]] = {}

    def get(self, service: str, *, fresh: bool = False) -> Mapping[str, str]:
        """See Secrets.get."""
        now = self._clock()
        read_at, members = self._cached.get(service, (now - CACHED_SECONDS, {}))
        if fresh or now - read_at >= CACHED_SECONDS:
            members = self._read(service)
            self._cached[service] = (now, members)
        return members

    def _read(self, service: str) -> dict[str, str]:
        arn = self._arns.get(service)
        if not arn:
            raise ConfigurationError(
                f"no secret is set for {service}: give the template parameter {parameter_of(service)}"
            )
        try:
            answer = self._client.get_secret_value(SecretId=arn)
        except BotoCoreError as error:
            raise _not_now(service, type(error).__name__) from None
        except ClientError as error:
            code = error.response["Error"]["Code"]
            reason = _UNUSABLE.get(code)
            if reason is None:
                raise _not_now(service, code) from None
            raise ConfigurationError(
                f"the secret for {service} ({parameter_of(service)}) cannot be used: {reason}"
            ) from None
        if "ARN" not in answer:
            raise _not_now(service, CUT_OFF)
        return parsed(service, answer.get("SecretString", ""))


def _not_now(service: str, why: str) -> ServiceBusy:
    """Nothing was sent to the service, and a POST must know that: any other error there would leave its outcome unknown."""
    return ServiceBusy(f"the secret cannot be read at this moment ({why}); nothing was sent", service=service)
