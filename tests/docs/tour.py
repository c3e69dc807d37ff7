"""The table of the README, made by `batchdrop sandbox tour`: `python -m tests.docs.tour` runs it and writes the table."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from batchdrop_cli.tour import Stop, markdown

README = Path(__file__).parents[2] / "README.md"
_BLOCK = re.compile(
    r"(<!-- batchdrop sandbox tour --markdown -->\n\n?)(.*?)(\n?<!-- end of the tour -->)", re.DOTALL
)


def table(text: str) -> list[list[str]]:
    """The rows of the table in a README, without its head."""
    found = _BLOCK.search(text)
    rows = found[2].strip().splitlines()[2:] if found else []
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def written(text: str, stops: list[Stop]) -> str:
    """The README with this table."""
    return _BLOCK.sub(lambda match: f"{match[1]}{markdown(stops)}{match[3]}", text)


def main() -> None:
    """Run the tour and write its table."""
    command = [str(Path(sys.executable).with_name("batchdrop")), "sandbox", "tour", "--json"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    stops = [Stop(**entry) for entry in json.loads(done.stdout)["stops"]]
    README.write_text(written(README.read_text(encoding="utf-8"), stops), encoding="utf-8")


if __name__ == "__main__":
    main()
