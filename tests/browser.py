"""A headless Chromium, by the WebDriver protocol (https://www.w3.org/TR/webdriver2)."""

import json
import shutil
import subprocess
import time
import urllib.request
from contextlib import closing, contextmanager
from socket import socket

PROGRAMS = ("chromium", "chromedriver")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--window-size=1200,900",
)  # fmt: skip
ARROWS = {"down": "\ue015", "right": "\ue014", "tab": "\ue004"}


def is_installed():
    return all(map(shutil.which, PROGRAMS))


class Browser:
    def __init__(self, address, folder):
        self.address = address
        options = {
            "args": [*FLAGS, f"--user-data-dir={folder}"],
            "binary": shutil.which("chromium"),
        }
        capabilities = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        body = {"capabilities": {"alwaysMatch": capabilities}}
        self.address += f"/session/{self.call('session', body)['sessionId']}"

    def call(self, path, body=None, method=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/{path}".rstrip("/"), data, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def open(self, path):
        self.call("url", {"url": path.as_uri()})

    def run(self, script):
        return self.call("execute/sync", {"script": f"return {script}", "args": []})

    def point_at(self, selector, x=0, y=0):
        """Move the pointer to a place, in pixels from the middle of an element."""
        self.run(f"document.querySelector({json.dumps(selector)}).scrollIntoView()")
        element = self.call("element", {"using": "css selector", "value": selector})
        move = {"type": "pointerMove", "duration": 0, "origin": element, "x": x, "y": y}
        self.call("actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [move]}]})

    def press(self, *keys):
        steps = [
            {"type": kind, "value": ARROWS[key]} for key in keys for kind in ("keyDown", "keyUp")
        ]
        self.call("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": steps}]})

    def list_errors(self):
        """Return what is on the console; to be called once."""
        return self.call("se/log", {"type": "browser"})


@contextmanager
def start_browser(folder):
    """Yield a browser that keeps what it writes in a folder."""
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    driver = subprocess.Popen(
        ["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        browser = _connect(f"http://127.0.0.1:{port}", folder)
        yield browser
        browser.call("", method="DELETE")
    finally:
        driver.terminate()
        driver.wait()


def _connect(address, folder):
    for _ in range(100):
        try:
            return Browser(address, folder)
        except (ConnectionError, urllib.error.URLError):
            time.sleep(0.1)
    raise TimeoutError("chromedriver does not answer")
