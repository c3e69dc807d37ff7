"""Stream the file once: check, map, drop equal records, price, cut into batches and lanes.

`drawing` reads the file and writes the plan's objects; `reviewing` says what that comes to; `filing` makes the rows; `planning` is the use case.
"""

from batchdrop.steps.plan.planning import Plan
from batchdrop.steps.plan.reviewing import Review, review

__all__ = ["Plan", "Review", "review"]
