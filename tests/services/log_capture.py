"""Everything that is logged, by everybody, at every level."""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from batchdrop.library_logs import LIBRARIES
from batchdrop.observe import logger

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def capture_all_logs() -> Iterator[io.StringIO]:
    """Everything that is logged at every level: on the root logger, on each library's own, and by our own handler."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s %(exc_info)s", defaults={}))
    own = logger.registered_handler
    assert isinstance(own, logging.StreamHandler)
    root = logging.getLogger()
    names = [name for name in root.manager.loggerDict if name.partition(".")[0] in LIBRARIES]
    levels = {name: logging.getLogger(name).level for name in ("", *LIBRARIES, *names)}
    before = own.setStream(text)
    for name in ("", *LIBRARIES):
        logging.getLogger(name).addHandler(handler)
    try:
        yield text
    finally:
        own.setStream(before or own.stream)
        for name, level in levels.items():
            logging.getLogger(name).removeHandler(handler)
            logging.getLogger(name).setLevel(level)


def set_all_to_debug() -> None:
    """Set every logger to DEBUG: somebody looks for a fault."""
    for name in ("", *LIBRARIES, *logging.getLogger().manager.loggerDict):
        if name.partition(".")[0] in ("", *LIBRARIES):
            logging.getLogger(name).setLevel(logging.DEBUG)
