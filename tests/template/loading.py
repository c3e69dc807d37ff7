"""The template as plain data: `!Ref X` is {"Ref": "X"}, `!GetAtt A.B` is {"Fn::GetAtt": "A.B"}, and so on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    else:
        raise TypeError(f"a YAML node of an unknown kind: {node}")
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


def load_template() -> dict[str, Any]:
    """template.yaml."""
    loaded: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return loaded


def resources(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The resources of one type, by logical id."""
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The functions' properties by the name of their folder."""
    found = resources(template, "AWS::Serverless::Function").values()
    return {each["Properties"]["CodeUri"].split("/")[1]: each["Properties"] for each in found}


def statements(properties: dict[str, Any]) -> list[dict[str, Any]]:
    """The policy statements of a function or state machine; those under a condition are taken as given."""
    listed = [each for policy in properties["Policies"] for each in policy.get("Statement", [])]
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in listed]


def as_list(value: Any) -> list[Any]:
    """Actions and resources may stand alone or in a list."""
    return value if isinstance(value, list) else [value]


def load_definition() -> dict[str, Any]:
    """The state machine, with its ${substitutions} as they stand."""
    loaded: dict[str, Any] = json.loads((ROOT / "statemachine/batch_job.asl.json").read_text())
    return loaded


def scopes(definition: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine itself and each Map's processor in it: states see only the states of their own scope."""
    yield definition
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from scopes(state["ItemProcessor"])


def states(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All states of all scopes; their names differ."""
    return {name: state for scope in scopes(definition) for name, state in scope["States"].items()}


def targets(state: dict[str, Any]) -> list[str]:
    """Where a state can go."""
    rules = [*state.get("Choices", []), *state.get("Catch", [])]
    return [*(rule["Next"] for rule in rules), *(state[key] for key in ("Next", "Default") if key in state)]
