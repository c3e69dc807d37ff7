"""Seeds of the fuzzer: the files of the catalogue, and some that exercise kinds of records it has none of."""

from __future__ import annotations

import sys
import zlib
from pathlib import Path

from batchdrop.ports import Takes
from tests.catalogue import objects, texts
from tests.fuzz.harness import NAMES, TOLD, seed

LONGEST = 4000

MORE = [
    (b'wp1,wp2,wp3\n"1,2","3,4",\n', "x.csv", Takes.WAYPOINTS),
    (b'{"waypoints":[{"lat":1,"lon":2},"3,4"]}\n', "x.ndjson", Takes.WAYPOINTS),
    (b"name,deviceId,tag:a,sendMs\nx,1,1,5\n", "x.csv", Takes.DEVICE),
    (b'[{"name":"a","tags":["b"],"sendMs":5}]', "x.json", Takes.DEVICE),
    (b"trackingId,unclaimOnly\nx,true\n", "x.csv", Takes.DEVICE_DELETE),
    (b'{"api":"/x","inputs":[{"params":{"a":1}},{"body":{}}]}', "x.json", Takes.INPUT),
    (b'param:a,body\n1,"{""b"":2}"\n', "x.csv", Takes.INPUT),
    (b'id,address,bd_recId,bd_outcome,bd_code,bd_message\n1,a,7,noMatch,NO_MATCH,"x, y"\n', "x.csv", Takes.PLACE),
    (b'{"q":"a","bd":{"recId":7,"outcome":"failed","code":"X","message":"y"}}\n', "x.ndjson", Takes.PLACE),
    (b"recId|q|lang\n1|a|de\n", "x.txt.gz", Takes.PLACE),
    (b"sep=;\r\nid;lat;lon\r\n1;5,2;139\r\n", "x.csv", Takes.POINT),
]  # fmt: skip


def seeds() -> list[bytes]:
    """All of them, without the very large ones."""
    found = [seed(body, name, takes, {}) for body, name, takes in MORE]
    for case in (*texts.ROWS, *objects.ROWS):
        end = case.name.removesuffix(".gz").removeprefix("a")
        name = next((name for name in NAMES if name.removesuffix(".gz").endswith(end)), "x.csv")
        told = dict(case.options) if case.options in TOLD else {}
        try:
            made = seed(case.body, name, Takes(case.api), told)
        except (OSError, EOFError, zlib.error):
            continue  # damaged gzip, which the harness makes itself
        if len(made) <= LONGEST:
            found.append(made)
    return found


if __name__ == "__main__":  # writes them into a folder, for the fuzzer's own environment
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, body in enumerate(seeds()):
        (folder / f"seed-{number:03}").write_bytes(body)
