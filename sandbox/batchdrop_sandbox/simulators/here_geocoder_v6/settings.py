"""How the simulated Batch Geocoder 6.2 behaves; tests and the control endpoint change these by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Settings:
    """Seconds are the clock's. How long each state lasts is [assumed].

    Life: `accept_seconds`, then `records_per_second` but at least `least_seconds`, then `sorting_seconds` in which all
    records are processed while the job is still running [doc]. The next `failing_jobs` jobs end in failed.
    `run_completed`: action=run on a completed job "restart"s and bills it again (the page says "start or restart"
    [doc]), is "ignore"d or "refuse"d [assumed]. `delete_shown`: a deleted job still answers `deleted`, else 404
    [assumed]. `renamed` shows other status names than the documented ones.

    Output: no-match rows have `no_match_seq_number` as SeqNumber (not 1 [client]; the value is [assumed]) and count as
    `no_match_counts_as` "error" or "success" [assumed]. Records on the input lines `failed_lines` (the header is line
    1) fail in the geocoder. `shuffled_rows` reorders the results: the order "is not guaranteed" [doc]. The last
    `lost_records` records are in no file. `empty_download` is the status of a download with nothing in it: 404 for
    /all [client], for the others [assumed]. `xml_namespace`: "http", "https" or "absent", all three occur [doc].
    """

    accept_seconds: float = 2.0
    records_per_second: float = 500.0
    least_seconds: float = 2.0
    sorting_seconds: float = 1.0
    failing_jobs: int = 0
    run_completed: str = "restart"
    delete_shown: bool = True
    renamed: Mapping[str, str] = field(default_factory=dict)
    no_match_seq_number: str = "0"
    no_match_counts_as: str = "error"
    failed_lines: tuple[int, ...] = ()
    shuffled_rows: bool = False
    lost_records: int = 0
    empty_download: int = 404
    xml_namespace: str = "http"
    default_maxresults: int = 10  # [doc] the guide's default
    max_lines: int = 1_000_000  # [doc] without the header
    max_bytes: int = 2_000_000_000  # [doc]
    retention_days: float = 30.0  # [doc] after processing
    requests_per_second: int = 0
