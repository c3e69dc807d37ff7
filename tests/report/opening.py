"""Opening a report as a person would, and noticing what it does."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Request

SCREENSHOTS = Path(__file__).parents[2] / "build/screenshots"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Look = Literal["desktop", "phone", "dark", "print"]
LOOKS: tuple[Look, ...] = ("desktop", "phone", "dark", "print")
_PATIENCE = (
    300_000.0  # milliseconds: a busy machine opens a page late, and only a failing test waits for so long
)
_WIDTHS = {"desktop": 1280, "dark": 1280, "phone": 390, "print": 688}  # a sheet of A4 less its margins


@dataclass
class Opened:
    """A report in the browser. said: console and page errors, dialogs; asked: every request but the page's own."""

    page: Page
    url: str
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def hear_console(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def hear_error(self, error: Error) -> None:
        self.said.append(str(error))

    def hear_dialog(self, dialog: Dialog) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()

    def hear_request(self, request: Request) -> None:
        if request.url != self.url:
            self.asked.append(request.url)

    def ask(self, script: str) -> Any:
        """What an expression is in the page; the browser's own tools may run where the page's scripts may not."""
        return self.page.evaluate(script)


@dataclass
class Opener:
    """A running browser."""

    browser: Browser

    @classmethod
    @contextmanager
    def start(cls, chromium: str) -> Iterator[Opener]:
        """The browser, for a while."""
        from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only who opens a page needs it

        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS, timeout=_PATIENCE)
            try:
                yield cls(browser)
            finally:
                browser.close()

    @contextmanager
    def open(self, path: Path, look: Look = "desktop") -> Iterator[Opened]:
        """A file, seen in one of the looks; keeps a picture of it as build/screenshots/<stem>-<look>.png."""
        context = self.browser.new_context(
            viewport={"width": _WIDTHS[look], "height": 900},
            color_scheme="dark" if look == "dark" else "light",
            device_scale_factor=2 if look == "phone" else 1,
        )
        try:
            context.set_default_timeout(_PATIENCE)
            page = context.new_page()
            opened = Opened(page, path.resolve().as_uri())
            page.on("console", opened.hear_console)
            page.on("pageerror", opened.hear_error)
            page.on("dialog", opened.hear_dialog)
            page.on("request", opened.hear_request)
            if look == "print":
                page.emulate_media(media="print")
            page.goto(opened.url)
            SCREENSHOTS.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=SCREENSHOTS / f"{path.stem}-{look}.png", full_page=True)
            yield opened
        finally:
            context.close()


@pytest.fixture(scope="session")
def opener() -> Iterator[Opener]:
    """Opens reports. Without Chromium these tests are skipped on a person's machine, and fail in CI."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        missing = "there is no Chromium here: run `make browser`, or install it by hand"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with Opener.start(found) as started:
        yield started
