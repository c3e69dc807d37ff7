"""If every batch is settled or parked: join outcomes to records, write results and errors, end the job. Resumable.

`collecting` is the use case, `writing` the walk that can be left and taken up again, `ending` says what the job then is.
"""

from batchdrop.steps.collect.collecting import Collect

__all__ = ["Collect"]
