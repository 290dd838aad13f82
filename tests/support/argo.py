# SPDX-License-Identifier: Apache-2.0
"""Gates as Argo runs them: the templates of plugins/argo, filled in as the
controller does, sent to the real plugin as the agent does, or run as a pod."""
import base64
import http.client
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import assay
import leaks
import yaml

PLUGINS = assay.ROOT / "plugins/argo"
PATH = "/api/v1/template.execute"
TERMINAL = {"Succeeded", "Failed", "Error"}


def template(name):
    """A template of the ClusterWorkflowTemplate."""
    text = (PLUGINS / "cluster_workflow_template.yaml").read_text()
    return next(one for one in yaml.safe_load(text)["spec"]["templates"]
                if one["name"] == name)


def fill(one, arguments, workflow="orders-x7k2p", uid="b7a1", node=None,
         attempt=0, namespace="shop"):
    """The template with its variables replaced; one without a value raises.

    `arguments` are values of its input parameters; those that are not given
    have their defaults, and one that does not exist raises.
    """
    common = {"workflow.name": workflow, "workflow.uid": uid,
              "workflow.namespace": namespace, "retries": str(attempt),
              "node.name": f"{workflow}.verify" if node is None else node}
    inputs = {}
    for parameter in one["inputs"]["parameters"]:
        name = parameter["name"]
        inputs[name] = arguments.get(name, parameter.get("value"))
        if inputs[name] is None:
            raise ValueError(f"no value for {name}")
        if name not in arguments:
            inputs[name] = re.sub(r"\{\{(.*?)\}\}",
                                  lambda m: common[m[1]], inputs[name])
    unknown = set(arguments) - set(inputs)
    if unknown:
        raise ValueError(f"no such inputs: {unknown}")
    values = {**common,
              **{f"inputs.parameters.{k}": v for k, v in inputs.items()}}
    for key, value in inputs.items():
        values[f"=sprig.b64enc(inputs.parameters['{key}'])"] = (
            base64.b64encode(value.encode()).decode())

    def walk(value):
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"\{\{(.*?)\}\}", lambda m: values[m[1]], value)
        return value

    out = walk({key: value for key, value in one.items() if key != "inputs"})
    out["inputs"] = {"parameters": [{"name": key, "value": value}
                                    for key, value in inputs.items()]}
    out["inputs"]["artifacts"] = walk(one["inputs"].get("artifacts", []))
    return out


def declared(one):
    return [output["name"] for output in one["outputs"]["parameters"]]


