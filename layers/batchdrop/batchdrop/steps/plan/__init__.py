"""Stream the file once: check, map, drop equal records, price, cut into batches and lanes.

`drawing` reads the file and writes the plan's objects; `filing` makes the rows; `planning` is the use case.
"""

from batchdrop.steps.plan.planning import Plan

__all__ = ["Plan"]
