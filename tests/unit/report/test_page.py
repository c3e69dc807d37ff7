"""The page: every text is text, nothing is asked of a network, and it stays small."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from batchdrop.ports import Told
from batchdrop.records.summary import POINTS, Summary
from batchdrop.report import page, tables, wording
from tests.report.scenes import ERRORS, HOSTILE, SCENES, country, job, parked, refused, summed, told, towns

VOID = {"meta", "link", "br"}
EMPTY_OF_SVG = {"rect", "path", "circle", "line"}


class Reader(HTMLParser):
    """Collects tags with attributes; fails where tags do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in EMPTY_OF_SVG:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def read(body: bytes) -> Reader:
    reader = Reader()
    reader.feed(body.decode())
    reader.close()
    return reader


def test_notes_of_the_job_have_a_section_of_their_own() -> None:
    note = {
        "code": "PLACEHOLDERS",
        "message": "Records with <NA>: 3.",
        "remedy": "Leave them empty.",
        "count": 3,
        "line": 1200,
    }
    reader = read(page(told(towns(10), [], notes=[note])))
    text = " ".join(reader.texts)
    assert "Notes" in text
    assert "PLACEHOLDERS" in text
    assert "first in line 1,200" in text
    assert "Records with <NA>: 3." in text
    assert "Remarks about the file" not in " ".join(read(page(told(towns(10), []))).texts)


@pytest.mark.parametrize("name", SCENES)
def test_a_page_runs_nothing_and_loads_nothing(name: str) -> None:
    reader = read(page(SCENES[name]()))
    assert reader.open == []
    assert {tag for tag, _ in reader.tags}.isdisjoint(
        {"script", "iframe", "img", "object", "embed", "form", "base", "foreignobject", "use", "image"}
    )
    for tag, attributes in reader.tags:
        assert not [at for at in attributes if at.startswith("on") or at in ("style", "src", "xlink:href")]
        if "href" in attributes:
            assert attributes["href"] in (
                "data:,",
                "results.csv",
                "errors.csv",
                "problems.csv",
                "job.json",
            ), tag


def test_the_policy_allows_the_style_sheet_and_nothing_else() -> None:
    text = page(country()).decode()
    [policy] = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert (
        policy
        == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style
    assert "@import" not in style


def test_hostile_texts_are_shown_as_they_are_without_what_cannot_be_seen() -> None:
    text = page(SCENES["hostile"]()).decode()
    shown = "".join(read(text.encode()).texts)
    for hostile in HOSTILE:
        visible = re.sub("[\x00-\x1f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", "", hostile)
        assert visible in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)
    assert len(text) < 300_000


def test_the_same_is_told_in_the_same_bytes() -> None:
    assert page(country()) == page(country())


def test_an_ended_job_tells_its_numbers() -> None:
    text = "".join(read(page(country())).texts)
    for number in (
        "98.4 %",
        "2,567",
        "NO_MATCH",
        "C00017,Nowhere Lane 1,,ZZ",
        "120 equal records",
        "2 Mar 2026, 09:14:07",
        "3 min 46 s",
    ):
        assert number in text


def test_a_refused_file_tells_what_is_wrong_and_has_no_numbers() -> None:
    reader = read(page(refused()))
    text = "".join(reader.texts)
    assert "Refused" in text
    assert "No usable column for geocode" in text
    assert "Matched" not in text
    assert not [tag for tag, _ in reader.tags if tag == "svg"]


def test_a_parked_job_tells_what_can_be_done() -> None:
    text = "".join(read(page(parked())).texts)
    assert "A person is needed" in text
    assert "adopt" in text
    assert "41.67 %" in text


def test_simulated_is_said_and_only_where_it_is_so() -> None:
    assert b"No real service was asked" in page(told(towns(3), simulated=True))
    assert b"No real service was asked" not in page(told(towns(3)))


def test_a_job_without_places_has_no_map() -> None:
    text = page(SCENES["devices"]()).decode()
    assert "Where the results are" not in text
    assert "Natural Earth" not in text


def test_every_picture_has_a_name_and_every_table_headings() -> None:
    for scene in SCENES.values():
        reader = read(page(scene()))
        for tag, attributes in reader.tags:
            if tag == "svg":
                assert "aria-hidden" in attributes or (
                    attributes["role"] == "img" and ({"aria-label", "aria-labelledby"} & attributes.keys())
                )
            if tag == "th":
                assert attributes["scope"] in ("row", "col")
        names = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
        assert len(names) == len(set(names))
        told_of = {
            name
            for _, attributes in reader.tags
            for name in (attributes.get("aria-labelledby") or "").split()
        }
        assert told_of <= set(names)


