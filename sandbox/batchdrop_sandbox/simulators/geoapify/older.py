"""The older, geocoding-only family: flat addresses in a bare array, or CSV with dotted columns [spec]."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def flat(results: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One flat address per input with its `query`; only `query` where nothing was found [spec]."""
    return [_address(one["params"], one["result"]) for one in results]


def csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Every cell quoted, a missing one empty, columns are dotted paths in the order they turn up [spec]."""
    flattened = [dict(_paths(row)) for row in rows]
    columns = list(dict.fromkeys(path for row in flattened for path in row))
    lines = [columns, *([row.get(column, "") for column in columns] for row in flattened)]
    return "".join(",".join(map(_quoted, line)) + "\n" for line in lines).encode()


def _address(asked: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    query = result.get("query", dict(asked))
    found = result.get("results") or [{}]
    return {"query": query, **found[0]}


def _paths(value: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            yield from _paths(inner, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(inner)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
