"""A request and an answer, as far as the Jobs API looks at them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from batchdrop.api.refusing import Refused


@dataclass(frozen=True, slots=True)
class Request:
    """A request. `pattern`: the path of the table that fits, '' when none does; `names`: what stands at its {places}.

    path: as called, without the stage; prefix: what stands before it (`/v1`); headers: by lower-case names; id: of the request.
    """

    method: str
    pattern: str
    path: str
    id: str
    names: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered; `body` is JSON, or empty."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def answer_json(status: int, entry: Mapping[str, Any], **headers: str) -> Answer:
    """An answer with a JSON body."""
    body = json.dumps(entry, ensure_ascii=False)
    return Answer(status, body, {"Content-Type": "application/json", **headers})


def refusal(no: Refused, request: Request, correlation: str) -> Answer:
    """An answer that says no."""
    instance = quote(request.path[:500], safe="/-._~", errors="replace")
    body = json.dumps(no.to_dict(instance, correlation), ensure_ascii=False)
    return Answer(no.status, body, {"Content-Type": "application/problem+json"})
