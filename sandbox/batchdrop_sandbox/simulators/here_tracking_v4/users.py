"""Users of Tracking: login with e-mail and password, and the exchange of a token for one of a project [doc]."""

import json
from collections.abc import Callable
from typing import Any

from batchdrop_sandbox.simulators.behaviour import Behaviour, answered
from batchdrop_sandbox.simulators.here_tracking_v4 import refusals
from batchdrop_sandbox.simulators.here_tracking_v4.refusals import Refused, bad_request
from batchdrop_sandbox.simulators.here_tracking_v4.settings import Settings
from batchdrop_sandbox.simulators.keys import Bearer
from batchdrop_sandbox.simulators.rate import Rate
from batchdrop_sandbox.simulators.reply import Reply, json_reply
from batchdrop_sandbox.simulators.world import World


class Users(Behaviour[Settings]):
    """The calls on users, and what every call has in common. Only Bearer tokens are credentials here [doc]."""

    def __init__(self, world: World, settings: Settings | None = None) -> None:
        super().__init__(world, settings or Settings())
        self._rate = Rate()

    @answered("login")
    def login(self, body: bytes) -> Reply:
        """POST /users/v2/login {email, password, realm?} → 200 with accessToken [doc]; 400, 401."""

        def logged_in() -> Reply:
            asked = json_object(body)
            email, password = asked.get("email"), asked.get("password")
            if not isinstance(email, str) or not isinstance(password, str) or not email or not password:
                raise Refused(bad_request("email and password are required."))
            known = self.settings.users.get(email) == password if self.settings.users else True
            if not known or password in self.keys.refused:
                raise Refused(refusals.BAD_LOGIN)
            return self._token(email, "")

        return self._answer(logged_in)

    @answered("token_exchange")
    def exchange(self, body: bytes) -> Reply:
        """POST /users/v2/tokenExchange {accessToken, scope} → 200 with a token of the project [doc]; 400, 401."""

        def exchanged() -> Reply:
            asked = json_object(body)
            text, scope = asked.get("accessToken"), asked.get("scope")
            if not isinstance(text, str) or not isinstance(scope, str) or not scope.startswith("hrn:"):
                raise Refused(bad_request("accessToken and scope are required."))
            self._check(Bearer(text))
            known = self.world.tokens.find(text)
            return self._token(known.owner if known else text, scope)

        return self._answer(exchanged)

    def _token(self, owner: str, scope: str) -> Reply:
        seconds = self.settings.user_token_seconds
        until = self.world.clock.now() + seconds
        token = self.world.tokens.issue(self.name, owner, (self.name,), until, scope)
        return json_reply(200, {"accessToken": token.text, "expiresIn": int(seconds)})

    def _check(self, key: str) -> None:
        """Raises Refused: 401, 403."""
        status = self.credential_status(key)
        if status != 200:
            raise Refused(refusals.of_status(status))

    def _answer(self, act: Callable[[], Reply]) -> Reply:
        try:
            if not self._rate.allows(self.world.clock.now(), self.settings.requests_per_second):
                raise Refused(refusals.TOO_MANY)
            return act()
        except Refused as refused:
            return refused.refusal.reply()

    def refusal(self, status: int) -> Reply:
        """An error in Tracking's words."""
        return refusals.of_status(status).reply()

    def reset(self) -> None:
        """Forget settings and tokens."""
        with self.lock:
            super().reset()
            self.world.tokens.forget(self.name)


def json_object(body: bytes) -> dict[str, Any]:
    """The body as an object. Raises Refused."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(bad_request("The body is not JSON.")) from None
    if not isinstance(found, dict):
        raise Refused(bad_request("The body is not an object."))
    return found
