"""Answers that services have really sent, each with what it comes to. The files: answers/README.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from batchdrop.errors import ServiceSpokeUnknown
from batchdrop.ports import AnswerNotes
from batchdrop.services import SERVICES
from tests.services.bench import batch_of, by_ordinal, saved

if TYPE_CHECKING:
    from batchdrop.ports import Outcome

FILES = Path(__file__).parent / "answers"
V6, V7 = "here_geocoder_v6", "here_batch_v7"


class Case(NamedTuple):
    """One file: its service, the part it comes as, its records, the answers of each, what is remarked."""

    file: str
    service: str
    part: str
    answers: tuple[int, ...]
    cities: tuple[str, ...]
    remarks: tuple[str, ...] = ()


READ = [
    Case("here-v6-one-underscore.zip", V6, "result.zip", (1,), ("",)),
    Case("here-v6-zip-in-zip.zip", V6, "result.zip", (1,), ("",)),
    Case("here-v6-plain.txt", V6, "result.txt", (1, 1), ("Berlin", "Paris")),
    Case(
        "here-v6-trailing-delimiter-in-header.txt",
        V6,
        "result.txt",
        (2, 1, 1),
        ("Chicago", "Boston", "Berlin"),
        ("result.txt: the header ends in a delimiter",),
    ),
    Case("here-v7-results.txt", V7, "results.txt", (1, 1), ("Berlin", "Schwalbach")),
]


def read(case: Case, notes: AnswerNotes) -> dict[int, Outcome]:
    """What the service's adapter reads out of a file."""
    service = SERVICES[case.service](None, lambda _: {})  # type: ignore[arg-type]  # reading needs no transport
    batch = batch_of(
        [{"text": "x"}] * len(case.answers), params={"maxresults": 2} if case.service == V6 else {}
    )
    return by_ordinal(service.read(batch, [saved(case.part, (FILES / case.file).read_bytes())], notes))


@pytest.mark.parametrize("case", READ, ids=lambda case: case.file)
def test_every_record_of_a_real_answer_has_its_outcome(case: Case) -> None:
    notes = AnswerNotes()
    outcomes = read(case, notes)
    columns = SERVICES[case.service].apis["geocode"].columns
    found = [dict(zip(columns, outcomes[ordinal].answers[0], strict=True)) for ordinal in sorted(outcomes)]
    assert [len(outcomes[ordinal].answers) for ordinal in sorted(outcomes)] == list(case.answers)
    assert tuple(cells["bd_city"] for cells in found) == case.cities
    assert all(float(cells["bd_lat"]) and float(cells["bd_lon"]) for cells in found)
    assert (notes.odd, notes.partial, notes.unfinished) == (0, 0, False)
    assert tuple(notes.remarks) == case.remarks


def test_a_position_in_one_column_was_never_asked_for_so_it_is_not_the_answer() -> None:
    case = Case("here-v7-default-columns.txt", V7, "results.txt", (1, 1), ())
    with pytest.raises(ServiceSpokeUnknown, match=r"results\.txt: the results lack a column of the position"):
        read(case, AnswerNotes())


def test_every_file_is_a_case() -> None:
    cases = {case.file for case in READ} | {"here-v7-default-columns.txt", "README.md"}
    assert {path.name for path in FILES.iterdir()} == cases
