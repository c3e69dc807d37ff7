"""What the environment says: the only reader of `os.environ`.

Each value is checked when it is asked for, so that a function needs only the variables it uses. `VARIABLES` is the whole list;
the template's test compares it with what the template sets.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from batchdrop.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "BATCHDROP_TABLE": "name of the table",
        "BATCHDROP_INBOX_BUCKET": "name of the bucket where files are dropped",
        "BATCHDROP_RESULTS_BUCKET": "name of the bucket where results are written",
        "BATCHDROP_MACHINE_ARN": "ARN of the state machine batch_job",
        "BATCHDROP_TOPIC_ARN": "ARN of the topic for completion messages",
        "BATCHDROP_BUS_NAME": "name of the event bus for completion events",
        "BATCHDROP_SECRET_GEOAPIFY": "ARN of the Geoapify secret; empty: not used",
        "BATCHDROP_SECRET_HERE_BATCH_V7": "ARN of the HERE secret; empty: not used",
        "BATCHDROP_SECRET_HERE_GEOCODER_V6": "ARN of the HERE Geocoder 6.2 secret; empty: not used",
        "BATCHDROP_SECRET_HERE_TRACKING_V4": "ARN of the HERE Tracking secret; empty: not used",
        "BATCHDROP_EXTRA_SECRETS": "ARNs of further secrets that routes may name, separated by commas; empty: none",
        "BATCHDROP_SIMULATOR_ENDPOINTS": "JSON object, service to http://127.0.0.1:port; empty: the real services",
        "BATCHDROP_BASE_URLS": "JSON object, service to the https base URL it is asked at; empty: the services' own hosts",
        "BATCHDROP_JOBS_AT_ONCE": "how many jobs of one service may be at work at once",
        "BATCHDROP_INPUT_DAYS": "days for which a dropped file is kept, and the same bytes are held; empty: 30",
        "BATCHDROP_PRIVATE_NAMES": "true: file names stay out of job ids; false: they are part of them",
        "BATCHDROP_CALLBACK_URL": "where services ring, up to the secret: https://<api>/<stage>/callback; empty: nowhere",
        "BATCHDROP_CALLBACK_SECRET": "ARN of the secret in the path of the callback",
        "BATCHDROP_WEBHOOK_QUEUE": "URL of the queue of events to the user's URL; empty: there is none",
        "BATCHDROP_WEBHOOK_URL": "the user's URL, https://<host>/<path>",
        "BATCHDROP_WEBHOOK_SECRET": "ARN of the secret that events to the user's URL are signed with",
        "BATCHDROP_STACK": "name of the stack",
    }
)
"""Every variable batchdrop reads, and what it holds."""

_SECRET = "BATCHDROP_SECRET_"  # noqa: S105  # a prefix of names, not a secret
_LOOPBACK = re.compile(
    r"http://127\.0\.0\.1:([1-9][0-9]{0,4})(?:/[a-z0-9]+(?:\.[0-9]+)?)?/?"
)  # HERE's base URLs end in /v7 and /6.2

_BASE_URL = re.compile(
    r"https://(?:[A-Za-z0-9-]{1,63}\.){1,20}[A-Za-z]{2,63}(?::(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}))?"
    r"(?:/[A-Za-z0-9._~-]+)*/?"
)  # a name, not an address: where it leads is checked at each connection

WEBHOOK = "webhook"
"""In the simulators' endpoints: who stands for the user's URL."""

_WEBHOOK = re.compile(
    r"https://[A-Za-z0-9.-]{1,253}(?::[1-9][0-9]{0,4})?(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?"
)

_SECRET_ARN = re.compile(
    r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:([A-Za-z0-9/_+=.@-]+)-[A-Za-z0-9]{6}"
)

_CALLBACK = re.compile(r"https://[A-Za-z0-9.-]{1,253}(?:/[A-Za-z0-9._~-]+)+")


@dataclass(frozen=True, slots=True)
class Settings:
    """The environment's values. Every property raises ConfigurationError, with the variable's name, when it is not usable."""

    values: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The variables as they are now."""
        return cls({name: environ[name].strip() for name in VARIABLES if name in environ})

    def _needed(self, name: str) -> str:
        value = self.values.get(name, "")
        if not value:
            raise ConfigurationError(f"{name} is not set: {VARIABLES[name]}")
        return value

    @property
    def table(self) -> str:
        """Name of the table."""
        return self._needed("BATCHDROP_TABLE")

    @property
    def inbox_bucket(self) -> str:
        """Name of the inbox bucket."""
        return self._needed("BATCHDROP_INBOX_BUCKET")

    @property
    def results_bucket(self) -> str:
        """Name of the results bucket."""
        return self._needed("BATCHDROP_RESULTS_BUCKET")

    @property
    def machine_arn(self) -> str:
        """ARN of the state machine."""
        return self._needed("BATCHDROP_MACHINE_ARN")

    @property
    def topic_arn(self) -> str:
        """ARN of the topic."""
        return self._needed("BATCHDROP_TOPIC_ARN")

    @property
    def bus_name(self) -> str:
        """Name of the bus."""
        return self._needed("BATCHDROP_BUS_NAME")

    @property
    def stack(self) -> str:
        """Name of the stack."""
        return self._needed("BATCHDROP_STACK")

    @property
    def callback_url(self) -> str:
        """Where services ring, up to the secret; empty when they are not to. Over https, for the secret is in the path."""
        url = self.values.get("BATCHDROP_CALLBACK_URL", "")
        if url and not _CALLBACK.fullmatch(url):
            raise ConfigurationError("BATCHDROP_CALLBACK_URL is not https://<host>/<path>")
        return url

    @property
    def callback_secret(self) -> str:
        """ARN of the secret in the callback's path."""
        return self._needed("BATCHDROP_CALLBACK_SECRET")

    @property
    def webhook_queue(self) -> str:
        """URL of the queue of events to the user's URL; empty when there is none."""
        return self.values.get("BATCHDROP_WEBHOOK_QUEUE", "")

    @property
    def webhook_url(self) -> str:
        """The user's URL: https and no query; or the simulator that stands for it, on this machine."""
        url = self._needed("BATCHDROP_WEBHOOK_URL")
        if not _WEBHOOK.fullmatch(url):
            raise ConfigurationError("BATCHDROP_WEBHOOK_URL is not https://<host>/<path>")
        return self.simulator_endpoints.get(WEBHOOK, url)

    @property
    def webhook_secret(self) -> str:
        """ARN of the secret that events to the user's URL are signed with."""
        return self._needed("BATCHDROP_WEBHOOK_SECRET")

    @property
    def private_names(self) -> bool:
        """Whether file names stay out of job ids. Needed, not guessed: a forgotten variable must not publish names."""
        word = self._needed("BATCHDROP_PRIVATE_NAMES")
        if word not in ("true", "false"):
            raise ConfigurationError("BATCHDROP_PRIVATE_NAMES is neither true nor false")
        return word == "true"

    @property
    def slots(self) -> int:
        """How many jobs of one service may be at work at once."""
        word = self._needed("BATCHDROP_JOBS_AT_ONCE")
        if not re.fullmatch(r"[1-9][0-9]{0,2}", word):
            raise ConfigurationError("BATCHDROP_JOBS_AT_ONCE is not a number from 1 to 999")
        return int(word)

    @property
    def input_days(self) -> int:
        """Days for which a dropped file is kept, and the same bytes are held."""
        word = self.values.get("BATCHDROP_INPUT_DAYS", "") or "30"
        if not re.fullmatch(r"[1-9][0-9]{0,3}", word):
            raise ConfigurationError("BATCHDROP_INPUT_DAYS is not a number from 1 to 9999")
        return int(word)

    @property
    def secret_arns(self) -> Mapping[str, str]:
        """ARNs of the services' secrets, by service; services without one are left out."""
        return {
            name.removeprefix(_SECRET).lower(): arn
            for name, arn in self.values.items()
            if name.startswith(_SECRET) and arn
        }

    @property
    def extra_secret_arns(self) -> Mapping[str, str]:
        """ARNs of further secrets, by the secret's own name: what stands in the ARN before the six characters that AWS adds."""
        name = "BATCHDROP_EXTRA_SECRETS"
        found: dict[str, str] = {}
        for arn in filter(None, (part.strip() for part in self.values.get(name, "").split(","))):
            named = _SECRET_ARN.fullmatch(arn)
            if named is None:
                raise ConfigurationError(f"{name} holds something that is no full ARN of a secret")
            if named[1] in found:
                raise ConfigurationError(f"{name} holds two secrets of the name {named[1]}")
            found[named[1]] = arn
        return found

    @property
    def simulator_endpoints(self) -> Mapping[str, str]:
        """Base URLs, without a slash at the end, of services that are simulated. Only this machine's loopback is allowed."""
        return self._urls("BATCHDROP_SIMULATOR_ENDPOINTS", is_loopback, "is not http://127.0.0.1:<port>")

    @property
    def base_urls(self) -> Mapping[str, str]:
        """Base URLs, without a slash at the end, of services that are not asked at their own hosts. https only."""
        reason = "is not https://<name>/<path>; over http anybody on the way could read the key"
        return self._urls("BATCHDROP_BASE_URLS", _is_base_url, reason)

    def _urls(self, name: str, fits: Callable[[str], bool], reason: str) -> Mapping[str, str]:
        """A JSON object of service names and URLs. Raises ConfigurationError with `reason` for a URL that does not fit."""
        text = self.values.get(name, "")
        try:
            found = json.loads(text) if text else {}
        except ValueError:
            raise ConfigurationError(f"{name} is not JSON") from None
        if not isinstance(found, dict):
            raise ConfigurationError(f"{name} is not a JSON object of service names and URLs")
        for service, url in found.items():
            if not (isinstance(url, str) and fits(url)):
                raise ConfigurationError(f"{name}: the URL for {service} {reason}")
        return {service: url.rstrip("/") for service, url in found.items()}


def _is_base_url(url: str) -> bool:
    return _BASE_URL.fullmatch(url) is not None


def is_loopback(url: str) -> bool:
    """Whether a simulator may be there: http, 127.0.0.1, a port, one word for a path at most."""
    found = _LOOPBACK.fullmatch(url)
    return found is not None and int(found[1]) < 2**16
