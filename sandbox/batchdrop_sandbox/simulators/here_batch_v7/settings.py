"""How the simulated HERE Batch v7 behaves; tests and the control endpoint change these by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Settings:
    """Seconds are the clock's. How long each state lasts is [assumed]: HERE promises no times [doc].

    Life: `queue_seconds`, `pending_seconds`, then `records_per_second` but at least `least_seconds`; a stop takes
    `stop_seconds`. Only `max_running` jobs run at once, the others wait in queued [seed]; a start is refused with
    E6004291 when `max_started` are queued or running [spec]. `start_answers`: "queued" (text) or "pending" (samples).
    `stop_finished`: "ignore" is a no-op 200 [spec], "refuse" 400 [doc]; start of a finished job alike.
    The next `failing_jobs` jobs end in failure. `renamed` shows other status names than the documented ones.

    Output: `no_match` "errors" lists a record without a hit in the errors file and counts it failed [assumed];
    "absent" leaves it out of both; "row" gives it a row of empty cells, seqNumber and seqLength too [assumed].
    `general_columns` "first": recId, seqNumber and seqLength always precede [spec]; "as_asked": where outputColumns
    has them [assumed]. `rec_id_name`: "recId" [spec], or "recid" [seed]. `invalid_rec_id` "kept" or "line"
    (InputLine_n). `header_is_data`: with inputColumns given, the first line is a record like any other [assumed].
    `shuffled_rows` reorders the results; the last `lost_records` records are in neither file.
    Errors: `errors_form` "header" [peer], "plain" without a header line [assumed], "jsonl" [assumed]; `quoted_errors`
    quotes errorMessage as CSV does. `results_missing`: results are 404 for ever although the job is completed [assumed].

    Sizes are HERE's limits [doc]; `oversize_status` 413 [doc] or 400 [spec].
    Rings: `rings_per_end` GETs for each notification, `ring_delay` seconds after the end, for `ring_on` [assumed].
    """

    queue_seconds: float = 2.0
    pending_seconds: float = 3.0
    records_per_second: float = 500.0
    least_seconds: float = 2.0
    stop_seconds: float = 1.0
    failing_jobs: int = 0
    max_running: int = 10
    max_started: int = 100
    max_startable: int = 500
    start_answers: Literal["queued", "pending"] = "queued"
    stop_finished: Literal["ignore", "refuse"] = "ignore"
    renamed: Mapping[str, str] = field(default_factory=dict)
    no_match: Literal["errors", "absent", "row"] = "errors"
    general_columns: Literal["first", "as_asked"] = "first"
    rec_id_name: Literal["recId", "recid"] = "recId"
    invalid_rec_id: Literal["kept", "line"] = "kept"
    header_is_data: bool = True
    shuffled_rows: bool = False
    lost_records: int = 0
    errors_form: Literal["header", "plain", "jsonl"] = "header"
    quoted_errors: bool = False
    results_missing: bool = False
    max_bytes: int = 500_000_000
    max_records: int = 1_000_000
    max_line: int = 4096
    max_rec_id: int = 512
    oversize_status: Literal[413, 400] = 413
    retention_days: float = 30.0
    requests_per_second: int = 0
    rings_per_end: int = 1
    ring_delay: float = 0.0
    ring_on: tuple[str, ...] = ("completed", "failure", "stopped")
