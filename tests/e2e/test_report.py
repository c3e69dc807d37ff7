"""The report of a whole job, brought by the command and opened in a browser: of real addresses, and of a hostile file."""

from __future__ import annotations

import csv
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop import wiring
from batchdrop.settings import VARIABLES
from batchdrop_cli.main import main
from tests.report.samples import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from batchdrop_sandbox.stack import Stack
    from tests.report.opening import Opener

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

FILE = files("batchdrop_sandbox") / "data/us_addresses.csv"


@pytest.fixture
def put(stack: Stack, tmp_path: Path) -> Iterator[Any]:
    """`batchdrop put --wait --out` on this stack: the exit code, and the folder of what came back."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [*VARIABLES, *stack.environment]:
            patch.setenv(name, stack.environment.get(name, ""))

        def run(file: object, route: str, name: str) -> tuple[int, Path]:
            out = tmp_path / name
            words = ("put", str(file), "--route", route, "--name", f"{name}.csv", "--wait", "--out", str(out))
            return main([*words, "--stack", stack.name]), out

        yield run
    wiring.forget()


def test_the_report_of_a_real_job_shows_every_place(put: Any, open_page: Opener) -> None:
    code, out = put(FILE, "geoapify-geocode", "addresses")
    assert code == 0
    with (out / "results.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    page = open_page((out / "report.html").read_bytes(), "real-job").page
    assert f"{len(rows):,}" in page.inner_text("dl.figures")
    assert "Simulated." in page.inner_text("body")
    places = {(round(float(row["bd_lat"]), 5), round(float(row["bd_lon"]), 5)) for row in rows}
    shown = int(
        page.evaluate("document.querySelector('#map-text').textContent.split(' ')[0].replace(',', '')")
    )
    assert shown == len(rows)
    dots = page.evaluate("document.querySelector('.map .dots').getAttribute('d').split('M').length - 1")
    assert 0 < dots <= len(places)


def test_the_report_of_a_hostile_file_runs_nothing(put: Any, open_page: Opener, tmp_path: Path) -> None:
    file = tmp_path / "given.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["id", "address", "<script>alert(0)</script>"])
        writer.writerows([[HOSTILE, HOSTILE, HOSTILE]] * 30)
        writer.writerow(["1", "Alexanderplatz 1, Berlin", "x"])
        writer.writerow(["2", "", "<img src=http://127.0.0.1:9/ onerror=alert(5)>"])
    code, out = put(file, "geoapify-geocode", "hostile")
    assert code == 0
    page = open_page((out / "report.html").read_bytes(), "hostile-job").page
    assert (
        page.evaluate("document.querySelectorAll('script, img, iframe, object, link, a, form').length") == 0
    )
    assert "alert(1)" in page.content()


def test_a_refused_file_comes_back_with_a_report(put: Any, open_page: Opener, tmp_path: Path) -> None:
    file = tmp_path / "given.csv"
    file.write_text("colour\nred\n")
    code, out = put(file, "geoapify-geocode", "refused")
    assert code == 2
    assert "WRONG_COLUMNS" in open_page((out / "report.html").read_bytes(), "refused-job").page.inner_text(
        "main"
    )
