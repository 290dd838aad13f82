#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Documents that repeat what the code says must say the same."""
import os
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASSAY = pathlib.Path(os.environ.get("ASSAY_BUILD_DIR",
                                    ROOT / "build/dev")) / "bin/assay"


def assay(*arguments):
    done = subprocess.run([ASSAY, *arguments], capture_output=True, text=True,
                          check=False)
    return done.returncode, done.stdout + done.stderr


def camel_to_upper(code):
    """kInvalidArgument -> INVALID_ARGUMENT."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", code[1:]).upper()


def reasons_of_the_code():
    """name: (canonical code, retryable, meaning) of status.cc."""
    text = (ROOT / "validator/base/status.cc").read_text()
    rows = re.findall(
        r'\{R::k\w+,\s*StatusCode::(k\w+),\s*"(\w+)",\s*(true|false),'
        r'\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\}', text)
    return {name: (camel_to_upper(code), retryable == "true",
                   "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', meaning)))
            for code, name, retryable, meaning in rows}


def reasons_of_the_document():
    rows = {}
    for line in (ROOT / "docs/errors.md").read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        match = re.fullmatch(r"`([A-Z_]+)`", cells[0])
        if match:
            rows[match.group(1)] = cells[1:]
    return rows


class GeneratedTest(unittest.TestCase):
    maxDiff = None

    def test_rule_kinds_are_those_of_the_binary(self):
        code, text = assay("kinds", "--markdown")
        self.assertEqual(code, 0, text)
        self.assertEqual((ROOT / "docs/rule_kinds.md").read_text(), text,
                         "run: assay kinds --markdown > docs/rule_kinds.md")

    def test_schema_is_that_of_the_binary(self):
        code, text = assay("kinds", "--schema")
        self.assertEqual(code, 0, text)
        self.assertEqual((ROOT / "rules/schema.json").read_text(), text,
                         "run: assay kinds --schema > rules/schema.json")

    def test_examples_lint_clean(self):
        examples = sorted((ROOT / "rules/examples").glob("*.yaml"))
        self.assertTrue(examples)
        for path in examples:
            with self.subTest(path.name):
                code, text = assay("lint", str(path))
                self.assertEqual(code, 0, text)
                self.assertNotIn("warning:", text)


class ErrorsTest(unittest.TestCase):
    def test_every_reason_is_read(self):
        header = (ROOT / "validator/base/status.h").read_text()
        body = re.search(r"enum class ErrorReason \{(.*?)\};", header,
                         re.S).group(1)
        body = re.sub(r"//[^\n]*", "", body)
        self.assertEqual(len(reasons_of_the_code()),
                         len(re.findall(r"\bk\w+", body)))

    def test_document_lists_exactly_the_reasons(self):
        self.assertEqual(list(reasons_of_the_document()),
                         list(reasons_of_the_code()))

    def test_document_says_the_same(self):
        document = reasons_of_the_document()
        for name, (code, retryable, meaning) in reasons_of_the_code().items():
            with self.subTest(name):
                cells = document.get(name, [""] * 4)
                self.assertEqual(cells[0], f"`{code}`")
                self.assertEqual(cells[1], "yes" if retryable else "no")
                self.assertEqual(cells[2], meaning)
                self.assertGreater(len(cells[3]), 20, "what to do?")


class LinksTest(unittest.TestCase):
    def test_relative_links_exist(self):
        broken = []
        pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md",
                 *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").rglob("*.md")]
        for page in pages:
            text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
            text = re.sub(r"`[^`\n]*`", "", text)
            for link in re.findall(r"\]\(([^)\s]+)\)", text):
                target = link.split("#")[0]
                if re.match(r"[a-z]+:", link) or not target:
                    continue
                if not (page.parent / target).exists():
                    broken.append(f"{page.relative_to(ROOT)}: {link}")
        self.assertEqual(broken, [])


class ProtoTest(unittest.TestCase):
    def test_everything_has_a_comment(self):
        bare, seen = [], 0
        for path in sorted((ROOT / "proto/assay/v1").glob("*.proto")):
            lines = path.read_text().splitlines()
            for number, line in enumerate(lines):
                declared = re.match(
                    r"\s*(message|enum|service|rpc|oneof)\s+\w+|"
                    r"\s*(?:optional |repeated )?(?:map<.*>|[\w.]+) \w+ = \d+|"
                    r"\s*[A-Z0-9_]+ = \d+", line)
                if not declared or line.strip().startswith(
                        ("//", "option", "reserved", "syntax")):
                    continue
                seen += 1
                before = lines[number - 1].strip() if number else ""
                if not before.startswith("//"):
                    bare.append(f"{path.name}:{number + 1}: {line.strip()}")
        self.assertGreater(seen, 100)
        self.assertEqual(bare, [])


if __name__ == "__main__":
    unittest.main()
