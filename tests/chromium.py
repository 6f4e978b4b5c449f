"""A real Chromium to look at pages with: pictures, paper, the accessibility tree, what it asked the network for."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = [name for name, path in (("chromium", BROWSER), ("chromedriver", DRIVER)) if path is None]
"""What is not installed; on Debian, the packages chromium and chromium-driver."""

_ALONE = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip


class Chromium:
    """A browser with one page open."""

    def __init__(self, driver: webdriver.Chrome) -> None:
        self._driver = driver

    def open(self, page: Path, *, width: int = 1180, dark: bool = False) -> None:
        """Open a page on a screen so wide, a light or a dark one."""
        self._screen(width, 900)
        self._do(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}],
        )
        self._driver.get("about:blank")
        self.messages()
        self.requests()
        self._driver.get(page.as_uri())

    def run(self, script: str) -> Any:
        """Run a script in the page and return its result."""
        return self._driver.execute_script(script)

    def messages(self) -> list[str]:
        """Return what the console said since the last time."""
        return [str(each["message"]) for each in self._driver.get_log("browser")]  # type: ignore[no-untyped-call]  # selenium types not all of itself

    def requests(self) -> list[str]:
        """Return every address asked for since the last time."""
        events = [json.loads(each["message"])["message"] for each in self._driver.get_log("performance")]  # type: ignore[no-untyped-call]  # as above
        return [each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"]

    def accessibility(self) -> list[dict[str, Any]]:
        """Return what a screen reader is told: each with `role`, `name` and `level`, in the order of the page."""
        nodes = {each["nodeId"]: each for each in self._do("Accessibility.getFullAXTree")["nodes"]}
        root = next(each for each in nodes.values() if not each.get("parentId"))

        def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
            if not node.get("ignored"):
                level = [each["value"]["value"] for each in node.get("properties", []) if each["name"] == "level"]
                yield {
                    "role": node["role"]["value"],
                    "name": node.get("name", {}).get("value", ""),
                    "level": level[0] if level else None,
                }
            for child in node.get("childIds", []):
                yield from walk(nodes[child])

        return list(walk(root))

    def picture(self, height: int | None = None) -> bytes:
        """Return the page as PNG, down to its end or to a height."""
        width = self.run("return window.innerWidth")
        tall = height or self.run("return document.documentElement.scrollHeight")
        self._screen(width, tall)
        return base64.b64decode(self._do("Page.captureScreenshot")["data"])

    def paper(self) -> bytes:
        """Return the page as PDF, printed as its style asks, without backgrounds as browsers do by default."""
        return base64.b64decode(self._do("Page.printToPDF", preferCSSPageSize=True)["data"])

    def _screen(self, width: int, height: int) -> None:
        self._do(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )

    def _do(self, command: str, **arguments: Any) -> Any:
        return self._driver.execute_cdp_cmd(command, arguments)


@contextmanager
def chromium() -> Iterator[Chromium]:
    """Start a browser with a profile of its own, and end it."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = str(BROWSER)
        for argument in (*_ALONE, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
        try:
            yield Chromium(driver)
        finally:
            driver.quit()
