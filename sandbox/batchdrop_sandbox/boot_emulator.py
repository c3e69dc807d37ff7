"""Runs the local AWS inside a clean interpreter; started by emulator.py as a script, imported by nobody.

The emulator runs every handler with its own interpreter, so that interpreter (`.envs/runtime`) holds only what Lambda
offers. The emulator's packages lie in a folder that is put on the path of this one process only, and last; handlers,
which are processes of their own, see boto3 and their layer, and a dependency missing from the layer shows.

Arguments: the folder of the emulator's packages, the run's folder (so that the process can be recognised), and the id
of the process to live as long as, or 0 to live on.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time


def _end_with(parent: int) -> None:
    """Stops this process when its parent is gone, even if the parent was killed outright."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Serves until it is told to stop."""
    packages, _run, parent = sys.argv[1], sys.argv[2], int(sys.argv[3])
    sys.path.append(packages)
    sys.argv = ["ministack"]
    if parent:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    # The emulator is not installed where the type checker looks.
    from ministack.app import main as serve  # type: ignore[import-not-found]  # noqa: PLC0415 - needs the path above

    serve()


if __name__ == "__main__":
    main()
