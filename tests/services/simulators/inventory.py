"""What a simulator does that an outsider can see, found in its code: endpoints, settings and their forms, parameters,
columns, states, refusals. Each of these needs a row in the simulator's table of evidence.
"""

from __future__ import annotations

import ast
import importlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import batchdrop_sandbox.simulators as package
from batchdrop_sandbox.simulators.behaviour import forms

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import ModuleType

FOLDER = Path(str(package.__file__)).parent
_HOLDERS = ("query", "params", "asked", "body")
"""Names under which the code holds what a request brought."""


@dataclass(frozen=True)
class Parts:
    """Where the visible things of one simulator stand."""

    endpoints: Mapping[Any, Any]
    settings: type
    refusals: ModuleType
    names: Mapping[str, tuple[str, ...]]
    """Kind → names, for kinds such as `column` and `state`."""
    sources: tuple[str, ...]
    """The Python sources that read parameters of a request."""


def parts_of(service: str) -> Parts:
    """The parts of a simulated service, from its modules."""

    def module(name: str) -> Any:
        return importlib.import_module(f"{package.__name__}.{service}.{name}")

    names: dict[str, tuple[str, ...]] = {}
    if service == "here_batch_v7":
        output, jobs, columns = module("output"), module("jobs"), module("columns")
        names["column"] = (*output._CELLS, *output._COUNTED)
        names["state"] = (*jobs.LISTED, "deleted")
        names["input"] = tuple(name for needed in columns.NEEDED.values() for name in needed)
    if service == "here_geocoder_v6":
        output, columns = module("output"), module("columns")
        names["column"] = (*output._CELLS, *output.FIXED)
        names["input"] = columns._KNOWN
    if service == "here_tracking_v4":
        names["state"] = module("jobs").STATES
        names["input"] = tuple(sorted(module("bodies")._KNOWN))
    sources = tuple(path.read_text(encoding="utf-8") for path in sorted((FOLDER / service).glob("*.py")))
    return Parts(module("http").ENDPOINTS, module("settings").Settings, module("refusals"), names, sources)


def inventory(parts: Parts) -> frozenset[str]:
    """Every subject that needs evidence."""
    named = (f"{kind} {name}" for kind, names in parts.names.items() for name in names)
    return frozenset(
        [*_endpoints(parts.endpoints), *_settings(parts.settings), *_refusals(parts.refusals), *named]
        + [f"parameter {name}" for source in parts.sources for name in parameters(source)]
    )


def _endpoints(endpoints: Mapping[Any, Any]) -> Iterator[str]:
    for method, path, *action in endpoints:
        shown = path.replace("([^/]+)", "{id}").replace("(", "{").replace(")", "}")
        yield f"{method} {shown}" + (f"?action={action[0]}" if action and action[0] != "*" else "")


def _settings(settings: type) -> Iterator[str]:
    choices = forms(settings)
    for field in fields(settings):
        yield f"setting {field.name}"
        yield from (f"setting {field.name}={form}" for form in choices.get(field.name, ()))


def _refusals(refusals: ModuleType) -> Iterator[str]:
    kind = getattr(refusals, "Refusal", ())
    for name, value in vars(refusals).items():
        if isinstance(value, kind):
            yield f"refusal {name}"
    yield from (f"refusal {status}" for status in getattr(refusals, "_MESSAGES", {}))


def parameters(source: str) -> Iterator[str]:
    """Names of parameters that the code looks up: `query.get("x")`, `query["x"]`, `text(params, "x")`, `"x" in query`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            yield from _called(node)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _holds(node.value):
            yield from _texts([node.slice])
        elif isinstance(node, ast.Compare) and any(map(_holds, node.comparators)):
            yield from _texts([node.left])


def _called(call: ast.Call) -> Iterator[str]:
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("get", "pop") and _holds(call.func.value):
        yield from _texts(call.args[:1])
    elif len(call.args) > 1 and _holds(call.args[0]):
        yield from _texts(call.args[1:2])


def _holds(node: ast.expr) -> bool:
    """Whether this is what a request brought: `query`, `question.params`, `(query or {})`."""
    if isinstance(node, ast.BoolOp):
        return any(map(_holds, node.values))
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in _HOLDERS


def _texts(nodes: list[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
