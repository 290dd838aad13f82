# SPDX-License-Identifier: Apache-2.0
"""The contract, from a descriptor set that is shipped as data.

Generated code is tied to a range of protobuf and grpcio versions, and an
Airflow installation has many other wishes about these. The classes are made
here in a pool of their own, at first use, so that importing the provider costs
nothing and no other package's messages are in the way.

Thread-safe; everything is made once and never changes.
"""
from __future__ import annotations

import functools
import importlib.resources
from typing import Any

SERVICE = "assay.v1.ValidationService"

VERDICTS = ("PASS", "WARN", "FAIL", "ERROR")
DECISIONS = ("PROCEED", "HOLD", "ROLLBACK")
TERMINAL_STATES = ("SUCCEEDED", "FAILED", "CANCELLED")


@functools.lru_cache(maxsize=None)
def _pool() -> Any:
    from google.protobuf import descriptor_pb2, descriptor_pool

    data = (
        importlib.resources.files("assay_airflow")
        .joinpath("data/assay.desc")
        .read_bytes()
    )
    files = descriptor_pb2.FileDescriptorSet.FromString(data)
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:  # In the order of their imports.
        pool.AddSerializedFile(file.SerializeToString())
    return pool


@functools.lru_cache(maxsize=None)
def message(name: str) -> Any:
    """The class of a message, by a name as in "assay.v1.Run"."""
    from google.protobuf import message_factory

    descriptor = _pool().FindMessageTypeByName(name)
    get = getattr(message_factory, "GetMessageClass", None)
    if get is not None:
        return get(descriptor)
    return message_factory.MessageFactory(_pool()).GetPrototype(descriptor)


@functools.lru_cache(maxsize=None)
def method(name: str) -> tuple[str, Any, Any]:
    """Path, request class and response class of an RPC."""
    found = _pool().FindServiceByName(SERVICE).FindMethodByName(name)
    if found is None:
        raise LookupError(f"no RPC {name}")
    return (
        f"/{SERVICE}/{name}",
        message(found.input_type.full_name),
        message(found.output_type.full_name),
    )


def has_field(name: str, field: str) -> bool:
    """Whether the contract that is shipped has this field."""
    return field in message(name).DESCRIPTOR.fields_by_name


def word(value: Any, field: str, prefix: str = "") -> str:
    """An enum's name without `prefix`; "" where its number is not known."""
    enum = value.DESCRIPTOR.fields_by_name[field].enum_type
    found = enum.values_by_number.get(getattr(value, field))
    if found is None:
        return ""
    name = found.name
    return name[len(prefix):] if name.startswith(prefix) else name


def state_of(run: Any) -> str:
    """ "PENDING" …; "" where this provider does not know the state."""
    name = word(run, "state")
    return "" if name == "STATE_UNSPECIFIED" else name


def verdict_of(value: Any) -> str:
    """The verdict of a run or result; what is not known is "ERROR"."""
    name = word(value, "verdict", "VERDICT_")
    return name if name in VERDICTS else "ERROR"


def decision_of(run: Any) -> str:
    """The decision that the server sent; what is not known is "HOLD"."""
    name = word(run, "decision", "DECISION_")
    return name if name in DECISIONS else "HOLD"
