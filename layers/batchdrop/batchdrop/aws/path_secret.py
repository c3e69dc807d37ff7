"""Secrets of which two versions are valid, the current one and the one before: the callback's, and the one events are signed with."""

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
    """The secret with this ARN; a plain text, as GenerateSecretString of the template makes it. `clock` gives seconds.

    usable: says whether a value is of use; of: whose secret it is, for errors.
    """

    def __init__(
        self,
        client: SecretsManagerClient,
        arn: str,
        *,
        clock: Callable[[], float] = time.time,
        usable: Callable[[str], object] = _USABLE.fullmatch,
        of: str = "callback",
    ) -> None:
        self._usable = usable
        self._of = of
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
                raise ConfigurationError(f"the {self._of}'s secret has no usable value")
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
            raise ConfigurationError(f"the {self._of}'s secret cannot be read: {code}") from None
        except BotoCoreError as error:
            raise ConfigurationError(
                f"the {self._of}'s secret cannot be read: {type(error).__name__}"
            ) from None
        if "ARN" not in answer:
            raise ConfigurationError(f"the {self._of}'s secret cannot be read: {CUT_OFF}")
        value = str(answer.get("SecretString", "")).strip()  # a file made by hand ends in a line break
        return value if self._usable(value) else ""
