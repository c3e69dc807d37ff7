"""Who may call a simulator."""

from collections.abc import Iterable
from dataclasses import dataclass


class Bearer(str):
    """A credential that came as `Authorization: Bearer …`; plain text is an apiKey."""

    __slots__ = ()


@dataclass(frozen=True)
class Keys:
    """Accepted credentials: anything that is not empty, unless listed as refused, or not on the allow-list.

    `allowed` None lets every other key in; `forbidden` keys are known but may not use the service (403).
    """

    allowed: frozenset[str] | None = None
    refused: frozenset[str] = frozenset({"refused-key"})
    forbidden: frozenset[str] = frozenset({"forbidden-key"})

    @classmethod
    def of(
        cls,
        allowed: Iterable[str] | None = None,
        refused: Iterable[str] = ("refused-key",),
        forbidden: Iterable[str] = ("forbidden-key",),
    ) -> "Keys":
        """The same from any collections of keys."""
        return cls(None if allowed is None else frozenset(allowed), frozenset(refused), frozenset(forbidden))

    def status(self, key: str | None) -> int:
        """200 for a good key, 401 for none or a wrong one, 403 for one that may not."""
        if not key or key in self.refused:
            return 401
        if key in self.forbidden:
            return 403
        return 200 if self.allowed is None or key in self.allowed else 401
