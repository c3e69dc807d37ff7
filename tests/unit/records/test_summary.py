"""What is kept of a job's answers as a whole: bounded, and the same in whatever pieces it was gathered."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest

from batchdrop.ports import Outcome, OutcomeKind
from batchdrop.records.examples import CODES, SHOWN, Examples
from batchdrop.records.firsts import first_records
from batchdrop.records.grid import FINEST, Grid
from batchdrop.records.outcomes import pack_firsts
from batchdrop.records.shapes import MOST_POSITIONS, first_position, simplified, thin
from batchdrop.records.summary import CELLS, POINTS, Sample, Summary, ordinals_in

COLUMNS = ("bd_lat", "bd_lon", "bd_label", "bd_confidence")


def outcome(ordinal: int, lat: object, lon: object, confidence: str = "0.5") -> Outcome:
    return Outcome(
        ordinal, OutcomeKind.MATCHED, answers=((str(lat), str(lon), f"place {ordinal}", confidence),)
    )


def gathered(outcomes: list[Outcome], batch: int) -> dict[str, Any]:
    """Summed up in batches of this length, through JSON, and merged."""
    everything = len(outcomes) <= POINTS
    whole = Summary(everything=everything)
    for start in range(0, len(outcomes), batch):
        part = outcomes[start : start + batch]
        summary = Summary(COLUMNS, share=len(part) / len(outcomes), everything=everything)
        for one in part:
            summary.add(one)
        whole.merge(json.loads(json.dumps(summary.to_dict())))
    return whole.to_dict()


def scattered(count: int) -> list[Outcome]:
    chance = random.Random(count)
    return [
        outcome(
            number,
            round(chance.uniform(-80, 80), 5),
            round(chance.uniform(-180, 180), 5),
            f"{chance.random():.3f}",
        )
        for number in range(1, count + 1)
    ]


def test_it_is_the_same_in_one_batch_and_in_many() -> None:
    outcomes = scattered(2000)
    assert gathered(outcomes, 2000) == gathered(outcomes, 70)


def test_a_large_job_is_counted_whole_and_kept_in_part() -> None:
    outcomes = scattered(POINTS + 3000)
    found = gathered(outcomes, 1000)
    assert (
        found["matched"]
        == found["placed"]
        == sum(found["grid"]["counts"])
        == sum(found["bins"])
        == len(outcomes)
    )
    assert not found["everything"]
    assert len(found["points"]) <= POINTS
    assert len(found["grid"]["keys"]) <= CELLS
    assert {ordinal for ordinal, *_ in found["points"]} <= ordinals_in(found)


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "91", "-1e999", "٣"])
def test_an_odd_position_is_no_point_and_an_odd_confidence_no_value(text: str) -> None:
    summary = Summary(COLUMNS)
    summary.add(outcome(1, text, "13.4", text))
    found = summary.to_dict()
    assert (found["matched"], found["placed"]) == (1, int(text == "٣"))
    assert (sum(found["bins"]), found["unsure"]) == (0, 1)


def test_what_is_not_matched_has_no_place_and_still_its_confidence() -> None:
    summary = Summary(COLUMNS)
    summary.add(Outcome(1, OutcomeKind.NO_MATCH, "NO_MATCH", "nothing"))
    summary.add(Outcome(2, OutcomeKind.LOW_CONFIDENCE, "LOW_CONFIDENCE", "low", (("1", "2", "x", "0.1"),)))
    found = summary.to_dict()
    assert (found["matched"], found["placed"], found["bins"][2]) == (0, 0, 1)


def test_confidence_is_counted_in_bins_whose_last_one_holds_full_confidence() -> None:
    summary = Summary(COLUMNS)
    for number, text in enumerate(("0", "0.049", "0.05", "0.95", "1"), 1):
        summary.add(outcome(number, 1, 2, text))
    assert [(place, count) for place, count in enumerate(summary.bins) if count] == [(0, 2), (1, 1), (19, 2)]


def test_points_with_several_records_stand_out_in_a_large_job() -> None:
    outcomes = scattered(6000)
    for ordinal in (10, 20, 1500, 1501, 1502):
        outcomes[ordinal - 1] = outcome(ordinal, 52.5, 13.4)
    found = gathered(outcomes, 1000)
    assert found["same"] == [[13.4, 52.5, 5, [10, 20, 1500, 1501, 1502]]]


def test_a_sample_depends_on_the_ordinals_alone() -> None:
    chance, numbers = random.Random(1), list(range(1, 1000))
    samples = []
    for _ in range(2):
        chance.shuffle(numbers)
        sample = Sample(50)
        for number in numbers:
            sample.add(number, number)
        samples.append(sample.entries())
    assert samples[0] == samples[1]
    assert len(samples[0]) == 50
    spread = [sum(low <= number < low + 250 for number in samples[0]) for low in range(0, 1000, 250)]
    assert min(spread) > 5


def test_a_grid_loses_nothing_when_it_gets_coarser() -> None:
    grid, chance = Grid(50), random.Random(2)
    for number in range(1, 1001):
        grid.add(chance.uniform(5, 15), chance.uniform(47, 55), number)
    assert grid.total == 1000
    assert len(grid) <= 50
    assert grid.level < FINEST
    assert min(cell.first for cell in grid.cells()) == 1
    assert all(5 - grid.size <= cell.lon <= 15 and 47 - grid.size <= cell.lat <= 55 for cell in grid.cells())


@pytest.mark.parametrize(("lon", "lat"), [(-180.0, -90.0), (180.0, 90.0), (180.0, -90.0), (0.0, 0.0)])
def test_the_corners_of_the_world_are_in_the_grid(lon: float, lat: float) -> None:
    grid = Grid(10)
    grid.add(lon, lat, 1)
    [cell] = grid.cells()
    assert abs(cell.lon - lon) < 1e-4
    assert abs(cell.lat - lat) < 1e-4


def test_grids_of_different_levels_merge_to_the_coarser_one() -> None:
    fine, coarse = Grid(10), Grid(10)
    fine.add(13.4, 52.5, 7)
    coarse.add(13.4, 52.5, 3)
    for _ in range(10):
        coarse.coarsen()
    for one, other in ((fine, coarse), (coarse, fine)):
        merged = Grid(10)
        merged.merge(one.to_dict())
        merged.merge(other.to_dict())
        assert merged.level == FINEST - 10
        assert [(cell.things, cell.first) for cell in merged.cells()] == [(2, 3)]


def test_a_line_is_thinned_to_its_corners() -> None:
    line = [(0.0, 0.0), (1.0, 0.001), (2.0, 0.0), (2.0, 2.0)]
    assert thin(line, 0.01) == [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0)]


def test_a_shape_of_any_length_becomes_small_and_keeps_its_ends() -> None:
    chance = random.Random(3)
    points = [(number / 1000, chance.uniform(0, 5)) for number in range(20_000)]
    found = simplified("LINESTRING (" + ", ".join(f"{x:.4f} {y:.4f}" for x, y in points) + ")")
    assert found is not None
    kind, [line] = found
    assert kind == "line"
    assert len(line) <= MOST_POSITIONS
    assert line[0][0] == 0.0
    assert line[-1][0] == 19.999


def test_areas_keep_their_holes() -> None:
    found = simplified("POLYGON ((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))")
    assert found is not None
    assert (found[0], len(found[1])) == ("area", 2)


@pytest.mark.parametrize(
    "text",
    ["", "POINT (1 2)", "LINESTRING (1 2", "LINESTRING (200 0, 300 0)", "LINESTRING (1e999 0, 0 0)", "<svg>"],
)
def test_what_is_no_shape_is_none(text: str) -> None:
    assert simplified(text) is None


def test_a_geometry_begins_somewhere() -> None:
    assert first_position("MULTIPOLYGON (((13.5 52.25, 1 2, 3 4, 13.5 52.25)))") == (13.5, 52.25)
    assert first_position("nothing") is None


@pytest.mark.parametrize("piece", [3, 4, 1000])
def test_the_first_record_of_each_ordinal_is_found_in_one_pass(piece: int) -> None:
    class Slowly(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(piece, size or piece))

    firsts = [0, 1, 2, 1, 0, 3, 3, 2, 4]
    assert first_records(Slowly(pack_firsts(firsts)), [4, 2, 1, 9]) == {1: 2, 2: 3, 4: 9}
    assert first_records(Slowly(b""), [1]) == {}


def test_errors_are_counted_by_code_with_the_first_examples_of_each() -> None:
    found = Examples()
    for number in range(1, 11):
        found.add("noMatch", "NO_MATCH", "nothing", number, f"{number},Main Street\r\n".encode())
    found.add("invalid", "EMPTY_QUERY", "m" * 1000, 11, b"\xff" + "ä".encode() * 5000)
    [first, second] = found.state
    assert first[:3] == ["noMatch", "NO_MATCH", 10]
    assert first[3] == [[number, "nothing", f"{number},Main Street"] for number in range(1, SHOWN + 1)]
    [[_, message, text]] = second[3]
    assert len(message) == 200
    assert text.startswith("\N{REPLACEMENT CHARACTER}ä")
    assert text.endswith("ä…")
    assert Examples(json.loads(json.dumps(found.state))).state == found.state


def test_codes_without_end_are_counted_together() -> None:
    found = Examples()
    for number in range(CODES + 40):
        found.add("failed", f"CODE_{number}", "", number, b"x")
    assert len(found.state) == CODES + 1
    assert found.state[0][:3] == ["failed", "", 40]
