"""Which routes there are: those built in, and those defined in the inbox bucket."""

import json as jsons
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import typer
from botocore.exceptions import ClientError

from batchdrop import definitions
from batchdrop.problems import Problem, problem
from batchdrop.routes import BUILT_IN, Route
from batchdrop.services import SERVICES
from batchdrop_cli.desk import JsonOption, StackOption, at_desk
from batchdrop_cli.stacks import Stack, is_forbidden, is_missing
from batchdrop_cli.trouble import Trouble

_LONGEST = 40  # characters shown of an option


class RouteTrouble(Trouble):
    """There is no such route, or it is not a valid one: as the job would say it."""

    def __init__(self, what: Problem, remedy: str) -> None:
        super().__init__(what.message, remedy)
        self.problem = what


def route_of(name: str, define: Path | None = None, stack: Stack | None = None) -> Route:
    """The route: as the file defines it, else as the stack's inbox bucket does, else built in. Raises RouteTrouble."""
    body = definition_of(stack, name) if stack is not None and define is None else None
    body = define.read_bytes() if define is not None else body
    if body is None and name not in BUILT_IN:
        known = ", ".join(BUILT_IN)
        remedy = f"Use one of {known}{'' if stack else ', or give its definition with --define'}."
        raise RouteTrouble(problem("NO_ROUTE", route=name, known=known), remedy)
    try:
        route = BUILT_IN[name] if body is None else definitions.read(name, body)
        if route.service not in SERVICES:
            raise ValueError(f"there is no service {route.service!r}; known are {', '.join(SERVICES)}")
    except ValueError as wrong:
        remedy = "Correct its definition; see docs/routes.md."
        raise RouteTrouble(problem("ROUTE_INVALID", route=name, reason=str(wrong)), remedy) from wrong
    return route


def check_route(stack: Stack, route: str) -> None:
    """Raise Trouble when there is no such route, neither built in nor in the inbox bucket."""
    if route in BUILT_IN:
        return
    try:
        stack.s3.head_object(Bucket=stack.inbox, Key=f"routes/{route}.json")
    except ClientError as error:
        if is_forbidden(
            error
        ):  # who may drop and not list cannot tell missing from forbidden: the job will say it
            return
        if not is_missing(error):
            raise
        known = ", ".join(BUILT_IN)
        raise Trouble(
            f"There is no route named {route!r}.",
            f"Use one of {known}; or put routes/{route}.json into the bucket {stack.inbox}.",
        ) from error


def defined(stack: Stack) -> Iterator[tuple[str, Route | None]]:
    """Name and route of every definition in the inbox bucket; None where it is not a valid route."""
    pages = stack.s3.get_paginator("list_objects_v2").paginate(Bucket=stack.inbox, Prefix="routes/")
    for key in (entry["Key"] for page in pages for entry in page.get("Contents", ())):
        if key.endswith(".json"):
            name = key.removeprefix("routes/").removesuffix(".json")
            yield name, read_definition(name, stack.s3.get_object(Bucket=stack.inbox, Key=key)["Body"].read())


def definition_of(stack: Stack, name: str) -> bytes | None:
    """Return a definition in the inbox bucket; None where there is none, or where S3 does not say so.

    S3 answers 403 for a missing object to those who may not list the bucket, such as droppers.
    """
    try:
        body: bytes = stack.s3.get_object(Bucket=stack.inbox, Key=f"routes/{name}.json")["Body"].read()
    except ClientError as error:
        if not (is_missing(error) or is_forbidden(error)):
            raise
        return None
    return body


def read_definition(name: str, body: bytes) -> Route | None:
    """The route that a definition describes, or None where it is not a valid one."""
    try:
        return definitions.read(name, body)
    except ValueError:
        return None


def described(name: str, route: Route | None, *, built_in: bool) -> dict[str, Any]:
    """A route as JSON; one that is not valid has only its name. legacy: its service is, and was never tried for real."""
    about: Mapping[str, Any] = {"name": name}
    if route is not None:
        about = {**route.to_dict(), "legacy": route.service in SERVICES and SERVICES[route.service].legacy}
    return {**about, "builtIn": built_in, "valid": route is not None}


def routes(context: typer.Context, stack: StackOption = None, json: JsonOption = False) -> None:
    """List the routes; with a stack, those defined in its inbox bucket too."""
    desk = at_desk(context, stack, json)
    found = [described(name, route, built_in=True) for name, route in BUILT_IN.items()]
    if desk.stack_name:
        own = {name: described(name, route, built_in=False) for name, route in defined(desk.stack())}
        found = [entry for entry in found if entry["name"] not in own] + list(own.values())
    desk.terminal.emit(found)
    desk.terminal.table(("route", "service", "api", "options", "from"), [_row(entry) for entry in found])


def _row(entry: Mapping[str, Any]) -> tuple[str, ...]:
    origin = "built in" if entry["builtIn"] else "inbox bucket"
    if not entry["valid"]:
        return (entry["name"], "–", "–", "not a valid route", origin)
    service = f"{entry['service']} (legacy)" if entry["legacy"] else entry["service"]
    return (entry["name"], service, entry["api"], " ".join(_options(entry)), origin)


_DEFAULTS = Route("", "", "").to_dict()


def _options(entry: Mapping[str, Any]) -> Iterator[str]:
    """What the route sets, params first by their own names; a secret only as that there is one."""
    yield from (f"{name}={_short(value)}" for name, value in entry["params"].items())
    for name, default in _DEFAULTS.items():
        value = entry[name]
        if name in ("name", "service", "api", "params") or value == default:
            continue
        if name == "secret":
            yield "secret=…"  # somebody may have put the key itself there
        elif isinstance(value, Mapping):
            yield from (f"{name}.{part}={_short(each)}" for part, each in value.items())
        else:
            yield f"{name}={_short(value)}"


def _short(value: object) -> str:
    """A value as its definition has it; texts without quotes, long ones cut."""
    text = value if isinstance(value, str) else jsons.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
