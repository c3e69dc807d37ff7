"""A plan's limit of requests per second, on the simulators' clock."""

from collections import deque


class Rate:
    """Remembers the last second. Not thread-safe: callers hold their own lock."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque()

    def allows(self, now: float, per_second: int) -> bool:
        """Whether one more request fits into this second; it is counted when it does. 0 means no limit."""
        while self._recent and self._recent[0] <= now - 1:
            self._recent.popleft()
        if per_second and len(self._recent) >= per_second:
            return False
        self._recent.append(now)
        return True
