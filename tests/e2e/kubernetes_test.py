#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The Kubernetes manifests: valid by the schemas of Kubernetes, and one with
another and with assayd itself. No cluster is asked."""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import assay  # pylint: disable=wrong-import-position
import certificates  # pylint: disable=wrong-import-position
import venv  # pylint: disable=wrong-import-position

DIRECTORY = assay.ROOT / "deploy/kubernetes"
# The oldest and the newest that the manifests are for.
VERSIONS = ("1.27", "1.34")


def manifests():
    kustomization = yaml.safe_load(
        (DIRECTORY / "kustomization.yaml").read_text())
    out = []
    for name in kustomization["resources"]:
        out += yaml.safe_load_all((DIRECTORY / name).read_text())
    return out


def find(kind):
    return [one for one in manifests() if one["kind"] == kind]


class ManifestTest(unittest.TestCase):
    def test_they_are_what_kubernetes_takes(self):
        files = sorted(path for path in DIRECTORY.glob("*.yaml")
                       if path.name not in ("kustomization.yaml",
                                            "assayd.yaml"))
        tool = venv.python().parent / "kubernetes-validate"
        for version in VERSIONS:
            done = subprocess.run(
                [tool, "--strict", "-k", version, *files],
                capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            passed = len(re.findall("passed for resource",
                                    done.stdout + done.stderr))
            self.assertGreaterEqual(passed, 8, done.stdout + done.stderr)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as broken:
            text = (DIRECTORY / "deployment.yaml").read_text()
            broken.write(text.replace("readinessProbe:", "readynessProbe:"))
            broken.flush()
            done = subprocess.run([tool, "--strict", "-k", VERSIONS[0],
                                   broken.name], capture_output=True,
                                  check=False)
            self.assertNotEqual(done.returncode, 0)

    def test_all_files_are_named(self):
        kustomization = yaml.safe_load(
            (DIRECTORY / "kustomization.yaml").read_text())
        named = set(kustomization["resources"])
        for generator in kustomization["configMapGenerator"]:
            named |= set(generator["files"])
        self.assertEqual(named | {"kustomization.yaml",
                                  "secrets.example.yaml"},
                         {path.name for path in DIRECTORY.iterdir()})

    def test_the_configuration_is_good(self):
        text = (DIRECTORY / "assayd.yaml").read_text()
        with tempfile.TemporaryDirectory() as name:
            directory = pathlib.Path(name)
            authority = certificates.Authority(directory / "ca")
            certificate, key = authority.issue(
                "/CN=assay", ["DNS:assay.assay.svc"])
            text = text.replace("/run/secrets/tls/tls.crt", str(certificate))
            text = text.replace("/run/secrets/tls/tls.key", str(key))
            config = directory / "assayd.yaml"
            config.write_text(text)
            done = subprocess.run(
                [assay.BIN / "assayd", "--config", config, "--check-config"],
                capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_names_fit_together(self):
        deployment, = find("Deployment")
        pod = deployment["spec"]["template"]
        labels = pod["metadata"]["labels"].items()
        service, = find("Service")
        budget, = find("PodDisruptionBudget")
        policy, = find("NetworkPolicy")
        for selector in (service["spec"]["selector"],
                         deployment["spec"]["selector"]["matchLabels"],
                         budget["spec"]["selector"]["matchLabels"],
                         policy["spec"]["podSelector"]["matchLabels"]):
            self.assertLessEqual(selector.items(), labels)
        self.assertLess(budget["spec"]["minAvailable"],
                        deployment["spec"]["replicas"])
        container, = pod["spec"]["containers"]
        ports = {port["name"]: port["containerPort"]
                 for port in container["ports"]}
        config = yaml.safe_load((DIRECTORY / "assayd.yaml").read_text())
        for name, place in (("grpc", config["server"]["listen"]),
                            ("http", config["http"]["listen"])):
            self.assertEqual(place, f"0.0.0.0:{ports[name]}")
        used = {port["targetPort"] for port in service["spec"]["ports"]}
        used |= {port["port"] for rule in policy["spec"]["ingress"]
                 for port in rule["ports"]}
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            used.add(container[probe]["httpGet"]["port"])
            self.assertEqual(container[probe]["httpGet"]["scheme"], "HTTPS")
        self.assertEqual(used, set(ports))
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        for one in pod["spec"]["containers"] + pod["spec"]["initContainers"]:
            self.assertEqual({mount["name"] for mount in one["volumeMounts"]},
                             volumes)

    def test_secrets_are_those_that_are_named(self):
        text = (DIRECTORY / "assayd.yaml").read_text()
        wanted = set(re.findall(r"\$\{env:(\w+)\}", text))
        secrets = {one["metadata"]["name"]: set(one["stringData"])
                   for one in yaml.safe_load_all(
                       (DIRECTORY / "secrets.example.yaml").read_text())}
        spec = find("Deployment")[0]["spec"]["template"]["spec"]
        for container in spec["containers"] + spec["initContainers"]:
            given = set()
            for variable in container["env"]:
                key = variable["valueFrom"]["secretKeyRef"]
                self.assertIn(key["key"], secrets[key["name"]])
                given.add(variable["name"])
            self.assertEqual(given, wanted)
        mounts = {volume["name"]: volume["secret"]["secretName"]
                  for volume in spec["volumes"] if "secret" in volume}
        self.assertEqual(set(mounts.values()), set(secrets))
        # No secret is in the tree.
        for one in yaml.safe_load_all(
                (DIRECTORY / "secrets.example.yaml").read_text()):
            self.assertEqual(set(one["stringData"].values()), {""})

    def test_the_end_is_waited_for(self):
        config = yaml.safe_load((DIRECTORY / "assayd.yaml").read_text())
        grace = int(config["server"]["drain_grace"].removesuffix("s"))
        spec = find("Deployment")[0]["spec"]["template"]["spec"]
        self.assertGreater(spec["terminationGracePeriodSeconds"], grace + 20)

    def test_nothing_is_privileged(self):
        namespace, = find("Namespace")
        self.assertEqual(namespace["metadata"]["labels"][
            "pod-security.kubernetes.io/enforce"], "restricted")
        spec = find("Deployment")[0]["spec"]["template"]["spec"]
        self.assertTrue(spec["securityContext"]["runAsNonRoot"])
        self.assertEqual(spec["securityContext"]["seccompProfile"]["type"],
                         "RuntimeDefault")
        for container in spec["containers"] + spec["initContainers"]:
            security = container["securityContext"]
            self.assertFalse(security["allowPrivilegeEscalation"])
            self.assertTrue(security["readOnlyRootFilesystem"])
            self.assertEqual(security["capabilities"], {"drop": ["ALL"]})


if __name__ == "__main__":
    unittest.main()
