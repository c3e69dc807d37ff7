"""A Change as the parameters of a DynamoDB call: pure. Every name goes through an alias, every value through a placeholder,
so no attribute name can collide with DynamoDB's reserved words and no value can change an expression."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from batchdrop.aws.attributes import encode
from batchdrop.ports import Absent, Below, Either, Exists, Is, OneOf

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batchdrop.ports import Change, Condition, Key

KEY_NAMES = frozenset({"pk", "sk"})
MOST_TOGETHER = 100
MOST_VALUES = 100  # operands of IN [doc: DynamoDB, Expressions]
_NOTHING_TO_DO = "_"


@dataclass(slots=True)
class _Expression:
    """Collects aliases and placeholders while an expression is put together."""

    names: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def name(self, name: str) -> str:
        return self.names.setdefault(name, f"#n{len(self.names)}")

    def value(self, value: Any) -> str:
        placeholder = f":v{len(self.values)}"
        self.values[placeholder] = encode(value)
        return placeholder

    def parameters(self) -> dict[str, Any]:
        """What goes beside the expressions; DynamoDB refuses empty maps."""
        found: dict[str, Any] = {}
        if self.names:
            found["ExpressionAttributeNames"] = {alias: name for name, alias in self.names.items()}
        if self.values:
            found["ExpressionAttributeValues"] = self.values
        return found

    def condition(self, condition: Condition) -> str:
        match condition:
            case Is(name, value):
                return f"{self.name(name)} = {self.value(value)}"
            case OneOf(name, values):
                return f"{self.name(name)} IN ({', '.join(self.value(value) for value in values)})"
            case Absent(name):
                return f"attribute_not_exists({self.name(name)})"
            case Exists(name):
                return f"attribute_exists({self.name(name)})"
            case Below(name, limit, equal):
                return f"{self.name(name)} {'<=' if equal else '<'} {self.value(limit)}"
            case Either(conditions):
                return f"({' OR '.join(self.condition(one) for one in conditions)})"

    def conditions(self, conditions: Sequence[Condition]) -> dict[str, str]:
        text = " AND ".join(self.condition(one) for one in conditions)
        return {"ConditionExpression": text} if text else {}


def key_of(key: Key) -> dict[str, Any]:
    """The key as typed attributes."""
    return {"pk": encode(key.pk), "sk": encode(key.sk)}


def update(change: Change) -> dict[str, Any]:
    """Parameters of UpdateItem (or of Update in a transaction) for a change that does not delete.

    A change with nothing to do removes an attribute that no row has: so a check behaves alike alone and in a transaction,
    where an update needs an expression; as with every change, a missing row is made.
    """
    check(change)
    expression = _Expression()
    name, value = expression.name, expression.value
    removed = change.remove or (() if change.put or change.add else (_NOTHING_TO_DO,))
    clauses = {
        "SET": [f"{name(attribute)} = {value(new)}" for attribute, new in change.put.items()],
        "ADD": [f"{name(attribute)} {value(amount)}" for attribute, amount in change.add.items()],
        "REMOVE": [name(attribute) for attribute in removed],
    }
    return {
        "Key": key_of(change.key),
        "UpdateExpression": " ".join(
            f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts
        ),
        **expression.conditions(change.when),
        **expression.parameters(),
    }


def delete(change: Change) -> dict[str, Any]:
    """Parameters of DeleteItem (or of Delete in a transaction)."""
    check(change)
    expression = _Expression()
    return {"Key": key_of(change.key), **expression.conditions(change.when), **expression.parameters()}


def rows(pk: str, prefix: str, first: str, last: str) -> dict[str, Any]:
    """The key condition of a query for rows of one partition."""
    check_range(prefix, first, last)
    expression = _Expression()
    name, value = expression.name, expression.value
    parts = [f"{name('pk')} = {value(pk)}"]
    if prefix:
        parts.append(f"begins_with({name('sk')}, {value(prefix)})")
    elif first and last:
        parts.append(f"{name('sk')} BETWEEN {value(first)} AND {value(last)}")
    elif first:
        parts.append(f"{name('sk')} >= {value(first)}")
    elif last:
        parts.append(f"{name('sk')} <= {value(last)}")
    return {"KeyConditionExpression": " AND ".join(parts), **expression.parameters()}


def by_status(status: str, before: str, until: str) -> dict[str, Any]:
    """The key condition of a query of the index `byStatus`."""
    check_bounds(before, until)
    expression = _Expression()
    text = f"{expression.name('status_key')} = {expression.value(status)}"
    if before:
        text += f" AND {expression.name('updated')} < {expression.value(before)}"
    elif until:
        text += f" AND {expression.name('updated')} <= {expression.value(until)}"
    return {"KeyConditionExpression": text, **expression.parameters()}


def check(change: Change) -> None:
    """Raises ValueError for a change that DynamoDB would refuse whatever the row is: a mistake in the code that made it."""
    touched = [*change.put, *change.add, *change.remove]
    if change.delete and touched:
        raise ValueError("a change deletes the row or changes it, not both")
    if KEY_NAMES & set(touched):
        raise ValueError("the key of a row cannot be changed")
    if len(set(touched)) < len(touched):
        raise ValueError("a change names each attribute once")
    for condition in change.when:
        _check_condition(condition)


def check_together(changes: Sequence[Change]) -> None:
    """Raises ValueError for changes that cannot be one transaction."""
    if len(changes) > MOST_TOGETHER:
        raise ValueError(f"at most {MOST_TOGETHER} changes go together")
    if len({change.key for change in changes}) < len(changes):
        raise ValueError("changes that go together are to different rows")


def check_range(prefix: str, first: str, last: str) -> None:
    """Raises ValueError when a query asks for a prefix and a range at once."""
    if prefix and (first or last):
        raise ValueError("a query is by prefix or by range, not both")


def check_bounds(before: str, until: str) -> None:
    """Raises ValueError when jobs are asked for up to two moments at once."""
    if before and until:
        raise ValueError("jobs are asked for by before or by until, not both")


def _check_condition(condition: Condition) -> None:
    match condition:
        case OneOf(_, values) if not 1 <= len(values) <= MOST_VALUES:
            raise ValueError(f"OneOf takes 1 to {MOST_VALUES} values")
        case Either(()):
            raise ValueError("Either takes at least one condition")
        case Either(conditions):
            for one in conditions:
                _check_condition(one)
