"""The report of a job: one HTML file that asks nothing of the network. Pure: job.json and what collect observed go in, bytes come out.

`numbers` says what is shown, `places` draws the map, `bars` the histogram, `page` fills the template. Jinja is imported when a report
is written, not before.
"""

from batchdrop.report.page import report

__all__ = ["report"]
