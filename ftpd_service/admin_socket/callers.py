"""The programs that connect to the admin socket, as the kernel describes them."""

from __future__ import annotations

import os
import pwd
import socket
import struct
from dataclasses import dataclass

_SO_PEERGROUPS = 59
"""The socket option (Linux 4.13) that Python does not name: the supplementary groups of the other end."""

_MOST_GROUPS_BYTES = 1024
"""The most bytes that Python reads of an option: 256 groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A program that has connected, with the rights that it had then."""

    process_id: int
    user_id: int
    group_ids: frozenset[int]

    def may_ask(self, group_id: int | None) -> bool:
        """Whether the program may ask the service: as root, as the service's own user, or as a member of a group."""
        return self.user_id in (0, os.geteuid()) or group_id in self.group_ids

    def described(self, name: str | None) -> str:
        """Return the text for the log; `name` is that of the user, if it is known."""
        user = f"uid {self.user_id}" if name is None else f"{name} (uid {self.user_id})"
        return f"{user}, pid {self.process_id}"


def credentials_of(connected: socket.socket) -> tuple[int, int, int]:
    """Return the process, the user and the group at the other end."""
    process_id, user_id, group_id = struct.unpack(
        "iII", connected.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    )
    return process_id, user_id, group_id


def caller_at(connected: socket.socket) -> Caller:
    """Return the program at the other end."""
    process_id, user_id, group_id = credentials_of(connected)
    try:
        packed = connected.getsockopt(socket.SOL_SOCKET, _SO_PEERGROUPS, _MOST_GROUPS_BYTES)
    except OSError:
        packed = b""  # The kernel is old, or the groups are too many: the first group decides alone.
    groups = struct.unpack(f"{len(packed) // 4}I", packed)
    return Caller(process_id=process_id, user_id=user_id, group_ids=frozenset((group_id, *groups)))


def user_name(user_id: int) -> str | None:
    """Return the name of a user, or None for an unknown user; the call may wait for a directory server."""
    try:
        return pwd.getpwuid(user_id).pw_name
    except KeyError:
        return None
