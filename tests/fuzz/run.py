"""`make fuzz`: atheris feeds the harness, guided by coverage. Arguments are libFuzzer's: a corpus folder, -max_total_time=60, …"""

from __future__ import annotations

import sys

import atheris  # in its own environment, see the Makefile

with atheris.instrument_imports(include=["batchdrop"]):
    from tests.fuzz.harness import one_input

if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
