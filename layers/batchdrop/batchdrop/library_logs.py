"""Log records of HTTP and AWS libraries, created without data: no handler ever gets a URL, a key or an address from them.

urllib3 logs the URL of an answer with a malformed header at WARNING, key included, and its exception repeats bytes of the answer.
A filter or a formatter protects one handler only, and a level can be changed by anybody. Therefore the record itself is made
without its arguments, its exception text and its stack: what is left is the library's own constant text.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from batchdrop.redaction import HIDDEN, redact

if TYPE_CHECKING:
    from collections.abc import Callable

LIBRARIES = ("urllib3", "requests", "botocore", "boto3", "s3transfer", "charset_normalizer")
"""Top-level loggers whose records, and those of all their children, are made without data."""

_PLACEHOLDER = re.compile(r"%(?:\(\w{1,40}\))?[-#0 +]{0,5}[\d.*]{0,10}[a-zA-Z]")


class SafeRecords:
    """A record factory for `logging.setLogRecordFactory`; records of other loggers are made by the factory `before` it."""

    def __init__(self, before: Callable[..., logging.LogRecord]) -> None:
        self._before = before

    def __call__(self, *place: Any, **more: Any) -> logging.LogRecord:
        """Return the record that `logging` asks for, without data if a library is its author."""
        record = self._before(*place, **more)
        if record.name.partition(".")[0] in LIBRARIES:
            _remove_data(record)
        return record


def protect_library_logs() -> None:
    """Make records of these libraries without data from now on, and drop those below ERROR. Harmless to repeat."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.ERROR)
    factory = logging.getLogRecordFactory()
    if not isinstance(factory, SafeRecords):
        logging.setLogRecordFactory(SafeRecords(factory))


def _remove_data(record: logging.LogRecord) -> None:
    """Keep the constant text of the call. A text without arguments may have been put together before: only its place is kept."""
    where = f"{record.module}:{record.lineno}"
    text = _PLACEHOLDER.sub(HIDDEN, redact(str(record.msg))) if record.args else "text withheld"
    kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
    record.msg = f"{text} ({where}{', ' if kind else ''}{kind})"
    record.args = ()
    record.exc_info = None
    record.exc_text = None
    record.stack_info = None
