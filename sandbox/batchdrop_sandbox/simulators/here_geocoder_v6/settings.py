"""How the simulated Batch Geocoder 6.2 behaves; tests and the control endpoint change these by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Archive = Literal["one_underscore", "two_underscores", "zip_in_zip"]


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
    1) fail in the geocoder. `empty_record`: a record that asks nothing is "failed" in the results [recorded] or
    "invalid" [assumed]. `shuffled_rows` reorders the results: the order "is not guaranteed" [doc]. The last
    `lost_records` records are in no file. `xml_namespace`: "http", "https" or "absent", all three occur [doc].

    Files: `archive` names the members of a zip: result_…_out.txt [recorded], result_…__out.txt [doc], or a zip within
    the zip [recorded]. `empty_download` is the status of a download with nothing in it: 200 with an empty body
    [client], 404 or 204 [assumed]; /all is 404 in any case [client]. `final_newline`: the last line ends in one.
    `trailing_delimiter`: the header line ends in the delimiter, as on HERE's page [doc]. `input_rec_id`: with
    includeInputFields the recId is repeated too, as the page may be read [doc]; it was not seen [recorded].
    `error_line_prefix` stands before "Line Number": node-geocoder takes a line only with one [client].
    `results_missing`: results are 404 for ever although the job is completed [assumed].
    """

    accept_seconds: float = 2.0
    records_per_second: float = 500.0
    least_seconds: float = 2.0
    sorting_seconds: float = 1.0
    failing_jobs: int = 0
    run_completed: Literal["restart", "ignore", "refuse"] = "restart"
    delete_shown: bool = True
    renamed: Mapping[str, str] = field(default_factory=dict)
    no_match_seq_number: str = "0"
    no_match_counts_as: Literal["error", "success"] = "error"
    failed_lines: tuple[int, ...] = ()
    empty_record: Literal["failed", "invalid"] = "failed"
    shuffled_rows: bool = False
    lost_records: int = 0
    archive: Archive = "one_underscore"
    empty_download: Literal[200, 204, 404] = 200
    final_newline: bool = True
    trailing_delimiter: bool = False
    input_rec_id: bool = False
    error_line_prefix: str = ""
    results_missing: bool = False
    xml_namespace: Literal["http", "https", "absent"] = "http"
    default_maxresults: int = 10  # [doc] the guide's default
    max_lines: int = 1_000_000  # [doc] without the header
    max_bytes: int = 2_000_000_000  # [doc]
    retention_days: float = 30.0  # [doc] after processing
    requests_per_second: int = 0