class Plugin:
    """assay-argo-plugin as a child process, with a token as of a new pod."""

    def __init__(self, address, directory, *options, env=None, token=None):
        self.directory = pathlib.Path(directory)
        self.token = token or os.urandom(16).hex()
        self.token_file = self.directory / "agent-token"
        self.token_file.write_text(self.token + "\n")
        self.log_file = self.directory / "plugin.log"
        self.environment = {key: value for key, value in os.environ.items()
                            if not key.startswith("ASSAY_")}
        self.environment["ASSAY_SERVER"] = address
        self.environment.update(env or {})
        self.options = options
        self.process = None
        self.port = 0

    @property
    def log(self):
        return self.log_file.read_text(errors="replace")

    def start(self):
        read_fd, write_fd = os.pipe()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [assay.BIN / "assay-argo-plugin", "--listen",
                 f"127.0.0.1:{self.port}", "--agent-token-file",
                 self.token_file, "--ready-fd", str(write_fd), *self.options],
                pass_fds=[write_fd], stdout=log, stderr=log,
                env=self.environment)
        os.close(write_fd)
        with os.fdopen(read_fd) as ready:
            line = ready.readline()
        if not line.startswith("READY "):
            self.process.wait(10)
            raise RuntimeError(f"the plugin did not start: {self.log}")
        # A container that is started again has the same port.
        self.port = int(line.split()[1])
        return self

    def kill9(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def terminate(self, seconds=30):
        """As Kubernetes ends a pod; its exit code."""
        self.process.terminate()
        return self.process.wait(seconds)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.log_file.exists():
            leaks.check("the plugin's log", self.log)

    def post(self, body, token=None, path=PATH, method="POST"):
        """(status, body as text) of one call."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=30)
        try:
            connection.request(
                method, path, body if isinstance(body, str) else
                json.dumps(body),
                {"Content-Type": "application/json",
                 "Authorization": f"Bearer {token or self.token}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def execute(self, filled, workflow="orders-x7k2p", uid="b7a1",
                namespace="shop"):
        """One call of the agent's; checks what every reply must be."""
        status, text = self.post({
            "workflow": {"metadata": {"name": workflow, "uid": uid,
                                      "namespace": namespace}},
            "template": filled})
        leaks.check("a reply of the plugin", text)
        if status != 200:
            raise AssertionError(f"{status}: {text}")
        reply = json.loads(text)
        node = reply["node"]
        if "requeue" in reply:
            # Argo goes on calling a node that has ended, and ends only those
            # that are Pending when their time is over.
            if node.get("phase", "Pending") != "Pending" or "outputs" in node:
                raise AssertionError(f"terminal and requeue: {text}")
        else:
            if node.get("phase") not in TERMINAL:
                raise AssertionError(f"Argo would wait for ever: {text}")
            missing = set(declared(filled)) - set(outputs(reply))
            if missing or not node["message"]:
                raise AssertionError(f"not there: {missing}: {text}")
            if len(text) > 8192:
                raise AssertionError(f"{len(text)} bytes: {text}")
        return reply

    def run(self, filled, seconds=60, on_pending=None, **workflow):
        """Calls until the node has ended, as the agent does, but sooner."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                reply = self.execute(filled, **workflow)
            except (OSError, http.client.HTTPException):
                # The agent asks again where nobody answers.
                time.sleep(0.1)
                continue
            if "requeue" not in reply:
                return reply["node"]
            if on_pending:
                on_pending(reply["node"])
            time.sleep(0.1)
        raise AssertionError(f"the gate has not ended: {self.log}")


def outputs(reply):
    """{name: value} of a reply, or of its node."""
    node = reply.get("node", reply)
    return {one["name"]: one["value"]
            for one in node["outputs"]["parameters"]}


class Pod:
    """The container form: a template's command, with its files and outputs
    where the container has them."""

    def __init__(self, filled, directory, address, env=None):
        self.filled = filled
        self.directory = pathlib.Path(directory)
        mounts = {"/assay/": f"{self.directory}/assay/",
                  "/assay-in/": f"{self.directory}/assay-in/"}
        self.mounts = mounts
        for inside in mounts:
            self.outside(inside).mkdir(parents=True)
        for artifact in filled["inputs"]["artifacts"]:
            self.outside(artifact["path"]).write_text(artifact["raw"]["data"])
        container = filled["container"]
        self.command = [self.moved(word) for word in
                        container["command"] + container["args"]]
        self.environment = {
            "PATH": f"{assay.BIN}:/usr/bin:/bin", "ASSAY_SERVER": address,
            # Of a build with sanitizers.
            **{key: value for key, value in os.environ.items()
               if key.endswith("SAN_OPTIONS")},
            **(env or {})}
        self.process = None

    def moved(self, text):
        for inside, outside in self.mounts.items():
            text = re.sub(rf"(?<![\w/]){re.escape(inside)}", outside, text)
        return text

    def outside(self, path):
        return pathlib.Path(self.moved(path))

    def start(self):
        self.process = subprocess.Popen(
            self.command, env=self.environment, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        return self

    def end(self, timeout=60):
        """(exit code, outputs, what it printed)."""
        try:
            out, err = self.process.communicate(timeout=timeout)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.communicate()
        leaks.check("the pod's log", out + err)
        return self.process.returncode, self.outputs(), out + err

    def outputs(self):
        """As Argo reads them, also where the container has failed."""
        out = {}
        for one in self.filled["outputs"]["parameters"]:
            source = one["valueFrom"]
            path = self.outside(source["path"])
            out[one["name"]] = (path.read_text() if path.exists()
                                else source["default"])
        return out


def runs(server, *arguments):
    """Runs of the server, newest first."""
    done = server.assay("runs", "--format", "json", "--limit", "1000",
                        *arguments)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    out = json.loads(done.stdout)
    return out.get("runs", []) if isinstance(out, dict) else out
