# SPDX-License-Identifier: Apache-2.0
"""HTTP by hand, so that tests can also say what no library would."""
import base64
import http.client
import json
import socket
import ssl

import leaks

JSON = {"Content-Type": "application/json"}


class Answer:
    """Status, fields (names in lower case) and body of an answer."""

    def __init__(self, status, fields, body):
        self.status = status
        self.fields = fields
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def reason(self):
        return self.json["error"]["reason"]

    @property
    def message(self):
        return self.json["error"]["message"]

    def __repr__(self):
        return f"{self.status} {self.fields} {self.body[:500]!r}"


class Http:
    """A server to ask; a connection for each request."""

    def __init__(self, host, port, context=None, token=None, basic=False):
        self.host = host
        self.port = port
        self.context = context
        self.fields = {}
        if token and basic:
            both = base64.b64encode(f"anybody:{token}".encode()).decode()
            self.fields["Authorization"] = f"Basic {both}"
        elif token:
            self.fields["Authorization"] = f"Bearer {token}"

    def connection(self, timeout=60):
        if self.context:
            return http.client.HTTPSConnection(
                self.host, self.port, timeout=timeout, context=self.context)
        return http.client.HTTPConnection(self.host, self.port,
                                          timeout=timeout)

    def ask(self, method, path, body=None, fields=None, timeout=60):
        connection = self.connection(timeout)
        try:
            connection.request(method, path, body,
                               {**self.fields, **(fields or {})})
            return read_answer(connection)
        finally:
            connection.close()

    def get(self, path, **kwargs):
        return self.ask("GET", path, **kwargs)

    def post(self, path, value=None, fields=None, **kwargs):
        """Posts `value` as JSON; bytes and text go as they are."""
        if value is not None and not isinstance(value, (bytes, str)):
            value = json.dumps(value)
        return self.ask("POST", path, value, {**JSON, **(fields or {})},
                        **kwargs)

    def raw(self, data, timeout=30):
        """Sends bytes as they are; what came back until the server closed."""
        with self.open(timeout) as peer:
            try:
                peer.sendall(data)
            except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                pass  # Refused while it was sent: the answer is there.
            return read_all(peer)

    def open(self, timeout=30):
        peer = socket.create_connection((self.host, self.port), timeout)
        if self.context:
            return self.context.wrap_socket(peer, server_hostname=self.host)
        return peer


def read_answer(connection):
    answer = connection.getresponse()
    fields = {}
    for name, value in answer.getheaders():
        name = name.lower()
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    body = answer.read()
    leaks.check("an HTTP answer", f"{fields}".encode() + body)
    return Answer(answer.status, fields, body)


def read_all(peer):
    data = b""
    while True:
        try:
            more = peer.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            break
        if not more:
            break
        data += more
    return data


def parse(data):
    """(first answer of `data`, the rest)."""
    head, _, rest = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    status = int(lines[0].split(" ")[1])
    fields = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    length = int(fields.get("content-length", 0))
    return Answer(status, fields, rest[:length]), rest[length:]
