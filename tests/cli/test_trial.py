"""What a sandbox run and the demo say at the end: pinned texts, made from a made-up trial."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from rich.console import Console

from batchdrop_cli.demo import Examined, compare, examine, example, table, tell
from batchdrop_cli.dropping import Dropped
from batchdrop_cli.fetching import check_directory, fetch_files
from batchdrop_cli.stacks import Stack
from batchdrop_cli.terminal import Terminal
from batchdrop_cli.trial import Trial, billed
from tests.cli.examples import job_json

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cloud, Run

LEDGER = {
    "geoapify": {"records": 2500, "credits": 2505.0, "submits": 3, "looks": 2},
    "here_batch_v7": {"records": 7, "credits": 0.0, "submits": 1, "looks": 2},
}
LINE = {
    "customer_id": "C00001", "address1": "7374 West Walden Drive", "city": "Littleton", "state": "CO",
    "postal_code": "80128", "bd_lat": "39.577761", "bd_lon": "-105.079419",
}  # fmt: skip


def trial(files: dict[str, Path], **changes: Any) -> Trial:
    dropped = Dropped("people-0123456789abcdef", "inbox", "k", "v", "geoapify-geocode", 9)
    return Trial(dropped, job_json(**changes), files, LEDGER)


def test_what_was_billed_is_said_for_each_service_that_was_asked() -> None:
    assert billed(LEDGER, "credits") == [
        ("billed", "geoapify: 2,500 records, 2,505 credits"),
        ("billed", "here_batch_v7: 7 records, 0 credits"),
    ]
    assert billed({}, "") == billed({"geoapify": {"records": 0, "credits": 0.0}}, "") == [
        ("billed", "nothing: no service was asked")
    ]  # fmt: skip


def test_places_are_compared_as_numbers_and_only_where_the_truth_is_known() -> None:
    truth = {"C00001": ("39.5777610", "-105.079419"), "C00002": ("1", "2")}
    wrong = {**LINE, "customer_id": "C00002"}
    unknown = {**LINE, "customer_id": "C9"}
    nowhere = {**LINE, "bd_lat": ""}

    assert compare([LINE, wrong, unknown, nowhere], truth) == (3, 1)


def test_the_table_of_the_demo() -> None:
    headings, rows = table([Examined(trial({}), 2517, 2516, ())])

    assert dict(zip(headings, rows[0], strict=True)) == {
        "route": "geoapify-geocode", "records": "2,520", "matched": "2,517", "no match": "1", "batches": "3",
        "billed": "2,505 credits", "time": "1 min 30 s", "exactly right": "99.9 %",
    }  # fmt: skip


def test_a_service_without_credits_is_billed_in_records() -> None:
    price = {"unit": "transactions", "spent": 7.0, "estimated": 7.0}
    _, [row] = table([Examined(trial({}, service="here_batch_v7", price=price), 0, 0, ())])

    assert "7 transactions" in row
    assert row[-1] == "–"


def test_an_example_shows_the_address_and_where_it_is() -> None:
    assert example(LINE) == "C00001  7374 West Walden Drive, Littleton, CO 80128  →  39.577761, -105.079419"


def test_results_are_read_and_told(tmp_path: Path) -> None:
    results = tmp_path / "results.csv"
    results.write_text(",".join(LINE) + "\n" + ",".join(LINE.values()) + "\n")
    said = io.StringIO()
    terminal = Terminal(Console(file=said), Console(file=said), json=False)

    examined = examine(trial({"results.csv": results}))
    tell(terminal, [examined])

    assert (examined.compared, examined.exact) == (1, 1)
    assert f"  {example(LINE)}" in said.getvalue().splitlines()
    assert f"geoapify-geocode: {tmp_path} (results.csv)" in said.getvalue().splitlines()


def test_a_trial_without_results_is_told_with_its_problems(tmp_path: Path) -> None:
    said = io.StringIO()
    problem = {"code": "NO_ROWS", "message": "The file has no records.", "remedy": "Add one."}

    examined = examine(trial({"job.json": tmp_path / "job.json"}, status="failure", problems=[problem]))
    tell(Terminal(Console(file=said), Console(file=said), json=False), [examined])

    assert (examined.compared, examined.exact) == (0, 0)
    assert "  NO_ROWS: The file has no records. Add one." in said.getvalue().splitlines()


def test_a_terminal_gets_a_drawn_table() -> None:
    said = io.StringIO()
    terminal = Terminal(Console(file=said, force_terminal=True, width=120), Console(file=said), json=False)

    terminal.table(("route", "records"), [("geoapify-geocode", "2,520")], right=(1,))

    assert terminal.lively
    assert "geoapify-geocode" in said.getvalue()
    assert "┃" in said.getvalue()


def test_a_route_that_is_not_there_or_not_valid_is_refused_before_a_sandbox_is_booted(
    batchdrop: Run, tmp_path: Path
) -> None:
    file, broken = tmp_path / "people.csv", tmp_path / "route.json"
    file.write_text("q\nBerlin\n")
    broken.write_text('{"extends": "geoapify-geocode", "dedup": false}')
    run = ("sandbox", "run", file, "--out", tmp_path / "out", "--route", "nope")

    unknown, wrong = batchdrop(*run), batchdrop(*run, "--define", broken)

    assert (unknown.code, unknown.out, wrong.code, wrong.out) == (2, "", 2, "")
    assert "There is no route named 'nope'." in unknown.err
    assert "--define" in unknown.err
    assert "--stack" not in unknown.err
    assert "did you mean dedupe?" in wrong.err
    assert not (tmp_path / "out").exists()


def test_a_file_refused_in_a_sandbox_leaves_a_directory_the_next_sandbox_may_use(
    cloud: Cloud, tmp_path: Path
) -> None:
    cloud.put_job(job_json(simulated=False, status="failure"))
    stack = Stack("sandbox", "inbox", "results", cloud.s3)

    fetch_files(stack, job_json(simulated=False, status="failure"), tmp_path, {"ledger.json": b"{}"})

    check_directory(tmp_path, job=None, simulated=True)
