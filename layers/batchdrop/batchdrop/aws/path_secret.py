"""The callback's path secret on Secrets Manager: its current version and the one before."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from batchdrop.aws.secrets import CACHED_SECONDS, CUT_OFF
from batchdrop.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mypy_boto3_secretsmanager import SecretsManagerClient

FRESH_SECONDS = 5.0
"""A value this old counts as fresh: who calls with a wrong secret makes us ask, and strangers may call often."""

_USABLE = re.compile(r"[A-Za-z0-9_-]{32,256}")
"""Long enough to be guarded by, and the same in a path as in the secret."""


class TwoVersions:
    """The secret with this ARN; a plain text, as GenerateSecretString of the template makes it. `clock` gives seconds."""

    def __init__(
        self, client: SecretsManagerClient, arn: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._arn = arn
        self._clock = clock
        self._read_at = float("-inf")
        self._values: tuple[str, ...] = ()

    def values(self, *, fresh: bool = False) -> Sequence[str]:
        """See PathSecret.values."""
        now = self._clock()
        if now - self._read_at >= (FRESH_SECONDS if fresh else CACHED_SECONDS):
            current, previous = self._version("AWSCURRENT"), self._version("AWSPREVIOUS")
            if not current:
                raise ConfigurationError("the callback's secret has no usable value")
            self._values = (current, previous) if previous else (current,)
            self._read_at = now
        return self._values

    def _version(self, stage: str) -> str:
        """Its value; empty when there is no such version, or when it is of no use."""
        try:
            answer: Any = self._client.get_secret_value(SecretId=self._arn, VersionStage=stage)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ResourceNotFoundException":
                return ""
            raise ConfigurationError(f"the callback's secret cannot be read: {code}") from None
        except BotoCoreError as error:
            raise ConfigurationError(
                f"the callback's secret cannot be read: {type(error).__name__}"
            ) from None
        if "ARN" not in answer:
            raise ConfigurationError(f"the callback's secret cannot be read: {CUT_OFF}")
        value = str(answer.get("SecretString", ""))
        return value if _USABLE.fullmatch(value) else ""
