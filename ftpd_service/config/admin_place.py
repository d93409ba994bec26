"""The place of the admin socket in a file that may have mistakes elsewhere, for programs that ask the service."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ftpd_service.config.document import document_of
from ftpd_service.config.environment import BadReference, expanded
from ftpd_service.config.problems import ConfigError, Problem


def admin_place(path: str, environ: Mapping[str, str]) -> str | None:
    """Return the path of the socket, or None if the file names no socket.

    :raises ConfigError: the file is no YAML, or the key holds no path.
    """
    document = document_of(path)
    values = document.values
    if values is None and document.problems:
        raise ConfigError(path, document.problems)
    section = values.get("admin") if isinstance(values, dict) else None
    socket = section.get("socket") if isinstance(section, dict) else None
    if socket is None:
        return None
    try:
        if not isinstance(socket, str):
            raise BadReference("expected the path of a socket")
        return os.path.join(os.path.dirname(os.path.abspath(path)), expanded(socket, environ))
    except BadReference as problem:
        where = ("admin", "socket")
        raise ConfigError(path, [Problem(document.line(where), "admin.socket", str(problem))]) from problem
