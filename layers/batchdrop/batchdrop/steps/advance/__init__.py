"""Move every due batch of one lane as far as it will go, and say when to look again.

`lane` is the tick, `send` brings a batch to the service, `look` asks and saves, `read` turns saved answers into outcomes.
"""

from batchdrop.steps.advance.lane import Advance

__all__ = ["Advance"]
