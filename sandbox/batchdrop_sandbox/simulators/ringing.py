"""The simulated services ring webhooks: one GET, no body, and nobody waits for the answer."""

import re
import threading
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.error import HTTPError

_GATEWAY = re.compile(
    r"https://([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/(.*)", re.DOTALL
)
_LOCAL = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")
_SECONDS = 10.0
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # this machine is not behind a proxy


class Ringer:
    """Rings until it is stopped.

    A sandbox has no host names of its own: API Gateway's are found at `aws`, the endpoint of the local AWS ("" while there is
    none), so that what is deployed and registered there is the same as anywhere.
    """

    def __init__(self) -> None:
        self._over = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="ring")
        self._aws = ""

    def reach(self, aws: str) -> None:
        """From now on API Gateway's host names are found at this endpoint. Raises ValueError: it is not on this machine."""
        if not _LOCAL.fullmatch(aws):
            raise ValueError("a local AWS is at http://127.0.0.1:<port>")
        self._aws = aws

    def ring(self, url: str) -> None:
        """Ring without waiting for whoever answers; after the stop nobody is rung."""
        if not self._over.is_set() and (place := self.place(url)):
            self._threads.submit(_get, place)

    def place(self, url: str) -> str:
        """Where a URL is found; empty for one that cannot be."""
        found = _GATEWAY.fullmatch(url)
        if found:
            return f"{self._aws}/_aws/execute-api/{found[1]}/{found[2]}" if self._aws else ""
        return url if url.startswith(("http://", "https://")) else ""

    def stop(self) -> None:
        """Ring nobody any more; returns when the last call has ended."""
        self._over.set()
        self._threads.shutdown(wait=True, cancel_futures=True)


def _get(url: str) -> None:
    """One GET, no body; whoever does not answer is not rung again [assumed]."""
    with suppress(OSError, ValueError):
        try:
            with _OPENER.open(url, timeout=_SECONDS) as reply:
                reply.read()
        except HTTPError as refused:
            refused.close()
