#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""HTML reports in a browser: what real runs make of hostile data, read on a
screen and on a phone, in the light and in the dark, printed, and without
scripts. ASSAY_SCREENSHOTS names a folder for pictures of all of them.
"""
import http.server
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import chromium  # pylint: disable=wrong-import-position

EVIL = "<script>pwned=1</script>\"'&amp;\u202e<img src=x onerror=pwned=2>"
URL = "https://airflow.example.com/dags/nightly/grid?run=a%3A1&task=gate"

# What is wrong with a page as it is shown; empty: nothing.
MEASURE = r"""(() => {
  const wrong = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width)
    wrong.push(`the page scrolls: ${document.documentElement.scrollWidth}`);
  const scrolls = element => element.closest(".scroll, .chart, pre, .vh, svg");
  for (const element of document.body.querySelectorAll("*")) {
    if (scrolls(element) || !element.getClientRects().length) continue;
    const box = element.getBoundingClientRect();
    // Cut by its own element, as long labels of a list are.
    const cut = element.closest(".label");
    if (box.right > width + 0.5 && !(cut && cut !== element))
      wrong.push(`${element.tagName}.${element.className} ends at ` +
                 `${box.right} of ${width}`);
  }
  const parse = text => {
    const numbers = text.match(/[\d.]+/g).map(Number);
    return numbers.length > 3 ? numbers : [...numbers, 1];
  };
  const over = (top, below) => {
    const a = top[3];
    return [0, 1, 2].map(i => top[i] * a + below[i] * (1 - a)).concat(1);
  };
  const known = new Map();
  const background = element => {
    if (!element) return [255, 255, 255, 1];
    if (!known.has(element)) {
      const color = parse(getComputedStyle(element).backgroundColor);
      known.set(element, color[3] === 1 ? color : over(color, background(
          element.parentElement)));
    }
    return known.get(element);
  };
  const light = color => {
    const [r, g, b] = color.slice(0, 3).map(c => {
      c /= 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let texts = 0, least = 21;
  const walker = document.createTreeWalker(document.body, 4);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("script, title") ||
        !element.getClientRects().length) continue;
    const style = getComputedStyle(element);
    const below = background(element);
    const svg = element.namespaceURI.endsWith("svg");
    const color = over(parse(svg ? style.fill : style.color), below);
    const [a, b] = [light(color), light(below)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    ++texts;
    least = Math.min(least, contrast);
    if (contrast < 4.5)
      wrong.push(`contrast ${contrast.toFixed(2)} of ` +
                 walker.currentNode.data.trim().slice(0, 40));
  }
  if (texts < 10) wrong.push(`only ${texts} texts`);
  if (document.documentElement.lang !== "en") wrong.push("no language");
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");
  let level = 1;
  for (const heading of document.querySelectorAll("h1, h2, h3, h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) wrong.push(`${heading.tagName} follows h${level}`);
    level = next;
  }
  for (const cell of document.querySelectorAll("th"))
    if (!cell.scope) wrong.push("a th without scope");
  for (const field of document.querySelectorAll("input, select"))
    if (!field.labels.length) wrong.push(`no label: ${field.name}`);
  for (const link of document.querySelectorAll("a"))
    if (!(link.textContent || link.getAttribute("aria-label")).trim())
      wrong.push("a link without text");
  return wrong;
})()"""
OPEN_ALL = "document.querySelectorAll('details').forEach(d => d.open = true)"
SLOW = ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE "
        "i < 400000) SELECT COUNT(*) FROM n AS a JOIN (SELECT 1 FROM n LIMIT "
        "60) AS b")


class ReportPagesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.directory.name)
        cls.addClassCleanup(cls.directory.cleanup)
        cls.sqlite, cls.postgresql, _ = assay.databases(cls.path)
        name = EVIL.replace('"', '""')
        value = EVIL.replace("'", "''")
        cls.sqlite.load(
            "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, name "
            "VARCHAR(200), district VARCHAR(200), amount DECIMAL(10,2), secret "
            "VARCHAR(40));"
            f"CREATE TABLE \"{name}\" (id INTEGER PRIMARY KEY NOT NULL, "
            f"\"{name}\" VARCHAR(2000));"
            f"INSERT INTO \"{name}\" VALUES (1, '{value}'), (2, NULL), "
            f"(3, '{'x' * 1900}'), (4, ' '), (5, '')")
        cls.postgresql.load(
            "DROP TABLE IF EXISTS html_t; CREATE TABLE html_t (id INTEGER "
            "PRIMARY KEY, name VARCHAR(200), district VARCHAR(200), amount "
            "NUMERIC(10,2), secret VARCHAR(40));")
        cls.addClassCleanup(cls.postgresql.load, "DROP TABLE html_t;")
        for database, table, names in ((cls.sqlite, "t", ("Alberta", "7.25")),
                                       (cls.postgresql, "html_t",
                                        (" ", "7.20"))):
            rows = [f"({i}, 'row {i}', '{names[0]}', {names[1]}, "
                    f"'hidden-{table}-{i}')" for i in range(1, 61)]
            rows += [f"({i}, '{value}', 'same', 1.00, 'hidden')" for i in
                     (range(100, 103) if table == "t" else range(101, 105))]
            database.load(f"INSERT INTO {table} VALUES {', '.join(rows)};")
        cls.server = assay.Server({
            "legacy": {"odbc": cls.sqlite.odbc, "masked_columns": ["secret"]},
            "warehouse": cls.postgresql.odbc})
        cls.server.start()
        cls.addClassCleanup(cls.server.__exit__)
        cls.browser = chromium.Chromium()
        cls.browser.__enter__()
        cls.addClassCleanup(cls.browser.__exit__)

    def rules(self, extra=""):
        return ("version: 1\nname: shop/move\nmigration: shop\ntables:\n"
                "  - connection: legacy\n"
                f"    table: {assay.quoted(EVIL)}\n    rules:\n"
                f"      - not_null: [{assay.quoted(EVIL)}]\n"
                f"      - length: {{column: {assay.quoted(EVIL)}, min: 2000}}\n"
                "        description: " + assay.quoted(EVIL) + "\n"
                f"      - row_count: {{min: 1}}\n"
                "        id: enough\n" + extra +
                "comparisons:\n"
                "  - source: {connection: legacy, table: t}\n"
                "    target: {connection: warehouse, table: html_t}\n"
                "    key: [id]\n    rules:\n      - full_diff: {}\n"
                "        samples: 8\n      - row_count: {tolerance: 0}\n")

    def file(self, name, *args, **kwargs):
        """What a command writes, as a file for the browser."""
        done = self.server.assay(*args, **kwargs)
        path = self.path / name
        path.write_text(done.stdout)
        self.assertTrue(done.stdout.startswith("<!DOCTYPE html>"),
                        done.stderr)
        return path

    def look(self, path, **kwargs):
        """The page, after what each page must be."""
        address = path.as_uri() if isinstance(path, pathlib.Path) else path
        page = self.browser.open(address, **kwargs)
        page.evaluate(OPEN_ALL)
        self.assertEqual(page.evaluate(MEASURE), [], (address, kwargs))
        self.assertEqual(page.complaints, [], (address, kwargs))
        self.assertEqual(page.requests, [address])
        self.assertEqual(page.evaluate("typeof pwned"), "undefined")
        folder = os.environ.get("ASSAY_SCREENSHOTS")
        if folder:
            looks = "-".join(f"{key}_{value}" for key, value in kwargs.items())
            name = address.rsplit("/", 1)[1].removesuffix(".html")
            page.screenshot(f"{folder}/{name}-{looks}.png")
        return page

    def look_everywhere(self, path):
        for width in (360, 768, 1280):
            for dark in (False, True):
                self.look(path, width=width, dark=dark)
        self.look(path, width=800, media="print")
        page = self.look(path, scripts=False)
        self.assertEqual(page.evaluate("document.querySelectorAll('button."
                                       "copy').length"), 0)
        return page

    def test_a_failed_run_of_hostile_data(self):
        for _ in range(2):  # A history.
            self.server.gate(self.rules())
        path = self.path / "failed.html"
        done = self.server.assay(
            "run", "-", "--format", "html", "--output", path, "--label",
            f"url={URL}", "--label", "evil=javascript:pwned=3", "--label",
            f"x={EVIL}", stdin=self.rules())
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("FAIL -> HOLD", done.stdout)
        page = self.look_everywhere(path)
        text = page.evaluate("document.body.innerText")
        shown = EVIL.replace("\u202e", "\\u{202e}")
        for part in ("FAIL → HOLD", "became ' '", "Alberta", shown,
                     "missing on the target", "extra on the target",
                     "assay recheck", "assay differences"):
            self.assertIn(part, text)
        # Of a masked column only that it differs.
        self.assertNotIn("hidden-", path.read_text())
        self.assertIn("*** masked", text)
        # Source and target side by side, what differs marked.
        self.assertIn("7.25|7.2", page.evaluate(
            "[...document.querySelectorAll('.diff .ne')].map(r => [...r."
            "querySelectorAll('td .v')].map(c => c.textContent).join('|'))"))
        self.assertIn("5", page.evaluate(
            "[...document.querySelectorAll('.diff mark')].map(m => "
            "m.textContent)"))
        # Nothing but the label that is a web address leads anywhere.
        self.assertEqual(page.evaluate(
            "[...document.querySelectorAll('a')].map(a => a.getAttribute("
            "'href')).filter(h => !h.startsWith('#'))"), [URL])
        # Three runs, each with its letter; the last is this one.
        self.assertEqual(page.evaluate(
            "[...document.querySelectorAll('.chart text')].map(t => "
            "t.textContent)"), ["F", "F", "F"])
        self.assertEqual(page.evaluate(
            "document.querySelectorAll('.chart .this').length"), 1)
        # The value of 1900 bytes is cut, and says so.
        self.assertRegex(text, r"x{1024}\s*… cut")

    def test_sql_is_copied_as_it_is(self):
        code, report = self.server.gate(self.rules())
        self.assertEqual(code, 1)
        page = self.look(self.file("copy.html", "show", report["run_id"],
                                   "--format", "html"))
        statements = [s for result in report["results"]
                      for s in (result["sql"], result["target_sql"]) if s]
        shown = page.evaluate("[...document.querySelectorAll('pre:not(.file)')"
                              "].map(p => p.textContent)")
        self.assertEqual(sorted(shown), sorted(statements))
        self.assertTrue(any("\u202e" in text for text in shown))
        # The rule set's text, too.
        self.assertEqual(page.evaluate(
            "document.querySelector('pre.file').textContent"), self.rules())
        self.browser.call("Browser.grantPermissions", {
            "permissions": ["clipboardReadWrite",
                            "clipboardSanitizedWrite"]})
        page.call("Page.bringToFront")
        copied = page.evaluate(
            "(async () => { const button = document.querySelector('.copy');"
            "button.click(); for (let i = 0; i < 200 && button.textContent !=="
            "'Copied'; ++i) await new Promise(r => setTimeout(r, 20)); return "
            "[button.textContent, await navigator.clipboard.readText()]; })()")
        self.assertEqual(copied, ["Copied", shown[0]])
        # A rule leads to its line of the text, also where that is closed.
        line = page.evaluate(
            "(() => { document.querySelectorAll('details').forEach(d => d.open "
            "= false); const a = document.querySelector('a[href^=\"#L\"]');"
            "a.click(); const l = document.querySelector(':target');"
            "return [a.textContent, l.textContent, "
            "l.closest('details').open]; })()")
        number = int(re.search(r"\d+", line[0])[0])
        self.assertEqual(line[1].rstrip("\n"),
                         self.rules().splitlines()[number - 1])
        self.assertTrue(line[2])

    def test_the_policy_of_a_page_stops_what_got_into_it(self):
        """Were a value ever to become markup, it would still do nothing."""
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{server.server_port}"
            _, report = self.server.gate(self.rules())
            path = self.file("policy.html", "show", report["run_id"],
                             "--format", "html")
            path.write_text(path.read_text().replace("<main>", (
                "<main><script>pwned=1</script><p id=p style='color:#010203' "
                f"onclick='pwned=2'>x</p><img src='{address}/img'><script src="
                f"'{address}/js'></script><link rel=stylesheet href='{address}"
                f"/css'><iframe src='{address}/frame'></iframe><style>#p"
                "{width:7px}</style>")))
            page = self.browser.open(path.as_uri())
            page.evaluate("document.getElementById('p').click()")
            self.assertEqual(page.evaluate("typeof pwned"), "undefined")
            self.assertEqual(page.evaluate(
                "getComputedStyle(document.getElementById('p')).color"),
                page.evaluate("getComputedStyle(document.body).color"))
            self.assertNotEqual(page.evaluate(
                "getComputedStyle(document.getElementById('p')).width"), "7px")
            self.assertGreaterEqual(len(page.complaints), 6, page.complaints)
            self.assertEqual(asked, [])
            # Without the policy all of it would have come.
            path.write_text(re.sub("<meta http-equiv=\"Content-Security[^>]*>",
                                   "", path.read_text()))
            page = self.browser.open(path.as_uri())
            self.assertEqual(page.evaluate("pwned"), 1)
            self.assertGreaterEqual(len(asked), 3)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def test_a_page_follows_its_run(self):
        self.follow("followed.html", lambda path: [
            "run", "-", "--format", "html", "--output", path])

    def test_a_page_follows_a_run_that_is_watched(self):
        def command(path):
            done = self.server.assay("run", "-", "--detach",
                                     stdin=self.slow_rules())
            return ["watch", done.stdout.strip(), "--format", "html",
                    "--output", path]
        self.follow("watched.html", command)

    def slow_rules(self):
        return self.rules(f"      - query: {{sql: {assay.quoted(SLOW)}, "
                          "expect: value, min: 0}\n        id: slow\n")

    def follow(self, name, command):
        path = self.path / name
        args = [str(a) for a in command(path)]
        process = subprocess.Popen(
            [assay.BIN / "assay", "--server", self.server.address, *args],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        try:
            if args[0] == "run":
                process.stdin.write(self.slow_rules().encode())
            process.stdin.close()
            process.stdin = None
            assay.wait_for(path.exists, what="the page")
            page = self.browser.open(path.as_uri())
            heading = "document.querySelector('h1').textContent"
            seen = [page.evaluate(heading)]
            self.assertRegex(seen[0], "^(PENDING|RUNNING) → HOLD")
            self.assertEqual(page.evaluate(
                "document.querySelector('meta[http-equiv=refresh]').content"),
                "2")
            # It loads itself until the verdict is there, and then no more.
            loads = page.loads
            while "FAIL" not in seen[-1]:
                page.wait_load(loads + 1)
                loads = page.loads
                seen.append(page.evaluate(heading))
            self.assertGreaterEqual(len(seen), 2)
            output, errors = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 1, errors)
            self.assertIn(b"FAIL -> HOLD", output)
            time.sleep(3)
            page.evaluate("1")
            self.assertEqual(page.loads, loads)
            self.assertNotIn("http-equiv=\"refresh\"", path.read_text())
            self.look(path)
        finally:
            process.kill()
            process.communicate()

    def test_a_run_of_which_nothing_is_known(self):
        out = self.path / "out"
        done = assay.assay("--server", f"unix:{self.path}/nobody", "run", "-",
                           "--wait-server", "0s", "--out-dir", out,
                           stdin=self.rules())
        self.assertEqual(done.returncode, 3)
        page = self.look_everywhere(out / "report.html")
        self.assertIn("ERROR → HOLD", page.evaluate("document.body.innerText"))
        self.assertIn("SERVER_UNREACHABLE",
                      page.evaluate("document.body.innerText"))
        # A folder is complete on every way out; with a server, with a history.
        done = self.server.assay("run", "-", "--out-dir", out,
                                 stdin=self.rules())
        self.assertEqual(done.returncode, 1)
        page = self.look(out / "report.html")
        self.assertGreaterEqual(page.evaluate(
            "document.querySelectorAll('.chart text').length"), 1)
        done = self.server.assay("run", "-", "--out-dir", out,
                                 stdin="nonsense: [")
        self.assertEqual(done.returncode, 2)
        self.assertIn("ERROR → HOLD", (out / "report.html").read_text())

    def test_many_rules(self):
        """A page of a thousand rules is there in a moment."""
        rules = "".join(f"      - range: {{column: id, min: 1, max: {n}}}\n"
                        for n in range(5, 1005))
        code, report = self.server.gate(self.rules(rules))
        self.assertEqual(code, 1)
        self.assertEqual(len(report["results"]), 1005)
        path = self.file("many.html", "show", report["run_id"], "--format",
                         "html")
        self.assertLess(path.stat().st_size, 4 << 20)
        begin = time.monotonic()
        page = self.browser.open(path.as_uri(), width=360)
        took = time.monotonic() - begin
        self.assertLess(took, 15)
        self.assertEqual(page.evaluate(
            "document.querySelectorAll('article, details.other').length"),
            1005)
        self.assertEqual(page.evaluate(
            "document.documentElement.scrollWidth"), 360)

    def test_a_list_of_runs(self):
        self.server.gate(self.rules(), "--label", f"url={URL}", "--label",
                         f"x={EVIL}")
        page = self.look_everywhere(self.file("list.html", "runs", "--format",
                                              "html"))
        self.assertGreaterEqual(page.evaluate(
            "document.querySelectorAll('.runs tbody tr').length"), 1)
        self.assertIn("✗ FAIL", page.evaluate("document.body.innerText"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
