"""From a request to an answer: finds the call, checks what it brings, has it carried out, and never breaks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batchdrop.api import checking
from batchdrop.api.calls import PATHS
from batchdrop.api.messages import Answer, Request, refusal
from batchdrop.api.refusing import Refused
from batchdrop.observe import logger, tell

if TYPE_CHECKING:
    from batchdrop.api.carrying import Carrying

_PLAIN = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True, slots=True)
class JobsApi:
    """The use case behind the function `jobs_api`."""

    carry_out: Carrying

    def __call__(self, request: Request) -> Answer:
        """Answer a request. Never raises: what nobody foresaw is logged, and answered with 500 and nothing about it."""
        correlation = request.headers.get("x-request-id", "")
        correlation = correlation if _PLAIN.fullmatch(correlation) else request.id
        try:
            answer = self._answer(request)
        except Refused as no:
            answer = refusal(no, request, correlation)
        except Exception:  # noqa: BLE001 - the last line before the caller, who must learn nothing of what broke
            about = {"pattern": request.pattern, "correlation": correlation}
            logger.exception("a call broke down", extra=about)
            answer = refusal(Refused("broke-down", "See the logs of jobs_api."), request, correlation)
        if answer.status == 405:
            answer = Answer(405, answer.body, {**answer.headers, "Allow": _allowed(request.pattern)})
        tell("called", method=request.method, pattern=request.pattern, status=answer.status)
        headers = {"X-Correlation-ID": correlation, "Cache-Control": "no-store", **answer.headers}
        return Answer(answer.status, "" if request.method == "HEAD" else answer.body, headers)

    def _answer(self, request: Request) -> Answer:
        methods = PATHS.get(request.pattern)
        if methods is None:
            raise Refused("unknown-call", "See the calls at /openapi.")
        if request.method == "OPTIONS":
            return Answer(204, headers={"Allow": _allowed(request.pattern)})
        call = methods.get("GET" if request.method == "HEAD" else request.method)
        if call is None:
            raise Refused("wrong-method", f"Possible are {_allowed(request.pattern)}.")
        for each in call.in_place("path"):
            if not checking.fits(each, request.names.get(each.name, "")):
                raise Refused(f"unknown-{each.name}", f"No {each.name} is called so.")
        return self.carry_out(call, request, checking.parameters(call, request.query, request.headers))


def _allowed(pattern: str) -> str:
    methods = PATHS[pattern]
    return ", ".join((*methods, *(("HEAD",) if "GET" in methods else ()), "OPTIONS"))
