"""How the simulated Tracking behaves; tests and the control endpoint change these by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Host = Literal["any", "tracking.api.here.com", "tracking.hereapi.com"]


@dataclass(frozen=True)
class Settings:
    """Seconds are the clock's. How long each state lasts is [assumed].

    A job is `pending_seconds` pending, then works off `rows_per_second`. The next `failing_jobs` jobs end in failed
    before their first row. `renamed` shows other status names than the documented ones. `total_while_pending`: false
    shows total 0 as the seed's sample does. The rows (counted from 0) in `failed_rows` fail, those in `partial_rows`
    succeed with an error beside their ids. `unknown_ids` are rules, geofences and connectors that the project does
    not have: rules and geofences make a row partial, a connector makes it fail [assumed]. Results of the last
    `lost_rows` rows are missing. `needs_project`: the user belongs to several projects, so each call must name one.

    `users` maps e-mail → password; empty lets any in. Their tokens live `user_token_seconds`.
    `host` is which of HERE's two hosts this is: tracking.hereapi.com takes the tokens of a project only,
    tracking.api.here.com all others [doc]; "any" takes both. A token on the wrong one is refused with
    `wrong_host_status` [assumed].
    """

    pending_seconds: float = 3.0
    rows_per_second: float = 50.0
    failing_jobs: int = 0
    renamed: Mapping[str, str] = field(default_factory=dict)
    total_while_pending: bool = False
    failed_rows: tuple[int, ...] = ()
    partial_rows: tuple[int, ...] = ()
    unknown_ids: tuple[str, ...] = ()
    lost_rows: int = 0
    needs_project: bool = False
    users: Mapping[str, str] = field(default_factory=dict)
    user_token_seconds: float = 3600.0  # [assumed]
    host: Host = "any"
    wrong_host_status: Literal[403, 401] = 403
    max_devices: int = 1000  # [spec]
    retention_days: float = 7.0  # [spec]
    requests_per_second: int = 0
