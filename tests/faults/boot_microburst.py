"""Runs microburst, the proxy that breaks calls of AWS; started by proxy.py as a script on .envs/microburst, imported by nobody.

microburst 0.10.0 takes Content-Length off every answer it passes on, as if it stood for one connection only. S3 gives it with every
object, boto3 hands it on as ContentLength, and the product goes by it; so here it stays. That is the only change to the proxy.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Serves until it is told to stop; takes microburst's own arguments."""
    # microburst is not installed where the type checker looks.
    from microburst import forward  # type: ignore[import-not-found]  # noqa: PLC0415 - a script of another environment
    from microburst.cli import main as serve  # type: ignore[import-not-found]  # noqa: PLC0415 - as above

    forward.HOP_BY_HOP -= {"content-length"}
    sys.exit(serve())


if __name__ == "__main__":
    main()
