#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Both forms of Argo's gate answer as tests/support/gate_outcomes.json says,
and alike: the plugin to the agent's calls, the container by its exit code."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import argo  # pylint: disable=wrong-import-position
import assay  # pylint: disable=wrong-import-position
import gate_outcomes  # pylint: disable=wrong-import-position

NAMES = {"fail_on": "fail-on", "verdict_as_data": "verdict-as-data",
         "run_timeout": "timeout", "on_hold": "on-hold",
         "hold_timeout": "hold-timeout"}
# What the two forms need not have in common.
OWN = {"run-id", "request-id", "report-url", "message"}


def arguments(case):
    out = {"rule-set": gate_outcomes.rule_set(case), "server-grace": "1s",
           "workflow": "outcomes"}
    for option, value in case["options"].items():
        if option in NAMES:
            out[NAMES[option]] = ("true" if value is True else value)
    return out


class ArgoOutcomesTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.directory = pathlib.Path(
            self.enterContext(tempfile.TemporaryDirectory()))
        database = assay.sqlite(self.directory / "gate.db")
        database.load(gate_outcomes.TABLE)
        self.server = self.enterContext(assay.Server({"db": database.odbc}))
        self.links = {"ASSAY_ARGO_URL": "https://argo.example/",
                      "ASSAY_REPORT_BASE_URL": "https://assay.example"}

    def address(self, case):
        if case["options"].get("server") == "none":
            return f"unix:{self.directory}/nobody"
        return self.server.address

    def plugin(self, case, **where):
        with tempfile.TemporaryDirectory() as directory:
            with argo.Plugin(self.address(case), directory,
                             env=self.links) as plugin:
                filled = argo.fill(argo.template("gate-plugin"),
                                   arguments(case), **where)
                node = plugin.run(filled, workflow=where["workflow"])
        return node

    def pod(self, case, **where):
        with tempfile.TemporaryDirectory() as directory:
            pod = argo.Pod(argo.fill(argo.template("gate"), arguments(case),
                                     **where),
                           directory, self.address(case), self.links)
            return pod.start().end()

    def test_every_case(self):
        for number, case in enumerate(gate_outcomes.CASES):
            with self.subTest(case["name"]):
                node = self.plugin(case, workflow=f"plugin-{number}")
                code, outputs, said = self.pod(case, workflow=f"pod-{number}")
                found = argo.outputs(node)
                wanted = {"verdict": case["verdict"],
                          "decision": case["decision"],
                          "exit-code": str(case["exit"])}
                self.assertEqual(node["phase"], case["argo"], node)
                self.assertEqual(node["outputs"]["exitCode"],
                                 str(case["exit"]))
                self.assertEqual(node["outputs"]["result"], case["decision"])
                self.assertEqual(code, case["exit"], said)
                for name, value in wanted.items():
                    self.assertEqual(found[name], value, node)
                    self.assertEqual(outputs[name], value, said)
                self.assertEqual(
                    {k: v for k, v in found.items() if k not in OWN},
                    {k: v for k, v in outputs.items() if k not in OWN})
                self.check_runs(number, case, found, outputs, node)

    def check_runs(self, number, case, found, outputs, node):
        """One run for each attempt, with the same labels from both forms."""
        labels = []
        for form, values in (("plugin", found), ("pod", outputs)):
            runs = argo.runs(self.server, "--label",
                             f"run={form}-{number}")
            if case["options"].get("server") or case["data"] == "invalid":
                self.assertEqual((runs, values["run-id"]), ([], ""))
                continue
            self.assertEqual([run["run_id"] for run in runs],
                             [values["run-id"]])
            self.assertEqual(values["report-url"],
                             f"https://assay.example/runs/{runs[0]['run_id']}")
            labels.append({k: v.replace(f"{form}-{number}", "RUN")
                           for k, v in runs[0]["labels"].items()})
        if labels:
            self.assertEqual(labels[0], labels[1])
            self.assertEqual(labels[0], {
                "scheduler": "argo", "namespace": "shop", "run": "RUN",
                "workflow": "outcomes", "task": "verify", "try": "0",
                "url": "https://argo.example/workflows/shop/RUN"})
            # The interface makes links of addresses in messages.
            self.assertIn(found["report-url"], node["message"])

    def test_both_forms_have_the_same_outputs(self):
        plugin, container = map(argo.template, ("gate-plugin", "gate"))
        self.assertEqual(argo.declared(plugin), argo.declared(container))
        node = self.plugin(gate_outcomes.CASES[0], workflow="all")
        self.assertEqual(sorted(argo.outputs(node)),
                         sorted(argo.declared(plugin)))
        for one in plugin["outputs"]["parameters"]:
            self.assertIn("default", one["valueFrom"], one)
        self.assertEqual(plugin["retryStrategy"], container["retryStrategy"])
        self.assertEqual(plugin["inputs"]["parameters"],
                         container["inputs"]["parameters"])

    def test_items_have_the_same_labels_in_both_forms(self):
        case = gate_outcomes.CASES[0]
        for node, task in (("w-1.verify(0:payment)", "verify[payment]"),
                           ("w-1.verify(12:a:1,b:(2))", "verify[a:1,b:(2)]"),
                           ("w-1[0].gate", "[0].gate"), ("w-1", "w-1"),
                           ("w-1.größe(3:ü)", "größe[ü]")):
            with self.subTest(node):
                ids = [argo.outputs(self.plugin(case, workflow="w-1",
                                                node=node))["run-id"],
                       self.pod(case, workflow="w-1", node=node)[1]["run-id"]]
                found = {run["run_id"]: run["labels"]["task"] for run in
                         argo.runs(self.server, "--label", f"task={task}")}
                self.assertEqual({i: found.get(i) for i in ids},
                                 {i: task for i in ids})

    def test_text_arrives_as_it_was_written(self):
        # Dollar signs are what Kubernetes would change.
        text = assay.rule_set(
            "gate", "- expression: {sql: \"'$$x$(HOME)' = :text\"}\n",
            params="params:\n  text: {type: text}\n")
        values = {"rule-set": text, "params": '{"text": "$$x$(HOME)"}'}
        with argo.Plugin(self.server.address, self.directory) as plugin:
            node = plugin.run(argo.fill(argo.template("gate-plugin"), values))
        self.assertEqual(node["phase"], "Succeeded", node)
        with tempfile.TemporaryDirectory() as directory:
            filled = argo.fill(argo.template("gate"), values)
            pod = argo.Pod(filled, directory, self.server.address)
            code, _, said = pod.start().end()
        self.assertEqual(code, 0, said)
        # Nothing of it is where Kubernetes would look.
        shown = str(filled["inputs"]["artifacts"]) + str(filled["container"])
        self.assertNotIn("$$", shown)
        self.assertNotIn("$(", shown)

    def test_values_are_no_part_of_the_script(self):
        hostile = f'"; touch {self.directory}/made; echo "'
        for name in ("timeout", "workflow", "fail-on", "params"):
            with self.subTest(name), tempfile.TemporaryDirectory() as place:
                values = arguments(gate_outcomes.CASES[0])
                values[name] = hostile
                pod = argo.Pod(argo.fill(argo.template("gate"), values,
                                         node=f"orders-x7k2p.{hostile}"),
                               place, self.server.address)
                pod.start().end()
                self.assertFalse((self.directory / "made").exists())

    def test_outputs_of_a_container_that_never_ran(self):
        with tempfile.TemporaryDirectory() as directory:
            pod = argo.Pod(argo.fill(argo.template("gate"),
                                     arguments(gate_outcomes.CASES[0])),
                           directory, self.server.address)
            outputs = pod.outputs()
        self.assertEqual((outputs["verdict"], outputs["decision"]),
                         ("ERROR", "HOLD"))


if __name__ == "__main__":
    unittest.main()
