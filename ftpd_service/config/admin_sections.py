"""The declaration of ``admin``: the socket at which ``ftpd-service`` asks a running service."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from ftpd_service.admin_socket.socket_file import LONGEST_PATH_BYTES
from ftpd_service.config import words
from ftpd_service.config.forms import Form, octal
from ftpd_service.config.problems import found
from ftpd_service.config.section import Section, key, required

_SOCKET_MODE = re.compile(r"0?[0-7]{3}\Z")
_GROUP = re.compile(r"[A-Za-z0-9._-]+\Z")


def socket_path(value: object, info: ValidationInfo) -> str:
    """Return the path of the socket; a relative path starts at the configuration's directory."""
    path = words.file_path(value, info)
    if len(path.encode()) > LONGEST_PATH_BYTES:
        raise ValueError(
            f"expected a path of at most {LONGEST_PATH_BYTES} bytes, as the kernel demands of sockets; found "
            f"{len(path.encode())}"
        )
    return path


def socket_mode(value: object) -> int:
    """Return the permission bits of the socket, from octal digits in quotes."""
    if not isinstance(value, str) or not _SOCKET_MODE.match(value):
        raise ValueError(f'expected octal digits in quotes, such as "660"; found {found(value)}')
    mode = int(value, 8)
    if mode not in (0o600, 0o660):
        raise ValueError(
            f'expected "600" (the service\'s user and root) or "660" (the group too), because all others are refused; '
            f"found {found(value)}"
        )
    return mode


def group_or_null(value: object) -> str | None:
    """Return the name of a group, or None."""
    if value is None:
        return None
    if not isinstance(value, str) or not _GROUP.match(value):
        raise ValueError(f"expected the name of a group, found {found(value)}")
    return str(value)


class AdminSection(Section):
    """The socket at which ``ftpd-service`` asks a running service."""

    socket: Annotated[str, PlainValidator(socket_path), Form("path of a socket", {"type": "string"}, told=None)] = (
        required(
            "The path of the UNIX socket, such as ``/run/ftpd/admin.sock``. The service needs write permission in its "
            "directory. docs/administration.rst lists the commands.",
            to="admin.socket",
            example="/run/ftpd/admin.sock",
        )
    )
    mode: Annotated[
        int, PlainValidator(socket_mode), Form("600 or 660, in quotes", {"enum": ["600", "660"]}, told=octal)
    ] = key(
        "660",
        "The permissions of the socket: ``600`` (root and the service's user may ask) or ``660`` (the group too).",
        to="admin.mode",
    )
    group: Annotated[
        str | None, PlainValidator(group_or_null), Form("group, or null", {"type": ["string", "null"]}, told=None)
    ] = key(
        None,
        "The group whose members may ask; the service's user must be a member. Absent: the group of the service.",
        to="admin.group",
        example="ftpd-operators",
    )
