# SPDX-License-Identifier: Apache-2.0
"""Calls to assayd: one address, its credentials, and errors in our words.

gRPC is imported at the first call. A channel belongs to the process, and an
asynchronous one to the event loop, that opened it: nothing is opened at import
or in a constructor, because Airflow forks.
"""
from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import sys
import time
import weakref
from collections.abc import AsyncIterator
from typing import Any, Callable

from assay_airflow import messages
from assay_airflow.exceptions import (
    AssayException,
    RequestRejected,
    ServerUnavailable,
)

CALL_TIMEOUT = 30.0
_OPTIONS = (
    ("grpc.max_receive_message_length", 64 << 20),
    ("grpc.keepalive_time_ms", 60000),
    ("grpc.keepalive_timeout_ms", 20000),
)
_RETRYABLE_CODES = (
    "UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "ABORTED",
    "RESOURCE_EXHAUSTED",
)
_RETRYABLE_REASONS = ("STORE_FAILED",)
# A connection that breaks in the middle of an answer; a bug of the server's
# has a reason.
_RETRYABLE_WITHOUT_REASON = ("UNKNOWN", "INTERNAL")
_FIRST_PAUSE = 0.2
_MAX_PAUSE = 10.0


@dataclasses.dataclass(frozen=True)
class Target:
    """Where assayd is and who we are. Hashable; `repr` shows no secret."""

    address: str
    tls: bool = False
    ca: bytes | None = None
    certificate: bytes | None = None
    key: bytes | None = dataclasses.field(default=None, repr=False)
    authority: str = ""
    token: str = dataclasses.field(default="", repr=False)
    # Beginning of the pages' addresses, e.g. "https://assay.example:8443".
    report_base_url: str = ""

    def report_url(self, run_id: str) -> str:
        """The page of a run; "" where the connection does not say."""
        if not self.report_base_url or not run_id:
            return ""
        return f"{self.report_base_url.rstrip('/')}/runs/{run_id}"


