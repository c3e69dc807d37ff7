"""How the simulated HERE Account behaves; tests and the control endpoint change these by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ACCESS_KEY_ID = "sandbox-access-key-id"
ACCESS_KEY_SECRET = "sandbox-access-key-secret"  # noqa: S105 - opens the simulator only
CLIENT_ID = "sandbox-client-id"


@dataclass(frozen=True)
class Settings:
    """Seconds are the clock's.

    `key_pairs` maps access key id → secret: give other pairs to rotate a key. Ids in `disabled_ids` are known but
    switched off (401424); `client_ids` are the ones that people confuse with access key ids (401310).
    Tokens live `token_seconds`, or less when the client asks so; with `tokens_end_with_their_key` they are refused as
    soon as their access key is no longer in `key_pairs` or is disabled: whether HERE does so is not documented
    [assumed], by default they live on. A timestamp may be off by `clock_window_seconds`. `forbidden_scopes` are
    projects that the client is no member of (403109). `services` take the tokens.
    """

    key_pairs: Mapping[str, str] = field(default_factory=lambda: {ACCESS_KEY_ID: ACCESS_KEY_SECRET})
    disabled_ids: tuple[str, ...] = ()
    client_ids: tuple[str, ...] = (CLIENT_ID,)
    token_seconds: int = 86_399  # [assumed] a day
    tokens_end_with_their_key: bool = False
    clock_window_seconds: float = 300.0  # [assumed]
    token_type: str = "bearer"  # [spec] also written Bearer  # noqa: S105 - no secret
    forbidden_scopes: tuple[str, ...] = ()
    services: tuple[str, ...] = ("here_batch_v7", "here_geocoder_v6", "here_tracking_v4")
    requests_per_second: int = 0
