#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds up the results in a directory and prints the closing line.

GoogleTest binaries leave NAME.json; Python tests (unittest) leave NAME.log
with "Ran N tests" and "FAILED (failures=A, errors=B)". A test without either
has crashed and counts as one failure, so that nothing is lost in silence.
"""
import json
import pathlib
import re
import sys


def main() -> int:
    passed = failed = skipped = 0
    for log in sorted(pathlib.Path(sys.argv[1]).glob("*.log")):
        result = log.with_suffix(".json")
        text = log.read_text(errors="replace")
        ran = re.search(r"^Ran (\d+) tests? in", text, re.M)
        if result.exists():
            tree = json.loads(result.read_text())
            for suite in tree["testsuites"]:
                for case in suite["testsuite"]:
                    if case.get("result") == "SKIPPED":
                        skipped += 1
                        print(f"skipped: {suite['name']}.{case['name']}")
                    elif case.get("failures"):
                        failed += 1
                        print(f"failed: {suite['name']}.{case['name']}")
                    elif case.get("result") == "COMPLETED":
                        passed += 1
        elif ran:
            bad = sum(int(n) for n in re.findall(
                r"^FAILED \((?:.*?)(?:failures|errors)=(\d+)", text, re.M))
            both = re.search(r"^FAILED \(failures=(\d+), errors=(\d+)", text,
                             re.M)
            if both:
                bad = int(both.group(1)) + int(both.group(2))
            # Of the closing line; what the tests print may say the word, too.
            missed = sum(int(n) for n in re.findall(
                r"^(?:OK|FAILED) \(.*?skipped=(\d+)", text, re.M))
            # A class that cannot be set up fails without having run a test.
            passed += max(0, int(ran.group(1)) - bad - missed)
            failed += bad
            skipped += missed
        else:
            failed += 1
            print(f"failed: {log.stem} ended without a result")
    tail = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{tail}")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
