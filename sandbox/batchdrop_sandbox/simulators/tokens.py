"""Access tokens that the simulated logins gave out: who may use them where, and until when."""

import secrets
import threading
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Token:
    """A Bearer token. `issuer` is the simulator that gave it, `owner` the access key or user it was given to.

    `expires` is in epoch seconds of the clock; `services` may be called with it; `scope` is a project or empty.
    """

    text: str
    issuer: str
    owner: str
    services: frozenset[str]
    expires: float
    scope: str = ""


class Tokens:
    """Every token given out, shared by all simulators of one world. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tokens: dict[str, Token] = {}

    def issue(
        self, issuer: str, owner: str, services: Iterable[str], expires: float, scope: str = ""
    ) -> Token:
        """A new token; its text is opaque [doc]."""
        token = Token(f"h1.{secrets.token_urlsafe(48)}", issuer, owner, frozenset(services), expires, scope)
        with self._lock:
            self._tokens[token.text] = token
        return token

    def find(self, text: str) -> Token | None:
        """The token with this text, expired or not; None when nobody here gave it out."""
        with self._lock:
            return self._tokens.get(text)

    def end(self, issuer: str, owners: Iterable[str]) -> None:
        """The tokens of these owners are good for nothing from now on."""
        gone = frozenset(owners)
        with self._lock:
            for text, token in self._tokens.items():
                if token.issuer == issuer and token.owner in gone:
                    self._tokens[text] = Token(
                        text, issuer, token.owner, token.services, float("-inf"), token.scope
                    )

    def forget(self, issuer: str) -> None:
        """Everything one issuer gave out."""
        with self._lock:
            self._tokens = {text: token for text, token in self._tokens.items() if token.issuer != issuer}
