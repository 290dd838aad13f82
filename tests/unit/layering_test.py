#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holds every #include between rooms against the arrows of the house.

An arrow that is not listed is a bug, and so is one that is listed and that
CMake does not link: a newcomer reads either.
"""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]

# Room: the rooms that it may include. base and value are open to all.
ARROWS = {
    "base": set(),
    "value": set(),
    "ruleset": set(),
    "plan": set(),
    "verdict": set(),
    "kinds": {"ruleset", "plan", "verdict"},
    "sql": {"plan"},
    "db": set(),
    "odbc": {"db"},
    "connections": {"odbc", "sql", "db"},
    "diff": {"ruleset", "plan", "verdict", "sql", "db"},
    "engine": {"ruleset", "plan", "verdict", "kinds", "sql", "db", "diff",
               "connections"},
    "runs": {"engine", "db", "sql", "odbc", "ruleset", "verdict",
             "connections"},
    "report": {"proto"},
    "service": {"runs", "engine", "ruleset", "plan", "verdict", "kinds",
                "connections", "proto"},
    "http": {"service", "report", "proto"},
    "server": None,  # Wiring: everything.
    "cli": {"proto", "report", "ruleset", "kinds", "verdict"},
    "argo": {"cli", "proto", "report"},
}
OPEN = {"base", "value"}
# The only room that may include these headers.
OWNERS = {
    r"<sql(ext|types|ucode)?\.h>|<odbcinst\.h>": {"odbc"},
    r"[<\"]grpc(pp|\+\+)?/": {"service", "http", "server", "cli"},
    r"[<\"]boost/": {"http", "argo"},
    r"[<\"]prometheus/": {"http"},
    r"[<\"]spdlog/": {"base"},
    r"[<\"]xxhash": {"diff"},
    r"[<\"]re2/": {"kinds", "engine", "ruleset"},
}


def room_of(path):
    parts = path.relative_to(ROOT).parts
    return parts[1] if len(parts) > 2 else None


def sources():
    for top in ("rules", "validator", "plugins"):
        for path in (ROOT / top).rglob("*"):
            if path.suffix in (".h", ".cc"):
                yield path


def edges():
    for path in sources():
        text = path.read_text()
        for match in re.finditer(r'^#include "([^"]+)"', text, re.M):
            target = match.group(1)
            if target.startswith("assay/v1/") or target.startswith("google/rpc"):
                yield path, room_of(path), "proto"
            elif target.split("/")[0] in ("rules", "validator", "plugins"):
                yield path, room_of(path), target.split("/")[1]


class LayeringTest(unittest.TestCase):
    def test_every_include_is_an_arrow(self):
        wrong = []
        for path, source, target in edges():
            if source == target or target in OPEN:
                continue
            allowed = ARROWS[source]
            if allowed is not None and target not in allowed:
                wrong.append(f"{path.relative_to(ROOT)}: {source} -> {target}")
        self.assertEqual(wrong, [])

    def test_every_room_is_known(self):
        rooms = {room_of(path) for path in sources()}
        self.assertEqual(rooms - set(ARROWS), set())

    def test_there_are_no_cycles(self):
        def reach(room, seen):
            for target in (ARROWS.get(room) or set()) - {"proto"}:
                if target not in seen:
                    seen.add(target)
                    reach(target, seen)
            return seen
        for room in ARROWS:
            self.assertNotIn(room, reach(room, set()))

    def test_foreign_headers_stay_in_their_rooms(self):
        wrong = []
        for path in sources():
            text = path.read_text()
            for pattern, owners in OWNERS.items():
                if re.search(r"^#include " + f"(?:{pattern})", text, re.M):
                    if room_of(path) not in owners:
                        wrong.append(f"{path.relative_to(ROOT)}: {pattern}")
        self.assertEqual(wrong, [])

    def test_no_dialect_is_asked_its_name(self):
        wrong = []
        for path in sources():
            if room_of(path) in ("sql", "cli"):
                continue
            text = re.sub(r"//[^\n]*", "", path.read_text())
            if re.search(r'dialect(_|\(\))?(\.|->)name\(\) [!=]= "|'
                         r'[!=]= "(postgresql|mariadb|sqlite)"', text):
                wrong.append(str(path.relative_to(ROOT)))
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
