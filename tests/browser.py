"""A headless Chromium driven over pipes by its DevTools protocol: as much of it as testing a page takes."""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
_START = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads from its descriptor 3 and writes to its descriptor 4."""

_PATIENCE_SECONDS = 60.0


class BrowserError(Exception):
    """The browser reports an error, or does not answer."""


def browser_path() -> str | None:
    """Return the browser of this machine, None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """A running browser; it reads commands from one pipe and answers on another."""

    def __init__(self, writer: int, reader: int) -> None:
        self._writer, self._reader = writer, reader
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **params: object) -> dict[str, Any]:
        """Call a method of the protocol and return its result; events that come before it are kept.

        Raises
        ------
        BrowserError
            If the method fails.
        """
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        os.write(self._writer, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            answer = self._read(end - time.monotonic())
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']}")
                return dict(answer["result"])
            self.events.append(answer)

    def _read(self, seconds: float) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while b"\0" not in self._buffer:
            if not select.select([self._reader], [], [], max(end - time.monotonic(), 0))[0]:
                raise BrowserError("the browser does not answer")
            piece = os.read(self._reader, 1 << 20)
            if not piece:
                raise BrowserError("the browser has ended")
            self._buffer += piece
        text, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(text))


class Tab:
    """One page in a browser."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: object) -> dict[str, Any]:
        """Call a method of the protocol for this page."""
        return self.browser.call(method, self.session, **params)

    def size(self, width: int, height: int, *, phone: bool = False, scale: float = 1) -> None:
        """Give the window a size in CSS pixels."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )

    def media(self, **features: str) -> None:
        """Set media features, `prefers_color_scheme="dark"`."""
        listed = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=listed)

    def open(self, path: Path) -> None:
        """Load a file and wait until it has loaded."""
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.wait(
            f"location.href.startsWith({json.dumps(path.resolve().as_uri())}) && document.readyState === 'complete'"
        )

    def run(self, script: str) -> Any:
        """Return the value of an expression of JavaScript.

        Raises
        ------
        BrowserError
            If it throws.
        """
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise BrowserError(answer["exceptionDetails"].get("exception", {}).get("description", script))
        return answer["result"].get("value")

    def wait(self, script: str, seconds: float = 30.0) -> None:
        """Wait until an expression is true.

        Raises
        ------
        BrowserError
            If it does not become true.
        """
        end = time.monotonic() + seconds
        while not self.run(script):
            if time.monotonic() > end:
                raise BrowserError(f"never true: {script}")
            time.sleep(0.02)

    def click(self, selector: str) -> None:
        """Click with the mouse on the middle of an element."""
        self.mouse("mousePressed", *self.middle(selector), button="left", clickCount=1)
        self.mouse("mouseReleased", *self.middle(selector), button="left", clickCount=1)

    def middle(self, selector: str) -> tuple[float, float]:
        """Scroll to an element and return the middle of it in the window."""
        found = self.run(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{block: "center"}});
            const frame = element.getBoundingClientRect();
            return [frame.left + frame.width / 2, frame.top + frame.height / 2];
        }})()""")
        return found[0], found[1]

    def mouse(self, kind: str, x: float, y: float, **more: object) -> None:
        """Send a mouse event."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def key(self, key: str, code: int, text: str = "") -> None:
        """Press and release a key of the keyboard."""
        for kind in ("keyDown", "keyUp"):
            typed = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **typed)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def complaints(self) -> list[str]:
        """Return what the console and the log say so far: errors, warnings, exceptions, requests to elsewhere."""
        self.run("1")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            params: Mapping[str, Any] = event.get("params", {})
            match event.get("method"):
                case "Runtime.consoleAPICalled" if params["type"] in {"error", "warning", "assert"}:
                    found.append(f"console: {params['args']}")
                case "Runtime.exceptionThrown":
                    found.append(f"exception: {params['exceptionDetails']}")
                case "Log.entryAdded" if params["entry"]["level"] in {"error", "warning"}:
                    found.append(f"log: {params['entry']['text']}")
                case "Network.requestWillBeSent" if not params["request"]["url"].startswith(
                    ("file:", "data:", "blob:")
                ):
                    found.append(f"request: {params['request']['url']}")
        return found

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """Save what the window shows, or the whole page, as PNG."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(answer["data"]))

    def print(self, path: Path) -> None:
        """Print the page as PDF on A4."""
        answer = self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)
        path.write_bytes(base64.b64decode(answer["data"]))


@contextmanager
def running_browser(profile: Path) -> Iterator[Browser]:
    """Run a browser with a fresh profile folder for as long as the block lasts.

    Raises
    ------
    BrowserError
        If there is none, or it does not start.
    """
    program = browser_path()
    if program is None:
        raise BrowserError("no Chromium is installed")
    (reads, writer), (reader, writes) = os.pipe(), os.pipe()
    # Numbers from 10 on, so that taking 3 and 4 in the new process destroys neither.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (reads, writes)]
    process = subprocess.Popen(
        [sys.executable, "-c", _START, *map(str, ends), program, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        pass_fds=ends,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    for end in (reads, writes, *ends):
        os.close(end)
    browser = Browser(writer, reader)
    try:
        browser.call("Browser.getVersion")
        yield browser
        browser.call("Browser.close")
    finally:
        os.close(writer)
        os.close(reader)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
