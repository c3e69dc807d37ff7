"""The pages that are made from the code say what the code says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from batchdrop.api import CALLS
from batchdrop.api.refusing import KINDS
from batchdrop.problems import CODES
from batchdrop.services import SERVICES
from batchdrop_sandbox.deploy import SANDBOX_SIGNING_SECRET
from tests.docs import codes, costs, events, matrix, openapi, routes, settings, tour
from tests.template.loading import load_template

ROOT = Path(__file__).parents[2]


def test_the_matrix_of_services_is_up_to_date() -> None:
    assert matrix.PAGE.read_text(encoding="utf-8") == matrix.page(), "run `make docs`"


def test_the_table_of_codes_is_up_to_date() -> None:
    assert codes.PAGE.read_text(encoding="utf-8") == codes.page(), "run `make docs`"
    assert all(f"`{code}`" in codes.page() for code in CODES)


def test_what_an_idle_stack_costs_is_up_to_date() -> None:
    text = costs.PAGE.read_text(encoding="utf-8")
    assert text == costs.made(text), "run `make docs`"


def test_the_page_of_events_shows_the_schemas_a_golden_event_and_the_recipes() -> None:
    text = events.PAGE.read_text(encoding="utf-8")
    assert text == events.made(text), "run `make docs`"
    recipes = {path.name for path in events.RECIPES.iterdir() if path.name != "__pycache__"}
    assert recipes == {path.name for path in events.recipes()}
    assert f"WEBHOOK_SECRET={SANDBOX_SIGNING_SECRET} " in text


@pytest.mark.parametrize("page", ["README.md", "docs/events.md"])
def test_a_command_that_deploys_a_recipe_gives_its_parameters(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8").replace("\\\n", " ")
    commands = re.findall(r"^aws cloudformation deploy .*$", text, re.MULTILINE)
    assert commands
    for command in commands:
        (template,) = re.findall(r"--template-file (\S+)", command)
        recipe = (ROOT / template).read_text(encoding="utf-8")
        (declared,) = re.findall(r"^Parameters:\n((?:  .+\n)+)", recipe, re.MULTILINE)
        wanted = {
            name
            for name, rest in re.findall(r"^  (\w+): (.*)$", declared, re.MULTILINE)
            if "Default" not in rest
        }
        given = set(re.findall(r" (\w+)=", command))
        assert wanted <= given <= set(re.findall(r"^  (\w+):", declared, re.MULTILINE))
        assert ("CAPABILITY_IAM" in command) == ("AWS::IAM::Role" in recipe)


def test_the_openapi_document_is_up_to_date() -> None:
    assert openapi.PAGE.read_text(encoding="utf-8") == openapi.text(), "run `make docs`"


def test_the_page_of_the_jobs_api_names_every_call_and_every_refusal() -> None:
    page = (ROOT / "docs/jobs-api.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \| (.+) \|$", page, re.MULTILINE)
    assert rows == [(kind, str(status), title) for kind, (status, title) in KINDS.items()]
    calls = page.partition("## Signed calls")[0].replace("{id}", "{job}").replace("{n}", "{batch}")
    for call in CALLS:
        last = call.path.rpartition("/")[2]
        assert f"`{call.method} {call.path}" in calls or f"`{last}`" in calls, call.name


def test_the_page_of_routes_is_up_to_date() -> None:
    assert routes.PAGE.read_text(encoding="utf-8") == routes.page(), "run `make docs`"


def test_the_page_on_the_sandbox_lists_every_setting_of_every_simulator() -> None:
    text = settings.PAGE.read_text(encoding="utf-8")
    assert text == settings.made(text), "run `make docs`"


def test_the_page_on_deploying_names_every_parameter_and_every_output_of_the_template() -> None:
    template, page = load_template(), (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    head, _, rest = page.partition("## Outputs")
    for name, told in template["Parameters"].items():
        [row] = [line for line in head.splitlines() if line.startswith("| `") and f"`{name}`" in line]
        default = str(told.get("Default", "")) or "empty"
        assert default in row.split("|")[2], f"{name} is {default} unless told otherwise"
    for name in template["Outputs"]:
        assert f"`{name}`" in rest.partition("##")[0], name


def test_the_tour_in_the_readme_stops_at_every_api_of_every_service_and_completes() -> None:
    rows = tour.table((ROOT / "README.md").read_text(encoding="utf-8"))
    shown = {(row[0], row[1]) for row in rows}
    assert shown == {(name, api) for name in SERVICES for api in SERVICES[name].apis}, "run `make tour`"
    for row in rows:
        records, results, errors = (int(row[column].replace(",", "")) for column in (2, 3, 4))
        assert results + errors == records
        assert results > 0
        assert errors > 0
        assert row[6] == "completed"
