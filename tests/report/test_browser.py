"""Reports in a real browser: nothing is asked of the network, nothing runs, nothing is complained of; pictures are kept under build/screenshots."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from batchdrop.records.observing import Observer
from tests.report.opening import PICTURES
from tests.report.samples import hostile, isolines, real, refused, routes, wide

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.report.opening import Opener

pytestmark = pytest.mark.browser


def test_the_report_of_a_real_job_shows_every_point(open_page: Opener) -> None:
    body, observed = real()
    seen = open_page(body, "real")
    places = {(point[0], point[1]) for point in observed["points"]}
    drawn = seen.page.evaluate("document.querySelector('.map .dots').getAttribute('d').split('M').length - 1")
    assert 0.5 * len(places) < drawn <= len(places)  # places closer than a tenth of a pixel are one dot
    box = seen.page.locator(".map .dots").bounding_box()
    frame = seen.page.locator(".map").bounding_box()
    assert box
    assert frame
    assert frame["x"] <= box["x"] + 3
    assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 3
    assert seen.page.locator("h1").inner_text().startswith("us_addresses-")
    assert "Simulated." in seen.page.inner_text("body")


def test_markup_in_every_cell_stays_text(open_page: Opener) -> None:
    seen = open_page(hostile(), "hostile")
    assert seen.page.evaluate("document.scripts.length") == 0
    assert (
        seen.page.evaluate("document.querySelectorAll('img, iframe, object, embed, link, a, form').length")
        == 0
    )
    assert "alert(1)" in seen.page.content()


@pytest.mark.parametrize("name", ["routes", "isolines", "wide", "refused"])
def test_other_reports_open_as_quietly(open_page: Opener, name: str) -> None:
    made: dict[str, Callable[[], bytes]] = {
        "routes": routes,
        "isolines": isolines,
        "wide": wide,
        "refused": refused,
    }
    seen = open_page(made[name](), name)
    marks = {"routes": ".line", "isolines": ".area", "wide": ".cell", "refused": "table"}
    assert seen.page.locator(f"main {marks[name]}").count() > 0


def test_a_report_can_be_read_in_the_dark(open_page: Opener) -> None:
    seen = open_page(real()[0], "real", dark=True)
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 27)"


def test_text_stands_out_from_its_ground(open_page: Opener) -> None:
    """Contrast of at least 4.5 for every word, by WCAG's formula, in the light and in the dark."""
    for dark in (False, True):
        page = open_page(real()[0], "real", dark=dark).page
        for pair in page.evaluate(_COLOURS):
            assert contrast(pair[0], pair[1]) >= 4.5, pair


_COLOURS = """() => {
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!colour.startsWith('rgba(0, 0, 0, 0')) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = new Set();
  for (const element of document.querySelectorAll('h1, h2, p, td, th, dt, dd, caption, summary, li, figcaption, .soft, .status'))
    found.add(JSON.stringify([getComputedStyle(element).color, ground(element)]));
  return [...found].map((text) => JSON.parse(text));
}"""


def contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio of two rgb(…) colours."""

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in colour[4:-1].split(",")]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(one), light(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_a_keyboard_reaches_what_can_be_opened_and_scrolled(open_page: Opener) -> None:
    page = open_page(real()[0], "real").page
    reached = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.tagName"))
    assert {"SUMMARY", "DIV"} <= reached


def test_a_report_can_be_printed(open_page: Opener) -> None:
    page = open_page(real()[0], "real").page
    pdf = page.pdf(
        format="A4",
        print_background=True,
        margin={"top": "14mm", "bottom": "14mm", "left": "14mm", "right": "14mm"},
    )
    (PICTURES / "real-print.pdf").write_bytes(pdf)
    assert pdf.startswith(b"%PDF-")
    assert 1 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") + pdf.count(b"/Type/Page/") <= 8


def test_the_observed_state_is_plain_json(open_page: Opener) -> None:
    _, observed = real()
    state: Any = json.loads(json.dumps(observed))
    assert Observer((), 1, state=state).state["points"] == observed["points"]
    del open_page
