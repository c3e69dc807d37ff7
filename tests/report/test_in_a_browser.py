"""The report in a real browser: quiet, alone, readable at every width, and nothing in the data can change that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from batchdrop.report import page
from tests.report.opening import LOOKS
from tests.report.scenes import SCENES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.report.opening import Look, Opener

pytestmark = pytest.mark.browser

CONTRAST = """() => {
  const light = color => { const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(v => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const ground = at => { for (; at; at = at.parentElement) { const color = getComputedStyle(at).backgroundColor; if (!/, 0\\)$|transparent/.test(color)) return color; } return 'rgb(255, 255, 255)'; };
  const low = [];
  for (const at of document.querySelectorAll('body *:not(svg *):not(svg)')) {
    if (![...at.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
    const [one, other] = [light(getComputedStyle(at).color), light(ground(at))].sort((a, b) => b - a);
    const contrast = (one + .05) / (other + .05);
    if (contrast < 4.5) low.push(`${at.tagName}.${at.className} ${contrast.toFixed(2)}`);
  }
  return low; }"""


@pytest.fixture(scope="session", params=SCENES)
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of each scene."""
    path = tmp_path_factory.mktemp("report") / f"{request.param}.html"
    path.write_bytes(page(SCENES[request.param]()))
    return path


@pytest.mark.parametrize("look", LOOKS)
def test_it_opens_quietly_asks_for_nothing_and_fits_the_width(
    report: Path, look: Look, opener: Opener
) -> None:
    with opener.open(report, look) as opened:
        assert opened.said == []
        assert opened.asked == []
        assert opened.ask("document.scripts.length") == 0
        assert opened.ask("document.documentElement.scrollWidth <= innerWidth"), (
            "a page is not scrolled sideways"
        )
        assert opened.ask(CONTRAST) == []
        assert opened.ask("getComputedStyle(document.body).fontSize") in ("16px", "12px"), (
            "the style sheet is at work"
        )


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All reports, by the name of their scene."""
    folder = tmp_path_factory.mktemp("reports")
    for name in ("country", "crowd", "routes", "isolines", "two_continents", "hostile"):
        (folder / f"{name}.html").write_bytes(page(SCENES[name]()))
    return folder


LARGE, SMALL = ".map:not(.small) > svg", ".map.small > svg"


@pytest.mark.parametrize(
    ("name", "what", "count"),
    [("country", f"{LARGE} .dots circle", 2397), ("country", f"{SMALL} .far", 3), ("country", f"{LARGE} .same", 1),
     ("routes", f"{LARGE} .lines path", 30), ("isolines", f"{LARGE} .areas path", 20), ("crowd", f"{LARGE} .dots circle", 0)],
)  # fmt: skip
def test_the_map_has_what_the_job_found(name: str, what: str, count: int, made: Path, opener: Opener) -> None:
    with opener.open(made / f"{name}.html") as opened:
        assert opened.ask(f"document.querySelectorAll('{what}').length") == count
        seen = opened.ask(
            "[...document.querySelectorAll('.map:not(.small) > svg .dots circle')].every(dot => {"
            "const [a, b] = [dot.getBoundingClientRect(), dot.ownerSVGElement.getBoundingClientRect()];"
            "return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom && a.width > 3; })"
        )
        assert seen


@pytest.mark.parametrize("look", ["desktop", "phone"])
def test_a_shape_on_a_map_of_continents_is_seen_at_every_width(
    look: Look, made: Path, opener: Opener
) -> None:
    with opener.open(made / "two_continents.html", look) as opened:
        widths = opened.ask(
            f"[...document.querySelectorAll('{LARGE} .small-shapes circle')].map(dot => dot.getBoundingClientRect().width)"
        )
        assert len(widths) == 2
        assert min(widths) >= 7


def test_a_hostile_file_changes_nothing_but_texts(made: Path, opener: Opener) -> None:
    with opener.open(made / "hostile.html") as opened:
        assert (
            opened.ask(
                "document.querySelectorAll('script, iframe, img, [onerror], [onload], [style]').length"
            )
            == 0
        )
        assert opened.ask("document.title").startswith("<script>alert(1)<script>.csv")
        assert opened.ask("document.querySelectorAll('style').length") == 1
        assert opened.ask("getComputedStyle(document.querySelector('footer')).display") == "block"
        assert "</script><script src" in opened.ask("document.body.innerText")
        assert opened.ask("document.querySelectorAll('.code q')[8].getBoundingClientRect().height") < 400


def test_no_script_would_run_even_if_one_stood_in_the_page(
    made: Path, tmp_path: Path, opener: Opener
) -> None:
    """The policy, tried: a page with a script put in by hand."""
    broken = tmp_path / "broken.html"
    text = (
        (made / "country.html")
        .read_text()
        .replace(
            "<main>", "<main><script>document.title = 'taken'</script><b style='color:red' onclick='1'>x</b>"
        )
    )
    broken.write_text(text.replace("</main>", "<img src='http://127.0.0.1:9/x.png'></main>"))
    with opener.open(broken) as opened:
        assert opened.ask("document.title") == "customers.csv – job report"
        assert opened.said
        assert all("Content Security Policy" in said for said in opened.said)


def test_it_can_be_walked_through_by_keyboard(made: Path, opener: Opener) -> None:
    with opener.open(made / "country.html") as opened:
        stops = []
        for _ in range(8):
            opened.page.keyboard.press("Tab")
            stops.append(
                opened.ask(
                    "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent"
                )
            )
            assert opened.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
            if stops[-1] == "job.json":
                break
        assert stops == [
            "Outcomes",
            "Results far from the others",
            "Different records at the very same point",
            "results.csv",
            "errors.csv",
            "job.json",
        ]


def test_a_screen_reader_hears_headings_and_pictures_in_order(made: Path, opener: Opener) -> None:
    with opener.open(made / "country.html") as opened:
        heard = opened.page.locator("body").aria_snapshot()
    places = [
        heard.index(words)
        for words in (
            'heading "customers.csv" [level=1]',
            'heading "Outcomes" [level=2]',
            'img "Map of the results',
            'img "Answers by confidence',
            'heading "Timeline"',
        )
    ]
    assert places == sorted(places)
