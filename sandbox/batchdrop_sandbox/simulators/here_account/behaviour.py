"""HERE Account in-process: the token call with a real check of the signature, and the timestamp."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from batchdrop_sandbox.simulators.behaviour import Behaviour, answered
from batchdrop_sandbox.simulators.here_account import refusals
from batchdrop_sandbox.simulators.here_account.grants import Asked, read_grant
from batchdrop_sandbox.simulators.here_account.refusals import Refused
from batchdrop_sandbox.simulators.here_account.settings import Settings
from batchdrop_sandbox.simulators.here_account.signature import METHOD, is_signed, read_header
from batchdrop_sandbox.simulators.rate import Rate
from batchdrop_sandbox.simulators.reply import Reply, json_reply
from batchdrop_sandbox.simulators.world import World


@dataclass(frozen=True)
class TokenCall:
    """POST /oauth2/token as it came in: `url` without its query, `pairs` of the query."""

    authorization: str
    content_type: str
    body: bytes
    url: str = "https://account.api.here.com/oauth2/token"
    pairs: Sequence[tuple[str, str]] = ()


class HereAccount(Behaviour[Settings]):
    """Gives out Bearer tokens that the other HERE simulators of the same world take until they expire.

    The other way to prove who one is, a signed JWT (private_key_jwt [spec]), is not simulated: 401200.
    """

    name: ClassVar[str] = "here_account"

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        super().__init__(world, settings or Settings())
        self._rate = Rate()
        self._nonces: dict[tuple[str, str], float] = {}

    @answered("token")
    def token(self, call: TokenCall) -> Reply:
        """POST /oauth2/token → 200; the answer's style follows the body's [spec]; 400, 401, 403, 429."""
        settings, now = self.settings, self.world.clock.now()
        try:
            if not self._rate.allows(now, settings.requests_per_second):
                raise Refused(refusals.TOO_MANY)
            grant = read_grant(call.content_type, call.body)
            owner = self._verified(call, grant.signed, now)
            asked = grant.checked(settings.token_seconds)
            if asked.scope in settings.forbidden_scopes:
                raise Refused(refusals.NOT_A_MEMBER)
            return self._given(owner, asked, now)
        except Refused as refused:
            return refused.refusal.reply()

    @answered("timestamp")
    def timestamp(self) -> Reply:
        """GET /timestamp → 200 {"timestamp": epoch seconds}, open to all [client]."""
        return json_reply(200, {"timestamp": int(self.world.clock.now())})

    def configure(self, changes: Mapping[str, Any]) -> None:
        """Change settings; a key that is taken away ends its tokens where the settings say so."""
        with self.lock:
            before = self.settings.key_pairs
            super().configure(changes)
            if self.settings.tokens_end_with_their_key:
                gone = {one for one in before if one not in self.settings.key_pairs}
                self.world.tokens.end(self.name, gone | set(self.settings.disabled_ids))

    def reset(self) -> None:
        """Forget tokens, nonces and settings."""
        with self.lock:
            super().reset()
            self._nonces.clear()
            self.world.tokens.forget(self.name)

    def refusal(self, status: int) -> Reply:
        """An error in HERE Account's words."""
        return refusals.in_own_words(status)

    def _verified(self, call: TokenCall, signed: Sequence[tuple[str, str]], now: float) -> str:
        """The access key id whose secret signed the call. The order of the checks is [assumed]. Raises Refused."""
        header = read_header(call.authorization)
        self._check_form(header, now)
        key = header["oauth_consumer_key"]
        secret = self._secret(key)
        if not is_signed("POST", call.url, header, [*signed, *call.pairs], secret):
            raise Refused(refusals.MISMATCH)
        self._use_nonce(key, header["oauth_nonce"], now)
        return key

    def _check_form(self, header: Mapping[str, str], now: float) -> None:
        if header["oauth_signature_method"] != METHOD:
            raise Refused(refusals.BAD_METHOD)
        if header["oauth_version"] != "1.0":
            raise Refused(refusals.BAD_VERSION)
        stamp = header["oauth_timestamp"]
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 15:
            raise Refused(refusals.MALFORMED)
        if abs(now - int(stamp)) > self.settings.clock_window_seconds:
            raise Refused(refusals.OUT_OF_TIME)

    def _secret(self, key: str) -> str:
        settings = self.settings
        if key in settings.client_ids:
            raise Refused(refusals.CLIENT_ID_GIVEN)
        if key in settings.disabled_ids:
            raise Refused(refusals.DISABLED)
        if key not in settings.key_pairs:
            raise Refused(refusals.MISMATCH)
        return settings.key_pairs[key]

    def _use_nonce(self, key: str, nonce: str, now: float) -> None:
        """A nonce is remembered as long as its timestamp could still be good."""
        self._nonces = {used: until for used, until in self._nonces.items() if until >= now}
        if (key, nonce) in self._nonces:
            raise Refused(refusals.USED_NONCE)
        self._nonces[key, nonce] = now + 2 * self.settings.clock_window_seconds

    def _given(self, owner: str, asked: Asked, now: float) -> Reply:
        token = self.world.tokens.issue(
            self.name, owner, self.settings.services, now + asked.seconds, asked.scope
        )
        return json_reply(200, asked.answer(token.text, self.settings.token_type))
