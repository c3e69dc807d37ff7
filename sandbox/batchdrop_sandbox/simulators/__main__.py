"""`python -m batchdrop_sandbox.simulators`: all simulators until SIGTERM or SIGINT."""

import sys

from batchdrop_sandbox.simulators.serve import main

if __name__ == "__main__":
    sys.exit(main())
