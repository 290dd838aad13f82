#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What plugins/argo ships fits together: templates, manifest, examples. What
Argo itself says of it is asked by tests/argo_go."""
import copy
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import argo  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import yaml

EXAMPLES = sorted((argo.PLUGINS / "examples").glob("*.yaml"))


def load(name):
    return yaml.safe_load((argo.PLUGINS / name).read_text())


def spec_of(example):
    spec = example["spec"]
    return spec.get("workflowSpec", spec)


def tasks_of(example):
    for template in spec_of(example)["templates"]:
        yield from template.get("dag", {}).get("tasks", [])


def rule_sets_of(example):
    """Every parameter, wherever it is, that is the text of a rule set."""
    def walk(value):
        if isinstance(value, dict):
            for item in value.values():
                yield from walk(item)
        elif isinstance(value, list):
            for item in value:
                yield from walk(item)
        elif isinstance(value, str) and value.startswith("version: 1"):
            yield value
    yield from walk(example)


class ArgoYamlTest(unittest.TestCase):
    maxDiff = None

    def test_the_two_templates_are_one(self):
        cluster = load("cluster_workflow_template.yaml")
        twin = load("workflow_template.yaml")
        self.assertEqual(cluster["kind"], "ClusterWorkflowTemplate")
        self.assertEqual(twin["kind"], "WorkflowTemplate")
        cluster["kind"] = twin["kind"]
        self.assertEqual(cluster, twin)

    def test_the_config_map_is_what_argo_makes_of_the_manifest(self):
        manifest = load("plugin.yaml")
        made = load("assay-executor-plugin-configmap.yaml")
        sidecar = manifest["spec"]["sidecar"]
        self.assertEqual(made["metadata"], {
            "name": f"{manifest['metadata']['name']}-executor-plugin",
            "labels": {
                "workflows.argoproj.io/configmap-type": manifest["kind"]},
            "annotations": manifest["metadata"]["annotations"]})
        self.assertEqual(yaml.safe_load(made["data"].pop("sidecar.container")),
                         sidecar["container"])
        self.assertEqual(made["data"], {
            "sidecar.automountServiceAccountToken": json.dumps(
                sidecar["automountServiceAccountToken"])})

    def test_both_forms_read_the_same_settings(self):
        settings = list(yaml.safe_load_all(
            (argo.PLUGINS / "settings.example.yaml").read_text()))
        names = {one["metadata"]["name"] for one in settings}
        sidecar = load("plugin.yaml")["spec"]["sidecar"]["container"]
        container = argo.template("gate")["container"]
        self.assertEqual(container["env"], sidecar["env"])
        self.assertEqual(container["securityContext"],
                         sidecar["securityContext"])
        for one in sidecar["env"]:
            reference, = one["valueFrom"].values()
            self.assertIn(reference["name"], names)
            # A namespace without them is told so; the rest may be left out.
            self.assertEqual(reference.get("optional", False),
                             one["name"] != "ASSAY_SERVER", one)
        given = set(settings[0]["data"]) | set(settings[1]["stringData"])
        known = {next(iter(one["valueFrom"].values()))["key"]
                 for one in sidecar["env"]}
        self.assertLessEqual(given, known)

    def test_the_port_is_where_the_plugin_listens(self):
        sidecar = load("plugin.yaml")["spec"]["sidecar"]["container"]
        said = subprocess.run([assay.BIN / "assay-argo-plugin", "--help"],
                              capture_output=True, text=True, check=True).stdout
        listens = re.search(r"--listen TEXT=127\.0\.0\.1:(\d+)", said)
        self.assertEqual(sidecar["ports"],
                         [{"containerPort": int(listens[1])}])

    def test_a_retry_is_for_what_may_pass(self):
        for name in ("gate", "gate-plugin"):
            retry = argo.template(name)["retryStrategy"]
            self.assertEqual(retry["expression"],
                             "asInt(lastRetry.exitCode) == 3")
            # With it Argo ends a run that takes longer.
            self.assertNotIn("maxDuration", retry["backoff"])

    def test_examples_call_the_templates_as_they_are(self):
        templates = {name: argo.template(name)
                     for name in ("gate", "gate-plugin")}
        for path in EXAMPLES:
            example = yaml.safe_load(path.read_text())
            own = {t["name"]: t for t in spec_of(example)["templates"]}
            gates = 0
            for task in tasks_of(example):
                with self.subTest(f"{path.name}: {task['name']}"):
                    if "templateRef" not in task:
                        self.assertIn(task["template"], own)
                        continue
                    gates += 1
                    reference = task["templateRef"]
                    self.assertEqual(reference["name"], "assay")
                    one = templates[reference["template"]]
                    given = {p["name"]: p["value"]
                             for p in task["arguments"]["parameters"]}
                    argo.fill(one, given)  # Raises for what there is not.
                    # A rule set of many hands arrives by one name.
                    self.assertEqual(reference["template"] == "gate-plugin",
                                     path.stem.endswith("_plugin"))
            self.assertGreater(gates, 0, path)

    def test_nothing_goes_on_behind_a_gate_that_did_not_succeed(self):
        for path in EXAMPLES:
            for task in tasks_of(yaml.safe_load(path.read_text())):
                # A bare name would be Succeeded, Skipped or Daemoned.
                self.assertRegex(task.get("depends", "x.Succeeded"),
                                 r"^\w+\.Succeeded$", path)

    def test_every_decision_leads_somewhere(self):
        for name in ("migration.yaml", "migration_plugin.yaml"):
            ways = {task["name"]: task["when"]
                    for task in tasks_of(load(f"examples/{name}"))
                    if "when" in task}
            output = "{{tasks.verify.outputs.parameters.decision}}"
            for decision, way in (("PROCEED", "cutover"),
                                  ("ROLLBACK", "rollback"), ("HOLD", "held"),
                                  ("NEW", "held")):
                taken = [way for way, when in ways.items()
                         if self.holds(when.replace(output, decision))]
                self.assertEqual(taken, [way], decision)

    @staticmethod
    def holds(when):
        """The few operators that the examples use."""
        for part in when.split("&&"):
            left, operator, right = part.split()
            if operator not in ("==", "!="):
                raise ValueError(when)
            if (left == right) != (operator == "=="):
                return False
        return True

    def test_both_forms_of_an_example_differ_in_the_form_only(self):
        for path in EXAMPLES:
            if path.stem.endswith("_plugin"):
                continue
            plain = yaml.safe_load(path.read_text())
            other = yaml.safe_load(
                path.with_stem(path.stem + "_plugin").read_text())
            for task in tasks_of(other):
                if "templateRef" in task:
                    task["templateRef"]["template"] = "gate"
            other["metadata"] = copy.deepcopy(plain["metadata"])
            self.assertEqual(plain, other, path)

    def test_rule_sets_of_the_examples_compile(self):
        for path in EXAMPLES:
            found = list(rule_sets_of(yaml.safe_load(path.read_text())))
            self.assertTrue(found, path)
            for text in found:
                with tempfile.TemporaryDirectory() as place:
                    file = pathlib.Path(place) / "rules.yaml"
                    file.write_text(text)
                    done = assay.assay("lint", "--strict", file)
                self.assertEqual(done.returncode, 0,
                                 f"{path}: {done.stdout}{done.stderr}")

    def test_the_page_names_every_input_output_and_file(self):
        page = (assay.ROOT / "docs/argo.md").read_text()
        one = argo.template("gate")
        names = [p["name"] for p in one["inputs"]["parameters"]]
        names += argo.declared(one)
        names += [e["name"] for e in one["container"]["env"]]
        missing = [name for name in names if f"`{name}`" not in page]
        missing += [p.name for p in [*argo.PLUGINS.glob("*.yaml"), *EXAMPLES]
                    if p.name.replace("_plugin", "") not in page]
        self.assertEqual(missing, [])


if __name__ == "__main__":
    unittest.main()
