"""The environment variable by which a process tells its successor which descriptors it gets.

The text is JSON.  Its form is that of the older of two versions, so fields are only ever added, and unknown fields are
ignored.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

HANDOVER_VARIABLE = "FTPD_HANDOVER"


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedSocket:
    """A listening socket that a process was given at its start."""

    descriptor: int
    endpoint: str = ""
    """The description of the endpoint that the predecessor served on the socket; empty if it served nothing there."""
    index: int | None = None
    """The position among the sockets that systemd has opened; None if systemd has not opened the socket."""
    name: str = ""
    """The name that systemd has given the socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """The descriptors that a successor gets."""

    channel: int
    """The socket for the words between both processes."""
    errors: int
    """The predecessor's standard error, which the successor uses as its own once it serves."""
    sockets: tuple[PassedSocket, ...] = ()


class BrokenHandover(ValueError):
    """The text is not a handover."""


def written_handover(handover: Handover) -> str:
    """Return the text of the variable."""
    return json.dumps(asdict(handover))


def read_handover(text: str) -> Handover:
    """Return the handover that a text describes.

    :raises BrokenHandover: the text describes none.
    """
    try:
        fields = json.loads(text)
        return Handover(
            channel=_descriptor(fields["channel"]),
            errors=_descriptor(fields["errors"]),
            sockets=tuple(map(_socket, fields["sockets"])),
        )
    except (ValueError, KeyError, TypeError) as problem:
        raise BrokenHandover(f"{HANDOVER_VARIABLE} is not what a server writes for its successor") from problem


def _socket(fields: dict[str, Any]) -> PassedSocket:  # Any: JSON, whose values are checked below
    index = fields["index"]
    return PassedSocket(
        descriptor=_descriptor(fields["descriptor"]),
        endpoint=str(fields["endpoint"]),
        index=None if index is None else int(index),
        name=str(fields["name"]),
    )


def _descriptor(value: object) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError(value)
    return value
