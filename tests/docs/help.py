"""The help of the command in the README: `python -m tests.docs.help` writes it, a test compares it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
BLOCK = re.compile(r"(<!-- batchdrop --help -->\n```text\n)(.*?)(```)", re.DOTALL)


def shown(text: str) -> str:
    """The help that a README shows."""
    found = BLOCK.search(text)
    return found[2] if found else ""


def main() -> None:
    """Ask the command and write what it says."""
    command = [str(Path(sys.executable).with_name("batchdrop")), "--help"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    text = README.read_text(encoding="utf-8")
    README.write_text(BLOCK.sub(lambda match: match[1] + said + match[3], text), encoding="utf-8")


if __name__ == "__main__":
    main()
