"""docs/routes.md, made from the schema of routes: `python -m tests.docs.routes` writes it, a test compares it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from batchdrop.definitions import expected, schema
from batchdrop.routes import BUILT_IN

PAGE = Path(__file__).parents[2] / "docs" / "routes.md"

_HEAD = """# Routes

Made from `schemas/route.json` (`make docs`).

A file dropped under `incoming/<route>/` is processed as the route of that name says. Some are built in:

{built_in}

Any other is a JSON object at `routes/<route>.json` in the inbox bucket, which `extends` a built-in route or names `service` and `api`:

```json
{{"extends": "geoapify-geocode", "language": "de", "min_confidence": 0.6, "budget": {{"job": 500, "day": 3000}}}}
```

A definition that is not valid refuses every file dropped there (ROUTE_INVALID), with a sentence that says which option is wrong, what
was found and what is expected. What the route was when the file came is kept in the job: a later change does not touch it.
`batchdrop check FILE --route R` shows what a route makes of a file, without sending anything.
"""

_TAIL = """
## When a job waits

A job that goes over `budget` (OVER_BUDGET), has more invalid records than `max_invalid` (MANY_INVALID) or the bytes of an earlier one
(SAME_BYTES) is held before anything is sent: `batchdrop start JOB` lets it go as it is, `batchdrop delete JOB`
drops it. The object's metadata may say `budget` too (`put --budget`), a number for this one job: the lower of both holds. Sums of a day and a month
are kept per route, by UTC days, from the moment the route has such a budget: the estimate is reserved when the job begins, and
corrected by what was spent when it ends.

The same bytes (SAME_BYTES) are those of an earlier job of the same route within the stack's `InputDays`, and those of the errors file of
a job of that route, unless some of its records were never sent. A job that ended without any cost does not count. `put --again`, or metadata `again: true` on
the object, lets one file go; `repeats: pay` in the route lets all go, `repeats: warn` too, and job.json names the earlier job (`sameBytesAs`).
`put` and `check --stack` say it before.

## Answers below `min_confidence`

Such a record is in errors.csv as `lowConfidence` with code LOW_CONFIDENCE; its message holds the best answer's confidence, label and
position. So errors.csv keeps its form and can be dropped back, and nothing of the answer is lost. A record counts by its best answer;
an answer to which the service gives no confidence is not below any.

## Spreadsheets

`excel: true` makes results.csv and errors.csv safe to open in a spreadsheet: UTF-8 with a byte order mark, and a `'` before every cell
that begins with `=`, `+`, `-`, `@`, a tab or a line end and is no plain number. This is the one option that changes the input's own columns, and its encoding; NDJSON stays as it is. In such an
errors.csv that is dropped back the apostrophes stay in the file, and are not sent.
"""


def page() -> str:
    """The page as it should be."""
    built_in = "\n".join(
        ["| route | service | API | parameters |", "|---|---|---|---|"]
        + [
            f"| `{one.name}` | {one.service} | {one.api} | {_code(dict(one.params)) if one.params else ''} |"
            for one in BUILT_IN.values()
        ]
    )
    rows = ["\n## Options\n", "| option | what | default | example |", "|---|---|---|---|"]
    rows += [
        f"| `{name}` | {_plain(about['description'])} {_sentence(about)} | {_default(about)} | {_example(about)} |"
        for name, about in schema()["properties"].items()
        if name != "$schema"
    ]
    return _HEAD.format(built_in=built_in) + "\n".join(rows) + "\n" + _TAIL


def _code(value: Any) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`".replace("|", "\\|")


def _sentence(about: Any) -> str:
    words = _plain(expected(about))
    return f"{words[0].upper()}{words[1:]}."


def _default(about: Any) -> str:
    return _code(about["default"]) if "default" in about else ""


def _example(about: Any) -> str:
    return ", ".join(map(_code, about.get("examples", [])))


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "\\<")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
