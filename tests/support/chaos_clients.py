# SPDX-License-Identifier: Apache-2.0
"""Clients that a test may kill at any moment and start again, as schedulers do.

Each is one attempt of a gate: however often it is killed, what is started
again is the same attempt. `start` begins or goes on; `kill` is SIGKILL, and
so is `close`, after which nothing of the client is left;
`outcome` is None until the client has said its decision, then one of PROCEED,
HOLD and ROLLBACK. `claim` is what its files say meanwhile, or None.
"""
import dataclasses
import http.client
import json
import pathlib
import signal
import socket
import subprocess
import threading

import airflow_env
import assay

DECISION_OF_EXIT = {0: "PROCEED", 1: "HOLD", 4: "ROLLBACK"}


@dataclasses.dataclass
class World:
    """What all clients of a test share."""

    server: assay.Server
    directory: pathlib.Path  # For their files.
    airflow: pathlib.Path  # The interpreter.
    airflow_home: pathlib.Path


class Cli:
    """`assay run` with one request id."""

    def __init__(self, world, name, text, options):
        self.files = world.directory / name
        self.log = world.directory / f"{name}.log"
        self.rule_set = world.directory / f"{name}.yaml"
        self.rule_set.write_text(text)
        self.command = [
            assay.BIN / "assay", "--server", world.server.address, "run", "-",
            "--request-id", name, "--label", f"gate={name}", "--quiet",
            "--wait-server", "60s", "--out-dir", self.files]
        for key, value in options.items():
            self.command += [f"--{key.replace('_', '-')}", value]
        self.process = None

    def start(self):
        with open(self.rule_set, encoding="utf-8") as text, \
                open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=text, stdout=subprocess.DEVNULL,
                stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    close = kill

    def outcome(self):
        code = self.process.poll()
        if code in (None, -signal.SIGKILL):
            return None
        if code not in DECISION_OF_EXIT:
            raise AssertionError(f"exit {code}: {self.log.read_text()}")
        return DECISION_OF_EXIT[code]

    def claim(self):
        try:
            return (self.files / "decision").read_text().strip()
        except FileNotFoundError:
            return None


class Airflow:
    """The provider's operator and trigger, in a process of their own."""

    def __init__(self, world, name, text, options):
        self.log = world.directory / f"{name}.log"
        self.result = world.directory / f"{name}.json"
        self.env = airflow_env.settings(world.airflow_home)
        self.env["AIRFLOW_CONN_ASSAY_DEFAULT"] = json.dumps(
            {"conn_type": "assay", "host": world.server.address})
        self.command = [
            world.airflow, assay.ROOT / "tests/support/chaos_airflow.py",
            json.dumps({"try_of": name, "rule_set_text": text,
                        "labels": {"gate": name}, **options})]
        self.process = None

    def start(self):
        with open(self.log, "ab") as log, open(self.result, "wb") as out:
            self.process = subprocess.Popen(
                self.command, env=self.env, stdout=out, stderr=log)

    def kill(self):
        self.process.kill()
        self.process.wait()

    close = kill

    def outcome(self):
        code = self.process.poll()
        if code in (None, -signal.SIGKILL):
            return None
        lines = self.result.read_text().splitlines()
        said = json.loads(lines[-1]) if code == 0 and lines else {}
        expected = {"PROCEED": "", "HOLD": "ValidationFailed",
                    "ROLLBACK": "ValidationFailed"}
        decision = said.get("decision")
        if expected.get(decision) != said.get("problem"):
            raise AssertionError(
                f"exit {code}: {said}\n{self.log.read_text()[-4000:]}")
        return decision

    def claim(self):
        return None


class Argo:
    """The executor plugin, asked as Argo's agent asks it. `kill` kills the
    plugin; the agent calls on, and a plugin on the same port answers."""

    TOKEN = "of-this-pod"

    def __init__(self, world, name, text, options):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        token = world.directory / "agent-token"
        token.write_text(self.TOKEN)
        self.log = world.directory / f"{name}.log"
        self.command = [
            assay.BIN / "assay-argo-plugin", "--server", world.server.address,
            "--listen", f"127.0.0.1:{self.port}", "--agent-token-file", token]
        self.body = json.dumps({
            "workflow": {"metadata": {"name": "chaos", "namespace": "n",
                                      "uid": "chaos"}},
            "template": {
                "name": "gate",
                "plugin": {"assay": {"rule_set": text, "node": name,
                                     "labels": {"gate": name}, **options}},
                "outputs": {"parameters": [
                    {"name": "decision", "valueFrom": {"supplied": {}}}]}}})
        self.process = None
        self.agent = None
        self.over = threading.Event()
        self.node = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log,
                                            stderr=log)
        if self.agent is None:
            self.agent = threading.Thread(target=self._call_on, daemon=True)
            self.agent.start()

    def _call_on(self):
        while not self.over.is_set() and self.node is None:
            try:
                node = self._call()
                if node.get("phase") in ("Succeeded", "Failed", "Error"):
                    self.node = node
            except (OSError, http.client.HTTPException):
                pass  # There is no plugin just now; the agent tries again.
            self.over.wait(0.1)

    def _call(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=30)
        try:
            connection.request(
                "POST", "/api/v1/template.execute", self.body,
                {"Authorization": f"Bearer {self.TOKEN}",
                 "Content-Type": "application/json"})
            answer = connection.getresponse()
            data = answer.read()
            if answer.status != 200:
                raise AssertionError(f"{answer.status}: {data}")
            return json.loads(data).get("node") or {}
        finally:
            connection.close()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def outcome(self):
        if self.node is None:
            return None
        said = {one["name"]: one["value"]
                for one in self.node["outputs"]["parameters"]}["decision"]
        phase = "Succeeded" if said == "PROCEED" else "Failed"
        if self.node["phase"] != phase:
            raise AssertionError(self.node)
        return said

    def claim(self):
        return None

    def close(self):
        self.over.set()
        if self.agent is not None:
            self.agent.join(40)
        self.kill()
