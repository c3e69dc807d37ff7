"""What is wrong with a value on the command line, in our words: typer repeats those of the library that checks its types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENTENCES = {
    "int_parsing": "{input!r} is not a whole number.",
    "int_from_float": "{input!r} is not a whole number.",
    "float_parsing": "{input!r} is not a number.",
    "greater_than_equal": "{input} is less than {ge}.",
    "value_error": "{error}",
}


class PlainSpoken(TyperGroup):
    """The group of all commands: a value that does not fit is told by `sentence`."""

    def invoke(self, ctx: Any) -> Any:
        """See Group.invoke."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as wrong:
            wrong.message = sentence(wrong)
            raise


def sentence(wrong: typer.BadParameter) -> str:
    """Our words for the first thing that does not fit; typer's own where it asked no library, or for one that is not known here."""
    found: list[Mapping[str, Any]] = getattr(wrong.__cause__, "errors", list)()
    first = found[0] if found else {}
    ours = _SENTENCES.get(first.get("type", ""))
    return ours.format(input=first.get("input"), **first.get("ctx", {})) if ours else wrong.message