def test_the_report_of_a_million_records_is_small() -> None:
    """Every part as full as it gets: shapes, cells, labels to be escaped, codes, problems."""
    whole = Summary(everything=False)
    part = summed(
        [
            (
                f"{number % 170 - 85}.{number:06d}",
                f"{number * 7 % 359 - 179}.{number:06d}",
                "<&\"'>" * 16,
                "&" * 80,
                "0.5",
                f"<{number % 290}>",
            )
            for number in range(2000)
        ],
        batch=2000,
    )
    part |= {"everything": False, "same": [[number / 10, 1.5, 5, [1, 2, 3, 4, 5]] for number in range(100)]}
    line = [[(number * 3.11111) % 180, (number * 1.77777) % 85] for number in range(100)]
    for batch in range(500):
        entry = part | {
            "points": [[2000 * batch + 1, 1.0, 2.0, "<&\"'>" * 16]],
            "shapes": [[2000 * batch + 1, [["area", [line]]]]],
            "shaped": 2000,
        }
        whole.merge(entry)
    errors = [
        ["failed", f"CODE_{code}", 5, [[number, "<" * 200, '"' * 200] for number in range(3)]]
        for code in range(61)
    ]
    problems = [
        {"code": "WRONG_TYPE", "message": "<" * 1000, "remedy": "&" * 1000, "column": '"' * 1000, "line": 1}
        for _ in range(500)
    ]
    found = told(towns(10), errors, problems=problems)
    summary = whole.to_dict()
    body = page(type(found)(found.job, errors, summary, {}, found.moments))
    assert summary["placed"] == 1_000_000
    assert 100_000 < len(body) <= 2_000_000


def test_five_thousand_points_with_long_names_are_small_too() -> None:
    answers = [(lat, lon, "<&\"'>" * 16, *rest) for lat, lon, _, *rest in towns(POINTS)]
    body = page(told(answers, ERRORS))
    assert body.count(b"<circle cx") == POINTS + 1  # and one in the key
    assert len(body) <= 2_000_000


# bars and words


def test_the_bar_is_filled_by_its_stretches_and_the_rarest_is_seen() -> None:
    found = tables.outcomes({"total": 1_000_000, "matched": 999_999}, [["failed", "X", 1, []]])
    assert [one.records for one in found] == [999_999, 1]
    assert found[-1].x + found[-1].width == pytest.approx(1000, abs=0.1)
    assert found[-1].width > 5


def test_bars_are_as_high_as_their_counts() -> None:
    bars = tables.histogram([0] * 18 + [1, 1000])
    assert [bar.height for bar in bars[-3:]] == [0, 0.8, 100]
    assert tables.histogram([0] * 20) == []
    assert [(band.low, band.records) for band in tables.bands([0] * 17 + [1, 2, 3])] == [(0.9, 5), (0.8, 1)]


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [
        (1, 1, "100 %"),
        (0, 5, "0 %"),
        (0, 0, "–"),
        (1, 3, "33.33 %"),
        (999_999, 1_000_000, "> 99.99 %"),
        (1, 1_000_000, "< 0.01 %"),
        (2519, 2520, "99.96 %"),
    ],
)
def test_a_share_is_not_rounded_to_all_or_nothing(part: int, whole: int, text: str) -> None:
    assert wording.share(part, whole) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_span_has_its_two_largest_units(seconds: float, text: str) -> None:
    assert wording.span(seconds) == text


def test_words_beyond_the_most_frequent_are_put_together() -> None:
    counts: dict[str, int] = {f"word {number}": 100 - number for number in range(10)}
    found = tables.words(counts, most=8)
    assert len(found) == 9
    assert found[-1][:2] == ("2 others", 92 + 91)


def test_a_broken_time_is_left_out_of_the_timeline() -> None:
    moments: list[Any] = [
        ("one", "2026-03-02T09:14:07Z"),
        ("two", "yesterday"),
        ("three", "2026-03-02T09:15:07Z"),
    ]
    assert [(one.what, one.after) for one in tables.timeline(moments)] == [("one", ""), ("three", "1 min")]


def test_a_job_that_broke_down_is_not_called_refused() -> None:
    records = {"total": 5, "valid": 5, "distinct": 5}
    broken = {"code": "BROKE_DOWN", "message": "batchdrop broke down before anything was sent."}
    reader = read(
        page(Told(job(records, status="failure", problems=[broken], resultsHref="", errorsHref="")))
    )
    text = "".join(reader.texts)
    assert "Failure" in text
    assert "What went wrong" in text
    assert "unprocessed" in text
    assert "problems.csv" not in text, "only a refused file has one"
