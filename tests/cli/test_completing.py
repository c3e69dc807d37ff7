"""What the shell offers: routes and jobs; never an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from typer.main import get_command

from batchdrop_cli.completing import complete_job, complete_route
from batchdrop_cli.main import app
from tests.cli.examples import job_json

if TYPE_CHECKING:
    from tests.cli.conftest import Cloud


@pytest.fixture
def line() -> typer.Context:
    """A line that names no stack."""
    return typer.Context(get_command(app))


def test_built_in_routes_are_offered_without_a_stack(line: typer.Context) -> None:
    assert complete_route(line, "here-v6") == ["here-v6-geocode", "here-v6-reverse"]


def test_routes_and_jobs_of_the_stack_are_offered(
    line: typer.Context, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATCHDROP_STACK", "team")
    cloud.put_job(job_json())
    cloud.s3.put_object(Bucket="inbox", Key="routes/here-mine.json", Body=b"{}")
    assert "here-mine" in complete_route(line, "here")
    assert complete_job(line, job_json()["id"][:3]) == [job_json()["id"]]
    assert complete_job(line, "nothing") == []


@pytest.mark.usefixtures("cloud")
def test_without_a_stack_or_with_a_wrong_one_nothing_is_offered(
    line: typer.Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complete_job(line, "") == []
    monkeypatch.setenv("BATCHDROP_STACK", "nobody")
    assert complete_job(line, "") == []
    assert "geoapify-geocode" in complete_route(line, "geo")


def test_a_real_shell_gets_the_routes() -> None:
    command = Path(sys.executable).with_name("batchdrop")
    asked = {
        "COMP_WORDS": "batchdrop put file --route geo",
        "COMP_CWORD": "4",
        "_BATCHDROP_COMPLETE": "complete_bash",
    }
    done = subprocess.run([command], env={**os.environ, **asked}, capture_output=True, text=True, check=False)
    assert "geoapify-geocode" in done.stdout.split()
    assert not done.stderr
