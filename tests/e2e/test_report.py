"""The report of a real job, brought by the command and opened in a browser: a file of addresses, and a hostile one."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop_cli.demo import FILE
from tests.e2e.command import main
from tests.report.opening import LOOKS
from tests.report.scenes import HOSTILE

if TYPE_CHECKING:
    from pathlib import Path

    from batchdrop_sandbox.stack import Stack
    from tests.report.opening import Opened, Opener

pytestmark = [pytest.mark.e2e, pytest.mark.long, pytest.mark.browser]


@pytest.fixture
def run(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on this stack."""
    for name, value in stack.environment.items():
        monkeypatch.setenv(name, value)
    return lambda *arguments: main([*map(str, arguments), "--stack", stack.name])


def quiet(opened: Opened) -> None:
    assert opened.said == []
    assert opened.asked == []
    assert opened.ask("document.scripts.length") == 0


def test_the_report_of_a_real_job_shows_every_place(
    run: Any, tmp_path: Path, opener: Opener, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "real"
    assert (
        run(
            "put",
            "--again",
            FILE,
            "--route",
            "geoapify-geocode",
            "--name",
            "addresses.csv",
            "--wait",
            "--out",
            out,
        )
        == 0
    )
    job = json.loads((out / "job.json").read_text())
    assert job["reportHref"].endswith("/report.html")
    assert str(out / "report.html") in capsys.readouterr().out
    with (out / "results.csv").open(encoding="utf-8", newline="") as lines:
        places = [(line["bd_lat"], line["bd_lon"]) for line in csv.DictReader(lines)]
    report = (out / "report.html").rename(out / "real.html")
    for look in LOOKS:
        with opener.open(report, look) as opened:
            quiet(opened)
            assert "Simulated." in opened.ask("document.body.innerText")
            dots = opened.ask("document.querySelectorAll('.map:not(.small) > svg .dots circle').length")
            far = opened.ask("document.querySelectorAll('.map.small > svg .far').length")
            assert dots + far == len(places)


def test_the_report_of_a_hostile_file_runs_nothing(run: Any, tmp_path: Path, opener: Opener) -> None:
    file, out = tmp_path / "hostile.csv", tmp_path / "hostile"
    texts = [
        text.replace("\x00", "").replace("\ud800", "") for text in (*HOSTILE, "W" * 100_000, "<b>" * 33_000)
    ]
    with file.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["id", "address", "<script>alert(0)</script>"])
        writer.writerows([text, text, text] for text in texts)
        writer.writerow(["fine", "Alexanderplatz 1", "Berlin"])
    run("put", "--again", file, "--route", "geoapify-geocode", "--wait", "--out", out)
    report = (out / "report.html").rename(out / "hostile-job.html")
    assert report.stat().st_size < 2_000_000
    for look in LOOKS:
        with opener.open(report, look) as opened:
            quiet(opened)
            assert (
                opened.ask("document.querySelectorAll('script, iframe, img, [onerror], [onload]').length")
                == 0
            )
            assert opened.ask("document.documentElement.scrollWidth <= innerWidth")
            assert "</script><script src" in opened.ask("document.body.innerText")


def test_a_refused_file_comes_back_with_a_report(run: Any, tmp_path: Path, opener: Opener) -> None:
    file, out = tmp_path / "wrong.csv", tmp_path / "wrong"
    file.write_text("colour\nred\n")
    assert run("put", "--again", file, "--route", "geoapify-geocode", "--wait", "--out", out) == 2
    with opener.open((out / "report.html").rename(out / "refused-job.html")) as opened:
        quiet(opened)
        assert "WRONG_COLUMNS" in opened.ask("document.body.innerText")
