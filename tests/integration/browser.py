# Copyright (c) 2026 the kubeflow.bootstrap authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Debian's Chromium, with no window, for the tests of the pages."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import typing as t
from collections.abc import Iterator
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

TOOL = Path(__file__).parents[2] / "tools" / "browser"
_FLAGS = ("headless", "no-sandbox", "disable-gpu", "disable-background-networking", "no-first-run", "disable-sync", "window-size=1280,900")
_CONTRAST = (Path(__file__).parent / "contrast.js").read_text(encoding="utf-8")


class Browser:
    """One window. ``downloads`` is where files go that are saved."""

    def __init__(self, driver: webdriver.Chrome, downloads: Path) -> None:
        self.driver = driver
        self.downloads = downloads

    def open(self, file: Path, theme: str = "light", width: int = 1280) -> Browser:
        """Open a page from disk; it must have drawn itself, asked for nothing, and complained of nothing."""
        # Nothing glides: a click must hit what is where it is now.
        media = [{"name": "prefers-color-scheme", "value": theme}, {"name": "prefers-reduced-motion", "value": "reduce"}]
        self.command("Emulation.setEmulatedMedia", features=media)
        self.command("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.driver.get(file.as_uri())
        assert self.run("return document.documentElement.dataset.ready") == "true", self.driver.get_log("browser")
        self.quiet()
        return self

    def quiet(self) -> None:
        """Nothing was fetched, and nothing was complained of."""
        assert self.run("return performance.getEntriesByType('resource').map((each) => each.name)") == []
        assert self.driver.get_log("browser") == []

    def run(self, script: str, *arguments: t.Any) -> t.Any:
        return self.driver.execute_script(script, *arguments)

    def pause(self) -> None:
        """Let the page go on for a moment."""
        self.driver.execute_async_script("setTimeout(arguments[0], 25)")

    def until(self, condition: str) -> None:
        """Wait until a JavaScript expression is true, for a minute at most."""
        for _try in range(2400):
            if self.run(f"return {condition}"):
                return
            self.pause()
        raise AssertionError(f"not within a minute: {condition}")

    def command(self, name: str, **arguments: t.Any) -> t.Any:
        return self.driver.execute_cdp_cmd(name, arguments)

    def all(self, css: str) -> list[WebElement]:
        """What matches and can be seen."""
        return [each for each in self.driver.find_elements(By.CSS_SELECTOR, css) if each.is_displayed()]

    def one(self, css: str) -> WebElement:
        elements = self.all(css)
        assert len(elements) == 1, (css, [each.text for each in elements])
        return elements[0]

    def press(self, *keys: str) -> WebElement:
        """Press keys where the focus is; returns where it is then."""
        for key in keys:
            self.driver.switch_to.active_element.send_keys(getattr(Keys, key, key))
        return self.driver.switch_to.active_element

    def text(self, css: str = "body") -> str:
        return str(self.run("return document.querySelector(arguments[0]).innerText", css))

    def pale(self) -> list[str]:
        """Texts whose contrast with what is behind them is less than 4.5, as WCAG 2.2 (1.4.3) counts it."""
        texts: list[str] = self.run(_CONTRAST)
        return texts

    def unnamed(self) -> list[str]:
        """What can be operated and has no name, as the browser tells a screen reader."""
        self.command("Accessibility.enable")
        roles = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio"}
        return [
            node["role"]["value"]
            for node in self.command("Accessibility.getFullAXTree")["nodes"]
            if not node["ignored"] and node["role"]["value"] in roles and not node.get("name", {}).get("value")
        ]

    def sound(self, file: Path) -> None:
        """Light and dark, wide and narrow: legible, all named, nothing wider than the window, headings in order."""
        for theme, width in (("light", 1280), ("dark", 360)):
            self.open(file, theme, width)
            assert self.pale() == []
            assert self.unnamed() == []
            assert self.run("return document.documentElement.scrollWidth") <= width
            levels = [int(each.tag_name[1]) for each in self.all("h1, h2, h3")]
            assert levels[0] == 1 and all(later - before <= 1 for before, later in zip(levels, levels[1:], strict=False)), levels

    def embedded(self) -> t.Any:
        """The data that the page was made of."""
        return json.loads(self.run("return document.getElementById('data').textContent"))

    def pages(self) -> bytes:
        """The page as a PDF."""
        return base64.b64decode(self.command("Page.printToPDF", printBackground=True)["data"])


@contextlib.contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A browser with a user of its own in ``folder``."""
    browser, driver = subprocess.run([str(TOOL)], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for flag in (*_FLAGS, f"user-data-dir={folder / 'user'}"):
        options.add_argument(f"--{flag}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    window = webdriver.Chrome(options=options, service=Service(driver))
    try:
        downloads = folder / "downloads"
        downloads.mkdir()
        window.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})
        yield Browser(window, downloads)
    finally:
        window.quit()
