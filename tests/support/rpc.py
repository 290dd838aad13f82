# SPDX-License-Identifier: Apache-2.0
"""Any RPC with any request and any credentials, through assay_rpc."""
import json
import subprocess
import threading

import assay
import leaks

BINARY = assay.BIN.parent / "tests" / "assay_rpc"


class Outcome:
    """What a call came to; `code` is gRPC's, 0 is OK."""

    def __init__(self, answer):
        self.code = answer["code"]
        self.reason = answer["reason"]
        self.message = answer.get("message", "")
        self.retry_after = answer.get("retry_after")
        self.responses = answer.get("responses", [])
        self.text = json.dumps(answer)
        leaks.check("an RPC's answer", self.text)

    @property
    def ok(self):
        return self.code == 0

    @property
    def response(self):
        return self.responses[-1] if self.responses else None

    def __repr__(self):
        return self.text[:2000]


class Client:
    """One channel. Thread-safe; one call at a time."""

    def __init__(self, address, ca=None, cert=None, key=None):
        command = [str(BINARY), address]
        for option, path in (("--ca", ca), ("--cert", cert), ("--key", key)):
            if path:
                command += [option, str(path)]
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)

    def call(self, rpc, request=None, token=None, metadata=(), deadline=20):
        metadata = [list(pair) for pair in metadata]
        if token is not None:
            metadata.append(["authorization", f"Bearer {token}"])
        line = json.dumps({"rpc": rpc, "request": request or {},
                           "metadata": metadata, "deadline": deadline})
        with self._lock:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            return Outcome(json.loads(self._process.stdout.readline()))

    def close(self):
        self._process.stdin.close()
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
