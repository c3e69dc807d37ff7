"""Logs and metrics of every function: JSON lines, redacted, never an address or a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from batchdrop.library_logs import protect_library_logs
from batchdrop.redaction import nameless, redact

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


class _RedactingFormatter(LambdaPowertoolsFormatter):
    """The last gate: whatever was put into a record leaves without query strings, secrets and names of files."""

    def format(self, record: logging.LogRecord) -> str:
        return nameless(redact(super().format(record)))


def _make_logger() -> Logger:
    protect_library_logs()
    return Logger(service="batchdrop", logger_formatter=_RedactingFormatter(), log_uncaught_exceptions=False)


logger: Logger = _make_logger()


def tell(what: str, **about: Any) -> None:
    """One line in the log: ids, counts and codes only."""
    logger.info(what, extra=about)


def meter(stack: str) -> Callable[..., None]:
    """Writes metrics of a stack, as log lines that CloudWatch reads (EMF): `measure(name, value, **dimensions)`."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric  # noqa: PLC0415  # only sweep pays for it

    def measure(name: str, value: float, **dimensions: str) -> None:
        with single_metric(name=name, unit=MetricUnit.Count, value=value, namespace="batchdrop") as metric:
            metric.add_dimension(name="stack", value=stack)
            for dimension, word in dimensions.items():
                metric.add_dimension(name=dimension, value=word)

    return measure


def seconds_left(context: LambdaContext) -> Callable[[], float]:
    """How many seconds an invocation has left, asked again at each call."""
    return lambda: context.get_remaining_time_in_millis() / 1000
