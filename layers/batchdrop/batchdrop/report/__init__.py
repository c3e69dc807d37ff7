"""The job report: one self-contained page for a person, made from what a job has told (ports/report.py). Pure.

`page` puts it together; `map` draws where the results lie over `outline`, by `view` and `clipping`; `findings` says what is odd
about them; `tables` and `wording` are for the rest. All markup stands in the templates, which escape every value.
"""

from batchdrop.report.page import page

__all__ = ["page"]
