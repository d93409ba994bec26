"""The declaration of the stage ``clamd``: its address, or a mapping with further keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import PlainValidator

from ftpd_service.config import forms
from ftpd_service.config.forms import Form, choice, member
from ftpd_service.config.problems import KeyPath, found
from ftpd_service.config.section import Section, key, required
from ftpd_service.hooks.stage_settings import ClamdMode, OverSize, WhenFound

_LONGEST_SOCKET_PATH = 107
"""The most bytes of the path of a UNIX socket (unix(7))."""
_TCP = re.compile(r"tcp:(?P<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})\Z")

CLAMD_ADDRESS = Form("path of a UNIX socket, or tcp:HOST:PORT", {"type": "string", "minLength": 1}, told=None)


def clamd_address(value: object) -> str:
    """Return the address of clamd: the path of a UNIX socket from ``/`` on, or ``tcp:HOST:PORT``."""
    expected = "expected the path of a UNIX socket, such as /run/clamav/clamd.ctl, or tcp:HOST:PORT"
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError(f"{expected}; found {found(value)}")
    if value.startswith("/"):
        if len(value.encode(errors="surrogateescape")) > _LONGEST_SOCKET_PATH:
            raise ValueError(f"a path of a UNIX socket has at most {_LONGEST_SOCKET_PATH} bytes; found {found(value)}")
        return str(value)
    parts = _TCP.match(value)
    if parts is None or not 0 < int(parts["port"]) < 65536:
        raise ValueError(f"{expected}; found {found(value)}")
    return str(value)


class ClamdSection(Section):
    """The keys of the kind `clamd`."""

    address: Annotated[str, PlainValidator(clamd_address), CLAMD_ADDRESS] = required(
        "The place where clamd listens: the ``LocalSocket`` of clamd.conf, or ``tcp:HOST:PORT``, which is neither "
        "encrypted nor authenticated.",
        to="address",
        example="/run/clamav/clamd.ctl",
    )
    mode: Annotated[ClamdMode, member(ClamdMode), choice(ClamdMode)] = key(
        "auto",
        "``fildes`` passes the descriptor of the file, by a UNIX socket only; ``instream`` sends its bytes. ``auto`` "
        "passes the descriptor where that is possible, and sends the bytes if clamd cannot read it.",
        to="mode",
    )
    max_size: forms.OwnSize = key(
        "25MiB",
        "The size of the largest file that is scanned. Set it to the least of ``StreamMaxLength``, ``MaxFileSize`` and "
        "``MaxScanSize`` of clamd.conf: clamd calls larger files clean without a look.",
        to="max_size",
    )
    over_size: Annotated[OverSize, member(OverSize), choice(OverSize)] = key(
        "refuse", "What happens to larger files, which are not scanned.", to="over_size"
    )
    when_found: Annotated[WhenFound, member(WhenFound), choice(WhenFound)] = key(
        "refuse",
        "What happens to files in which clamd finds something. ``quarantine`` needs ``uploads.quarantine``; the client "
        "gets 226.",
        to="when_found",
    )


def clamd_section_of(value: object) -> object:
    """Return the section of a value, which may be the address alone."""
    return value if isinstance(value, dict) else {"address": value}


def in_clamd(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Yield the contradictions of the section, from its plain values."""
    if isinstance(value, dict) and value.get("mode") == "fildes" and str(value.get("address")).startswith("tcp:"):
        yield (*path, "mode"), "fildes needs a UNIX socket: no descriptor can be passed by TCP"