class CallError(Exception):
    """An RPC that failed. `retryable`: the same may succeed later."""

    def __init__(self, code: str, reason: str, message: str,
                 retryable: bool, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.retryable = retryable
        self.retry_after = retry_after

    def to_exception(
        self, result: dict[str, Any] | None = None
    ) -> AssayException:
        """The same for Airflow: retried or not."""
        kind = ServerUnavailable if self.retryable else RequestRejected
        return kind(str(self), result)


def _details(error: Any) -> bytes:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            return value if isinstance(value, bytes) else value.encode()
    return b""


def _convert(error: Any, target: Target) -> CallError:
    """From grpc.RpcError."""
    code = error.code().name
    text = error.details() or code
    reason, retry_after = "", 0.0
    status = messages.message("google.rpc.Status")()
    try:
        status.ParseFromString(_details(error))
    except Exception:  # A proxy's bytes: then there is no more to say.
        status.Clear()
    for detail in status.details:
        name = detail.type_url.rpartition("/")[2]
        if name == "google.rpc.ErrorInfo":
            info = messages.message(name).FromString(detail.value)
            if info.domain == "assay":
                reason = info.reason
        elif name == "google.rpc.BadRequest":
            bad = messages.message(name).FromString(detail.value)
            for one in bad.field_violations:
                text += f"\n  {one.field}: {one.description}"
        elif name == "google.rpc.RetryInfo":
            delay = messages.message(name).FromString(detail.value).retry_delay
            retry_after = delay.seconds + delay.nanos / 1e9
    retryable = code in _RETRYABLE_CODES or reason in _RETRYABLE_REASONS
    if not reason:
        retryable = retryable or code in _RETRYABLE_WITHOUT_REASON
    if not reason:
        if retryable:
            text = f"cannot reach assayd at {target.address}: {text}"
        elif code == "UNIMPLEMENTED":
            text = (f"the server at {target.address} is no assayd, or one of "
                    f"another version: {text}")
    elif reason == "UNAUTHENTICATED":
        text = (f"assayd at {target.address} does not let us in: {text} "
                "(the token is the password of the Airflow connection)")
    if reason and reason not in text:
        text += f" [{reason}]"
    return CallError(code, reason, text, retryable, retry_after)


class _Pauses:
    """How long to go on, and how long to wait in between."""

    def __init__(self, grace: float) -> None:
        self._end = time.monotonic() + grace
        self._pause = _FIRST_PAUSE

    def after(self, error: CallError) -> float:
        """Seconds until the next attempt; raises where there is none."""
        left = self._end - time.monotonic()
        if not error.retryable or left <= 0:
            raise error
        # Jitter: a thousand gates do not come back at the same moment.
        pause = max(self._pause * random.uniform(0.5, 1.5), error.retry_after)
        self._pause = min(self._pause * 2, _MAX_PAUSE)
        return min(pause, left)


def _credentials(target: Target) -> Any:
    import grpc

    return grpc.ssl_channel_credentials(
        root_certificates=target.ca, private_key=target.key,
        certificate_chain=target.certificate)


def _channel(module: Any, target: Target) -> Any:
    """`module`: grpc, or grpc.aio."""
    options = list(_OPTIONS)
    if target.authority:
        options.append(("grpc.default_authority", target.authority))
        options.append(("grpc.ssl_target_name_override", target.authority))
    if target.tls:
        return module.secure_channel(
            target.address, _credentials(target), options=options)
    return module.insecure_channel(target.address, options=options)


def _method(channel: Any, name: str) -> Callable[..., Any]:
    path, _, response = messages.method(name)
    return channel.unary_unary(
        path,
        request_serializer=lambda request: request.SerializeToString(),
        response_deserializer=response.FromString)


def _metadata(target: Target) -> tuple[tuple[str, str], ...]:
    if not target.token:
        return ()
    return (("authorization", f"Bearer {target.token}"),)


class Client:
    """Synchronous. Opens its channel at the first call; close it, or use it
    in a `with`. Not for two threads at once."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self._open: Any = None

    def call(self, name: str, request: Any, timeout: float = CALL_TIMEOUT,
             grace: float = 0.0) -> Any:
        """One RPC. Tried again for `grace` seconds while that may help;
        raises CallError."""
        import grpc

        if self._open is None:
            self._open = _channel(grpc, self.target)
        pauses = _Pauses(grace)
        while True:
            try:
                return _method(self._open, name)(
                    request, timeout=timeout, metadata=_metadata(self.target))
            except grpc.RpcError as error:
                pause = pauses.after(_convert(error, self.target))
            time.sleep(pause)

    def close(self) -> None:
        """Closes the channel; a later call opens another."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


# Per event loop: target -> [channel, users]. A triggerer's thousand gates
# share one connection.
_shared: weakref.WeakKeyDictionary[
    asyncio.AbstractEventLoop, dict[Target, list[Any]]
] = weakref.WeakKeyDictionary()


class AsyncClient:
    """Asynchronous; made by `async_client`."""

    def __init__(self, target: Target, channel: Any) -> None:
        self.target = target
        self._channel = channel

    async def call(self, name: str, request: Any,
                   timeout: float = CALL_TIMEOUT, grace: float = 0.0) -> Any:
        """As Client.call."""
        import grpc

        pauses = _Pauses(grace)
        while True:
            try:
                return await _apart(_method(self._channel, name)(
                    request, timeout=timeout, metadata=_metadata(self.target)))
            except grpc.RpcError as error:
                pause = pauses.after(_convert(error, self.target))
            await asyncio.sleep(pause)


async def _apart(call: Any) -> Any:
    """The answer of a call, awaited in a task of its own.

    gRPC loses the message of a cancellation that it is told of, and that
    message is how Airflow says whether a user has acted or a triggerer ends.
    """
    task = asyncio.ensure_future(call)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        # What has just gone wrong in it is nobody's business any more.
        task.add_done_callback(lambda done: done.cancelled()
                               or done.exception())
        task.cancel()
        raise
    return task.result()


def _load() -> None:
    """What the first call of a process needs: some tenths of a second."""
    import grpc.aio  # noqa: F401

    messages.method("WaitRun")


@contextlib.asynccontextmanager
async def async_client(target: Target) -> AsyncIterator[AsyncClient]:
    """A client on the running loop. Equal targets share a channel, which is
    closed with the last of them."""
    if "grpc.aio" not in sys.modules:
        await asyncio.to_thread(_load)  # A triggerer's loop is not stopped.
    import grpc.aio

    channels = _shared.setdefault(asyncio.get_running_loop(), {})
    entry = channels.get(target)
    if entry is None:
        entry = channels[target] = [_channel(grpc.aio, target), 0]
    entry[1] += 1
    try:
        yield AsyncClient(target, entry[0])
    finally:
        entry[1] -= 1
        if entry[1] == 0:
            del channels[target]
            await entry[0].close()
