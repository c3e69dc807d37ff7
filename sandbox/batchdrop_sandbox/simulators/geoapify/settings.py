"""How the simulated Geoapify behaves; tests and the control endpoint change these by name."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Settings:
    """Seconds are the clock's.

    A job takes `processing_seconds` plus `seconds_per_input` for each input [assumed], and answers "pending" for at
    least `pending_polls` looks. `requests_per_second` 0 is no limit. Inputs at the positions `error_inputs` get an
    error, those at `not_computed_inputs` an isoline without features; the last `lost_results` results are
    missing; with `answers_at_once` the submit itself answers 200 with everything [spec]; the next `failing_jobs` jobs
    end with the status "failed" of the spec.

    `error_form` is what a refused input has for its result: the house-style "object" [assumed], an "empty" object
    [client], or "text" [assumed]. `geobuf_form`: how bytes stand in the JSON of a batch, as "base64" or as a "buffer"
    of node [assumed]. `results_missing`: a finished job answers 404 for ever [assumed].
    `daily_credits` in a day of UTC, then `quota_status` with "Daily quota limit exceeded" [client]; 0 is no limit.
    """

    processing_seconds: float = 20.0
    seconds_per_input: float = 0.02
    pending_polls: int = 0
    retention_hours: float = 24.0  # [seed]
    max_inputs: int = 1000  # [seed]
    requests_per_second: int = 0
    error_inputs: tuple[int, ...] = ()
    not_computed_inputs: tuple[int, ...] = ()
    lost_results: int = 0
    answers_at_once: bool = False
    failing_jobs: int = 0
    pending_status: str = "pending"  # [seed]; the spec also names "processing"
    error_form: Literal["object", "empty", "text"] = "object"
    geobuf_form: Literal["base64", "buffer"] = "base64"
    results_missing: bool = False
    daily_credits: float = 0.0
    quota_status: Literal[429, 403] = 429
