"""AWS mocked in this process, one call at a time. Tests use this `mock_aws`, never moto's own."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import moto
import pytest
from moto.core.botocore_stubber import BotocoreStubber

from batchdrop.aws.clients import client

if TYPE_CHECKING:
    from collections.abc import Iterator

_one_at_a_time = threading.RLock()


@contextmanager
def mock_aws() -> Iterator[None]:
    """Mock AWS. A call is one step, as it is there: moto checks a condition and writes in two, and threads come between them."""
    answer = BotocoreStubber.__call__

    def answer_alone(stubber: BotocoreStubber, *call: Any, **more: Any) -> Any:
        with _one_at_a_time:
            return answer(stubber, *call, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BotocoreStubber, "__call__", answer_alone)
        with moto.mock_aws():  # noqa: TID251  # the one place that makes it safe
            yield
    client.cache_clear()  # the product's own clients are of an account that is gone
