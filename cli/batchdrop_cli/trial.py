"""One file through a sandbox: drop, follow, fetch, and what the simulated service billed for it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from batchdrop_cli.dropping import key_of
from batchdrop_cli.fetching import fetch_files
from batchdrop_cli.layout import counted
from batchdrop_cli.putting import drop_shown, wait_for
from batchdrop_cli.simulated import ledger_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from batchdrop_cli.dropping import Dropped
    from batchdrop_cli.simulated import Ledger, Running
    from batchdrop_cli.summary import Job
    from batchdrop_cli.terminal import Terminal


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one file. `ledger`: the account of every service of the sandbox, since it was booted."""

    dropped: Dropped
    job: Job
    files: Mapping[str, Path]
    ledger: Ledger

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        files = {name: str(path) for name, path in self.files.items()}
        return {"dropped": asdict(self.dropped), "job": self.job, "files": files, "ledger": self.ledger}


def process(terminal: Terminal, running: Running, file: Path, route: str, out: Path) -> Trial:
    """Drop the file, follow its job to the end, and put all files and ledger.json into the directory."""
    again = {"again": "true"}  # the sandbox costs nothing
    dropped = drop_shown(terminal, running.stack, file, route, key_of(route, file.name), again)
    job = wait_for(terminal, running.stack, dropped.job)
    ledger = ledger_of(running.urls)
    body = json.dumps(ledger, indent=1).encode() + b"\n"
    return Trial(dropped, job, fetch_files(running.stack, job, out, {"ledger.json": body}), ledger)


def billed(ledger: Ledger, unit: str) -> list[tuple[str, str]]:
    """What each simulated service billed, as label and value, in the unit of its price; says so when nothing was."""
    lines = [
        (
            "billed",
            f"{service}: {counted(account['records'], 'records')}, {counted(account['credits'], unit or 'credits')}",
        )
        for service, account in ledger.items()
        if account.get("records") or account.get("credits")
    ]
    return lines or [("billed", "nothing: no service was asked")]
