# SPDX-License-Identifier: Apache-2.0
"""The connection type `assay`."""
from __future__ import annotations

import contextlib
import json
import pathlib
import time
from collections.abc import AsyncIterator
from typing import Any

from assay_airflow import messages
from assay_airflow.connection_form import (
    DEFAULT_PORT,
    FORM_FIELDS,
    ui_field_behaviour,
)
from assay_airflow.exceptions import RequestRejected
from assay_airflow.rpc import (
    AsyncClient,
    CallError,
    Client,
    Target,
    async_client,
)
from assay_airflow.version_compat import BaseHook

_EXTRA = (*FORM_FIELDS, "insecure")


def _file(path: str, key: str) -> bytes | None:
    if not path:
        return None
    try:
        return pathlib.Path(path).read_bytes()
    except OSError as error:
        raise RequestRejected(
            f"connection: {key}: cannot read {path}: {error.strerror}"
        ) from None


def _is_local(address: str) -> bool:
    if address.startswith("unix:"):
        return True
    host = address.rpartition(":")[0].strip("[]")
    return host == "localhost" or host == "::1" or host.startswith("127.")


def target_of(connection: Any) -> Target:
    """From an Airflow connection. Reads the files that it names.

    Raises RequestRejected where it does not say what it means.
    """
    # Not `extra_dejson`: in a triggerer it asks the supervisor to mask
    # secrets, synchronously, which stops the loop.
    try:
        extra = json.loads(connection.extra or "{}")
    except ValueError:
        raise RequestRejected("connection: extra is no JSON") from None
    if not isinstance(extra, dict):
        raise RequestRejected("connection: extra is no JSON object")
    unknown = sorted(set(extra) - set(_EXTRA))
    if unknown:
        raise RequestRejected(
            f"connection: extra has unknown keys {', '.join(unknown)}; there "
            f"are {', '.join(_EXTRA)}")
    text = {key: str(extra.get(key) or "") for key in _EXTRA}
    mode = text["tls"] or "off"
    if mode not in ("off", "server", "mutual"):
        raise RequestRejected(
            f"connection: tls is {mode!r}; it takes off, server or mutual")
    host = connection.host or ""
    if not host:
        raise RequestRejected("connection: the host is missing")
    if host.startswith("unix:"):
        address = host
    else:
        shown = f"[{host}]" if ":" in host else host
        address = f"{shown}:{connection.port or DEFAULT_PORT}"
    token = connection.password or ""
    insecure = text["insecure"].lower() in ("true", "1", "yes")
    if token and mode == "off" and not (insecure or _is_local(address)):
        raise RequestRejected(
            f"connection: the token would travel to {address} unencrypted; "
            'set "tls": "server" in extra, or "insecure": true where the '
            "network itself is closed")
    if mode == "mutual" and not (text["cert_file"] and text["key_file"]):
        raise RequestRejected(
            "connection: tls is mutual, but cert_file or key_file is missing")
    ca = text["ca_pem"].encode() or _file(text["ca_file"], "ca_file")
    mutual = mode == "mutual"
    return Target(
        address=address,
        tls=mode != "off",
        ca=ca,
        certificate=_file(text["cert_file"], "cert_file") if mutual else None,
        key=_file(text["key_file"], "key_file") if mutual else None,
        authority=text["authority"],
        token=token,
        report_base_url=text["report_base_url"],
    )


class AssayHook(BaseHook):
    """Calls to an assayd that an Airflow connection names.

    The connection is looked up at the first use, never in the constructor.

    :param assay_conn_id: the connection
    """

    conn_name_attr = "assay_conn_id"
    default_conn_name = "assay_default"
    conn_type = "assay"
    hook_name = "Assay"

    def __init__(self, assay_conn_id: str = default_conn_name,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.assay_conn_id = assay_conn_id

    @classmethod
    def get_ui_field_behaviour(cls) -> dict[str, Any]:
        """The form of Airflow 2; Airflow 3 reads get_provider_info."""
        return ui_field_behaviour()

    @classmethod
    def get_connection_form_widgets(cls) -> dict[str, Any]:
        """The fields of Airflow 2's form."""
        from flask_appbuilder.fieldwidgets import BS3TextFieldWidget
        from flask_babel import lazy_gettext
        from wtforms import StringField

        return {
            name: StringField(lazy_gettext(label), widget=BS3TextFieldWidget(),
                              description=text)
            for name, (label, text) in FORM_FIELDS.items()
        }

    def target(self) -> Target:
        """Where and who. Not from an event loop."""
        return target_of(self.get_connection(self.assay_conn_id))

    async def atarget(self) -> Target:
        """The same for an event loop."""
        getter = getattr(BaseHook, "aget_connection", None)
        if getter is not None:
            return target_of(await getter(self.assay_conn_id))
        from asgiref.sync import sync_to_async

        return target_of(
            await sync_to_async(self.get_connection)(self.assay_conn_id))

    def get_conn(self) -> Client:
        """A client; use it in a `with`, in the process that asked."""
        return Client(self.target())

    @contextlib.asynccontextmanager
    async def aget_conn(self) -> AsyncIterator[AsyncClient]:
        """A client on the running loop."""
        async with async_client(await self.atarget()) as client:
            yield client

    def test_connection(self) -> tuple[bool, str]:
        """Asks the server what it is."""
        request = messages.message("assay.v1.GetServerInfoRequest")()
        begin = time.monotonic()
        try:
            with self.get_conn() as client:
                info = client.call("GetServerInfo", request, timeout=10)
                address = client.target.address
                tls = "TLS" if client.target.tls else "no TLS"
        except (CallError, RequestRejected) as error:
            return False, str(error)
        took = round((time.monotonic() - begin) * 1000)
        return True, (
            f"assayd {info.version} at {address} ({tls}) answers in {took} ms; "
            f"it calls us {info.principal!r}, allows "
            f"{', '.join(info.operations) or 'nothing'}")
