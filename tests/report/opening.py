"""Opening reports in headless Chromium: what a page asked for, what it complained of, and pictures of it under build/screenshots."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.template.loading import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Dialog, Page

PICTURES = ROOT / "build" / "screenshots"
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = {"desktop": (1100, 900), "phone": (390, 844)}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; a machine without one skips these tests, CI does not."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        why = "no Chromium on this machine: `apt-get install chromium`, or the like"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(why)
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only who opens a page needs it

    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=found, args=list(FLAGS))
        yield opened
        opened.close()


class Seen:
    """What a page did while it was open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._dialog)

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(dialog.message)
        dialog.dismiss()


Opener = Callable[..., Seen]


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """Opens a report as a file, as a person would, and keeps its pictures."""
    contexts = []

    def opened(body: bytes, name: str, *, dark: bool = False) -> Seen:
        path = tmp_path / f"{name}.html"
        path.write_bytes(body)
        context = browser.new_context(color_scheme="dark" if dark else "light")
        contexts.append(context)
        seen = Seen(context.new_page())
        seen.page.goto(path.as_uri())
        PICTURES.mkdir(parents=True, exist_ok=True)
        for size, (width, height) in SIZES.items():
            seen.page.set_viewport_size({"width": width, "height": height})
            seen.page.screenshot(
                path=PICTURES / f"{name}-{size}{'-dark' if dark else ''}.png", full_page=True
            )
            assert seen.page.evaluate("document.documentElement.scrollWidth") <= width, (
                f"{size}: the page is wider than the screen"
            )
        assert seen.requests == [path.as_uri()]
        assert not seen.complaints
        return seen

    yield opened
    for context in contexts:
        context.close()
