# SPDX-License-Identifier: Apache-2.0
"""What /metrics says, what docs/monitoring.md says of it, and who asks for it."""
import json
import pathlib
import re
import subprocess

import yaml

import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy/monitoring"

# Read by prometheus_client, outside of this interpreter.
PARSE = """
import json, sys
from prometheus_client.parser import text_string_to_metric_families
out = []
for family in text_string_to_metric_families(sys.stdin.read()):
    out.append([family.name, family.type, family.documentation,
                [[s.name, s.labels, s.value] for s in family.samples]])
print(json.dumps(out))
"""


class Metrics:
    """One reading of /metrics."""

    def __init__(self, text):
        self.text = text
        done = subprocess.run([venv.python(), "-c", PARSE], input=text,
                              text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"does not parse: {done.stderr}\n{text}")
        self.families = {}
        self.samples = []
        for name, kind, doc, samples in json.loads(done.stdout):
            if kind == "counter":
                name += "_total"
            if name in self.families:
                raise AssertionError(f"{name} is there twice")
            self.families[name] = (kind, doc, samples)
            self.samples += samples

    def value(self, name, **labels):
        """The sum of the samples with these labels; 0 where there is none."""
        return sum(value for sample, has, value in self.samples
                   if sample == name and labels.items() <= has.items())


def read(http):
    answer = http.get("/metrics")
    if answer.status != 200:
        raise AssertionError(answer)
    return Metrics(answer.body.decode())


def documented():
    """name: (type, labels, help) of docs/monitoring.md."""
    text = (ROOT / "docs/monitoring.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \| (.*?) \| "
                      r"(.*) \|$", text, re.M)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels)), doc)
            for name, kind, labels, doc in rows}


def alerts():
    groups = yaml.safe_load((DEPLOY / "assay_alerts.yaml").read_text())
    return [rule for group in groups["groups"] for rule in group["rules"]]


def expressions():
    """(where, PromQL) of every alert and every panel."""
    for rule in alerts():
        yield rule["alert"], rule["expr"]
    board = json.loads((DEPLOY / "assay_dashboard.json").read_text())
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["definition"]


def series_of(expression):
    """(metric, labels in its braces) that PromQL names."""
    return [(name, set(re.findall(r"(\w+)\s*(?:=|!)", braces or "")))
            for name, braces in re.findall(
                r"\b((?:assay|process)_\w+)(?:\{(.*?)\})?", expression)
            # A matcher's value is none.
            if f'"{name}"' not in expression]


def base_name(name, families):
    """The family of a sample: of a histogram, without its suffix."""
    for suffix in ("_bucket", "_sum", "_count"):
        if name.endswith(suffix) and name.removesuffix(suffix) in families:
            return name.removesuffix(suffix)
    return name
