# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium of the test's own, driven over its debugging pipe.

Only the standard library: messages are JSON, each ended by a NUL byte, on the
browser's file descriptors 3 and 4. Ended by __exit__ whatever happens.
"""
import base64
import json
import os
import pathlib
import selectors
import shutil
import subprocess
import tempfile
import time


class Page:
    """What a browser made of one address."""

    def __init__(self, browser, session):
        self.browser = browser
        self.session = session
        self.requests = []  # Addresses that were asked for, the page's first.
        self.complaints = []  # Of the console: errors, refused by policy, …
        self.loads = 0

    def call(self, method, **params):
        return self.browser.call(method, params, self.session)

    def on_event(self, method, params):
        if method == "Page.loadEventFired":
            self.loads += 1
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "Log.entryAdded":
            entry = params["entry"]
            self.complaints.append(f"{entry['level']}: {entry['text']}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled":
            self.complaints.append(json.dumps(params["args"]))

    def wait_load(self, count, seconds=30):
        self.browser.pump(lambda: self.loads >= count, seconds,
                          f"load {count} of {self.requests}")

    def evaluate(self, script):
        """The value of a JavaScript expression; a promise's, awaited."""
        answer = self.call("Runtime.evaluate", expression=script,
                           returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def screenshot(self, path):
        """The whole page, to its end, as a PNG."""
        answer = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        pathlib.Path(path).write_bytes(base64.b64decode(answer["data"]))


class Chromium:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="assay-chromium-")
        self.process = None
        self.number = 0
        self.answers = {}
        self.pages = {}
        self.buffer = b""

    def __enter__(self):
        program = shutil.which("chromium")
        if program is None:
            raise RuntimeError("no chromium: deploy/packages.sh test")
        to_read, self.to_write = os.pipe()
        self.to_read, to_write = os.pipe()
        log = open(os.path.join(self.directory, "log"), "wb")

        def fixed_descriptors():
            # Not 3 or 4 before it is known that neither is one of ours.
            read, write = os.dup(to_read), os.dup(to_write)
            os.dup2(read, 3)
            os.dup2(write, 4)

        with log:
            self.process = subprocess.Popen(
                [program, "--headless", "--no-sandbox", "--disable-gpu",
                 "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--disable-sync",
                 "--disable-component-update", "--hide-scrollbars",
                 "--font-render-hinting=none", "--remote-debugging-pipe",
                 f"--user-data-dir={self.directory}/profile"],
                preexec_fn=fixed_descriptors, close_fds=False,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        os.close(to_read)
        os.close(to_write)
        os.set_blocking(self.to_read, False)
        try:
            self.call("Browser.getVersion", {})
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close", {})
            self.process.wait(timeout=10)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            # Its helpers are children in a group of their own.
            os.killpg(self.process.pid, 9)
            self.process.wait()
        os.close(self.to_read)
        os.close(self.to_write)
        shutil.rmtree(self.directory, ignore_errors=True)

    def log(self):
        path = pathlib.Path(self.directory) / "log"
        return path.read_text(errors="replace")[-2000:]

    def pump(self, condition, seconds, what):
        """Takes messages until `condition()` is true."""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.to_read, selectors.EVENT_READ)
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"waited {seconds} s for {what}")
                if not selector.select(left):
                    continue
                chunk = os.read(self.to_read, 1 << 16)
                if not chunk:
                    raise AssertionError(f"chromium ended: {self.log()}")
                self.buffer += chunk
                *messages, self.buffer = self.buffer.split(b"\0")
                for message in messages:
                    self.take(json.loads(message))

    def take(self, message):
        if "id" in message:
            self.answers[message["id"]] = message
        elif message.get("sessionId") in self.pages:
            self.pages[message["sessionId"]].on_event(message["method"],
                                                      message["params"])

    def call(self, method, params, session=None):
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.to_write, json.dumps(message).encode() + b"\0")
        self.pump(lambda: number in self.answers, 60, method)
        answer = self.answers.pop(number)
        if "error" in answer:
            raise AssertionError(f"{method}: {answer['error']}")
        return answer["result"]

    def open(self, address, width=1280, dark=False, media="", scripts=True):
        """A new page of this address, loaded."""
        target = self.call("Target.createTarget", {"url": "about:blank"})
        session = self.call("Target.attachToTarget",
                            {"targetId": target["targetId"],
                             "flatten": True})["sessionId"]
        page = self.pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        page.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=800, deviceScaleFactor=1, mobile=width < 600)
        page.call("Emulation.setEmulatedMedia", media=media, features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}])
        page.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        before = page.loads
        page.call("Page.navigate", url=str(address))
        page.wait_load(before + 1)
        return page
