"""Every page: tables that a reader sees as tables, links that lead somewhere, alarms that are there."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import Path

import pytest

from tests.template.loading import load_template, resources

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
_CODE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def _text(page: str) -> str:
    return _CODE.sub("", (ROOT / page).read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    """As hosts of Markdown make them of headings."""
    headings = re.findall(r"^#+ (.+)$", _text(page.relative_to(ROOT).as_posix()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_a_table_has_a_head_and_as_many_cells_in_each_line(page: str) -> None:
    for is_row, group in groupby(_text(page).split("\n"), lambda line: line.startswith("|")):
        if is_row:
            lines = list(group)
            assert re.fullmatch(r"\|[-| :]+\|", lines[1] if len(lines) > 1 else ""), lines[0]
            assert {re.sub(r"\\\|", "", line).count("|") for line in lines} == {lines[1].count("|")}


@pytest.mark.parametrize("page", PAGES)
def test_a_link_leads_to_a_file_and_a_heading_that_are_there(page: str) -> None:
    for link in _LINK.findall(_text(page)):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        path = ((ROOT / page).parent / name).resolve() if name else ROOT / page
        assert path.exists(), link
        assert not anchor or anchor in _anchors(path), link


def test_the_page_on_operating_says_what_to_do_about_each_alarm() -> None:
    told = re.findall(r"^\| alarm `(\w+)` \|", _text("docs/operations.md"), re.MULTILINE)
    assert sorted(told) == sorted(resources(load_template(), "AWS::CloudWatch::Alarm"))
