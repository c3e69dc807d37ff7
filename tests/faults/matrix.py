"""The fault matrix as data: 20 faults × 14 effects, each cell with the outcome it must lead to.

    R  retried, ends well                        B  a definite no: back to planned, sent later, nothing paid meanwhile
    S  sweep or a repeated event resumes it      A  the job id is found again; where nothing can be found a person is asked
    O  our own earlier write is recognised       T  the job ends or waits with a reason; after a correction it goes on
    D  a duplicate without effect                X  404 rules: not ready is no error; gone is asked for three times
    U  the event may repeat, with the same id    V  refused as invalid, raw bytes kept, asked again, then a person is asked
    L  looked for, adopted or parked; never a    H  refused: another host never sees a credential
       second billed POST                        J  the ring is lost or useless: polling finds the end
    -  does not apply

The four kinds of sending (kinds.py) multiply the effects that face a service.
"""

from __future__ import annotations

from dataclasses import dataclass

EFFECTS: dict[str, tuple[str, ...]] = {
    "S1": ("read_input",),
    "S2": ("claim",),
    "S3": ("mark_posting",),
    "S4": ("post",),
    "S5": ("write_ticket",),
    "S6": ("start",),
    "S7": ("start_execution",),
    "S8": ("look",),
    "S9": ("callback",),
    "S10": ("fetch", "save_raw"),
    "S11": ("write_outcomes", "write_results"),
    "S12": ("finish",),
    "S13": ("publish",),
    "S14": ("get_secret",),
}
"""The effects, and the names under which the product does them."""

SAYS: dict[str, str] = {
    "S1": "get input", "S2": "claim", "S3": "mark posting", "S4": "POST submit", "S5": "write ticket", "S6": "start",
    "S7": "start execution", "S8": "poll", "S9": "callback", "S10": "download", "S11": "write results", "S12": "finish row",
    "S13": "publish", "S14": "get secret",
}  # fmt: skip

FAULTS: dict[str, str] = {
    "F1": "crash before",
    "F2": "crash after",
    "F3": "reply lost, effect done",
    "F4": "late effect",
    "F5": "definite no",
    "F6": "429",
    "F7": "5xx",
    "F8": "definite 4xx",
    "F9": "truncated body",
    "F10": "200 with HTML",
    "F11": "schema drift",
    "F12": "duplicate delivery",
    "F13": "reordering",
    "F14": "two at the same instant",
    "F15": "zombie",
    "F16": "clock skew of 15 min",
    "F17": "secret expired or rotated",
    "F18": "hang",
    "F19": "redirect",
    "F20": "Lambda time-out",
}

_TABLE = """
F1  S S S L A S S S J S S S S S
F2  S S L L A S D S J S D S U S
F3  R O O L O D D R J R D O U R
F4  - O O L O D D - J - D O U -
F5  R R R B R R R R - R R R R R
F6  R R R B R R R R - R R R R R
F7  R R R L R R R R - R R R R R
F8  T T T T T T T X - X T T T T
F9  R - - L - R - R V R - - - -
F10 - - - L - R - R V R - - - -
F11 V - - L - V - V V V - - - V
F12 D D D D D D D D D D D D U -
F13 D D D - O - D D J - D O U -
F14 - O O O O D D D D - D O U -
F15 - O O O O D D D D - D O U -
F16 S S S - S - S - V - S S S S
F17 S S S B S R S R V R S S S R
F18 R R R L R R R R V R R R R R
F19 - - - H - H - H - H - - - -
F20 S S L L A S D S J S S S U S
"""

FACING = ("S3", "S4", "S5", "S6", "S8", "S9", "S10")
"""The effects that face a service: they are tried with each kind of sending."""

KIND_NAMES = ("blind", "tagged", "uploaded", "named")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: the outcome `code` that `fault` at `effect` must lead to."""

    fault: str
    effect: str
    code: str

    @property
    def name(self) -> str:
        """`F1×S4`."""
        return f"{self.fault}×{self.effect}"

    @property
    def applies(self) -> bool:
        """Whether the fault can happen there at all."""
        return self.code != "-"


@dataclass(frozen=True, slots=True)
class Case:
    """A cell with one kind of sending; `why_not`: why the kind has no such effect, or ''."""

    cell: Cell
    kind: str
    why_not: str = ""

    @property
    def name(self) -> str:
        """`F1×S4 blind`; cells that do not face a service have no kind in their name."""
        return f"{self.cell.name} {self.kind}" if self.cell.effect in FACING else self.cell.name


def cells() -> list[Cell]:
    """All 280."""
    found = []
    for line in _TABLE.strip().splitlines():
        fault, *codes = line.split()
        found += [Cell(fault, effect, code) for effect, code in zip(EFFECTS, codes, strict=True)]
    return found


def cases() -> list[Case]:
    """All 571: the cells that apply, those that face a service once for each kind of sending."""
    found = []
    for cell in cells():
        if not cell.applies:
            continue
        kinds = KIND_NAMES if cell.effect in FACING else ("tagged",)
        found += [Case(cell, kind, _why_not(cell, kind)) for kind in kinds]
    return found


def _why_not(cell: Cell, kind: str) -> str:
    if cell.effect == "S6" and kind in ("blind", "named"):
        return "its POST starts the job: there is no start"
    if cell.effect == "S9" and kind != "tagged":
        return "the service does not ring"
    return ""
