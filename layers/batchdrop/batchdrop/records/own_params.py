"""Parameters that a record brings itself: a column `param:lang` gives each record its own `lang`, which wins over the route's.

A column without that prefix is never a parameter, for `type`, `mode` and `filter` are everyday column names. The exception
are records that are nothing but parameters (Takes.INPUT): there every column is one where none has the prefix.
"""

from __future__ import annotations

import json
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from batchdrop.ports import OWN_PARAM
from batchdrop.problems import Problem, problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Maker = Callable[[Sequence[str]], "dict[str, str] | Problem"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_PREFIXED = re.compile(rf"\s*{OWN_PARAM}\s*({_NAME.pattern})\s*", re.IGNORECASE)
_BODY = "body"


def own_params(names: Sequence[str]) -> dict[str, str]:
    """Field → column, for every column that is a parameter. The parameter's name keeps its case."""
    found = ((_PREFIXED.fullmatch(name), name) for name in reversed(names))
    return {OWN_PARAM + match[1]: name for match, name in found if match}


def input_columns(names: Sequence[str]) -> Mapping[str, str]:
    """Field → column for records that are inputs of a service: their parameters, and `body`, a JSON object."""
    bodies = [name for name in names if name.strip().lower() == _BODY]
    body = {_BODY: bodies[0]} if bodies else {}
    own = own_params(names) or {
        OWN_PARAM + name.strip(): name
        for name in reversed(names)
        if _NAME.fullmatch(name.strip()) and name not in body.values()
    }
    return MappingProxyType({**own, **body})


def native_columns(names: Sequence[str], own: Sequence[str]) -> dict[str, str]:
    """Field → column in a file with the service's own header line, such as `recId|q|lang`; nothing in any other file.

    own: the parameters that such a header may name, see ports.Api.
    """
    folded = {name.strip().lower(): name for name in reversed(names)}
    if "recid" not in folded:
        return {}
    return {OWN_PARAM + name: folded[name.lower()] for name in own if name.lower() in folded}


def given(params: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, Any]:
    """A route's parameters and, as empty texts, the names of those that the records bring: what ports.Service.columns_for is
    asked about. columns: field → column, as in the plan.
    """
    own = (field.removeprefix(OWN_PARAM) for field in columns if field.startswith(OWN_PARAM))
    return {**dict.fromkeys(own, ""), **params}


def with_own(make: Maker, at: Mapping[str, int]) -> Maker:
    """The maker, and the records' own parameters beside what it makes. An empty cell is no parameter: the route's holds."""
    places = [(field, place) for field, place in at.items() if field.startswith(OWN_PARAM)]
    if not places:
        return make

    def made(cells: Sequence[str]) -> dict[str, str] | Problem:
        fields = make(cells)
        if not isinstance(fields, Problem):
            for field, place in places:
                if text := cells[place].strip():
                    fields[field] = text
        return fields

    return made


def input_maker(at: Mapping[str, int]) -> Maker:
    """Makes the field `input`, see ports.Takes; the parameters are added by `with_own`. Problems: EMPTY_QUERY, WRONG_TYPE."""
    places = [place for field, place in at.items() if field.startswith(OWN_PARAM)]
    body = at.get(_BODY, -1)

    def make(cells: Sequence[str]) -> dict[str, str] | Problem:
        text = cells[body].strip() if body >= 0 else ""
        if not text:
            return (
                {"input": "{}"} if any(cells[place].strip() for place in places) else problem("EMPTY_QUERY")
            )
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            return problem("WRONG_TYPE", column=_BODY, name=_BODY, kind="a JSON object")
        return {"input": json.dumps({_BODY: found}, ensure_ascii=False, separators=(",", ":"))}

    return make
