"""What every simulated service has in common: credentials, settings, a lock, and calls that faults can hit."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import wraps
from typing import (
    Any,
    ClassVar,
    Concatenate,
    Generic,
    Literal,
    ParamSpec,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from batchdrop_sandbox.simulators.keys import Bearer, Keys
from batchdrop_sandbox.simulators.reply import Reply
from batchdrop_sandbox.simulators.world import World

P = ParamSpec("P")
S = TypeVar("S")
B = TypeVar("B", bound="Behaviour[Any]")


class Behaviour(ABC, Generic[S]):
    """A simulated service; `S` is its frozen dataclass of settings. Thread-safe: one call at a time."""

    name: ClassVar[str]

    def __init__(self, world: World, settings: S) -> None:
        self.world = world
        self.keys = world.keys
        self.settings = settings
        self._first = settings
        self.lock = threading.RLock()
        world.ledger.add_source(self.settle)

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings by name; `allowed_keys`, `refused_keys` and `forbidden_keys` are lists or None.

        Raises ValueError for a name that does not exist, or a form that the setting does not have.
        """
        keys = {name: value for name, value in changes.items() if name.endswith("_keys")}
        rest = {name: value for name, value in changes.items() if name not in keys}
        known = {field.name for field in fields(self.settings)}  # type: ignore[arg-type]  # S is a dataclass
        unknown = (set(rest) - known) | (set(keys) - {"allowed_keys", "refused_keys", "forbidden_keys"})
        if unknown:
            raise ValueError(
                f"{self.name} has no settings {', '.join(sorted(unknown))}; known: {sorted(known)}"
            )
        choices = forms(type(self.settings))
        for name, value in rest.items():
            if name in choices and value not in choices[name]:
                raise ValueError(f"{self.name}: {name} is one of {', '.join(map(str, choices[name]))}")
        with self.lock:
            plain = {name: _frozen(value) for name, value in rest.items()}
            self.settings = replace(self.settings, **plain)  # type: ignore[type-var]  # S is a dataclass
            self.keys = _changed(self.keys, keys)

    def reset(self) -> None:
        """Forget jobs and settings; subclasses forget their own state too."""
        with self.lock:
            self.settings, self.keys = self._first, self.world.keys

    def credential_status(self, key: str) -> int:
        """200, 401 or 403 for an apiKey or a Bearer token.

        A token that a simulated login gave out is good for its services until it expires, and never as an apiKey;
        any other credential is looked up in `keys`.
        """
        token = self.world.tokens.find(key)
        if token is None:
            return self.keys.status(key)
        if not isinstance(key, Bearer) or key in self.keys.refused:
            return 401
        if self.world.clock.now() >= token.expires:
            return 401
        return 200 if self.name in token.services and key not in self.keys.forbidden else 403

    def settle(self) -> None:
        """Bring jobs and books up to the clock."""

    @abstractmethod
    def refusal(self, status: int) -> Reply:
        """An error in the service's own words, for a status that a fault asks for."""


def forms(settings: type) -> dict[str, tuple[Any, ...]]:
    """Setting → the forms it may take, for each setting that is a choice among named ones."""
    hints = get_type_hints(settings)
    return {name: get_args(hint) for name, hint in hints.items() if get_origin(hint) is Literal}


def answered(
    call: str,
) -> Callable[[Callable[Concatenate[B, P], Reply]], Callable[Concatenate[B, P], Reply]]:
    """Mark a method as a call of the service: it is counted, faults may hit it, and it runs under the lock."""

    def decorate(method: Callable[Concatenate[B, P], Reply]) -> Callable[Concatenate[B, P], Reply]:
        @wraps(method)
        def wrapper(self: B, /, *args: P.args, **kwargs: P.kwargs) -> Reply:
            def effect() -> Reply:
                self.settle()
                with self.lock:
                    return method(self, *args, **kwargs)

            self.world.ledger.arrived(self.name, call)
            return self.world.faults.around(self.name, call, effect, self.refusal)

        wrapper.call = call  # type: ignore[attr-defined]  # read by the test that asks each call for its source
        return wrapper

    return decorate


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _changed(keys: Keys, changes: Mapping[str, Any]) -> Keys:
    lists = {"allowed": keys.allowed, "refused": keys.refused, "forbidden": keys.forbidden}
    lists |= {name.removesuffix("_keys"): value for name, value in changes.items()}
    return Keys.of(lists["allowed"], lists["refused"] or (), lists["forbidden"] or ())
