"""URLs of databases.  No message shows any part of them, because they may contain passwords."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from pydantic import ValidationInfo

from ftpd_service.config.problems import kind
from ftpd_service.database.settings import POSTGRESQL, SQLITE

_EXPECTED = "expected sqlite:///PATH or postgresql://USER@HOST/NAME"


def database(value: object, info: ValidationInfo) -> str:
    """Return the URL of a database; a relative path of SQLite starts at the directory of the file."""
    if not isinstance(value, str):
        raise ValueError(f"{_EXPECTED} as text, found {kind(value)}")
    text = str(value)
    scheme = text.partition(":")[0]
    if scheme == SQLITE:
        return f"{SQLITE}:///{_path(text, str(info.context))}"
    if scheme == POSTGRESQL:
        return _postgresql(text)
    raise ValueError(f"{_EXPECTED}; the URL begins with neither sqlite: nor postgresql:")


def _path(text: str, folder: str) -> str:
    slashes = f"{SQLITE}:///"
    path = text.removeprefix(slashes)
    if not text.startswith(slashes) or not path.isprintable():
        raise ValueError(f"{_EXPECTED}: three slashes stand before a relative path, and four before an absolute one")
    if not path or path.startswith((":", "~")) or "?" in path:
        raise ValueError("expected the path of a file behind sqlite:///, without ~ and without parameters")
    return os.path.normpath(os.path.join(folder, path))


def _postgresql(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = text.startswith(f"{POSTGRESQL}://") and bool(parts.path.strip("/"))
        usable = usable and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or not text.isprintable() or " " in text:
        raise ValueError(
            "expected postgresql://USER@HOST:PORT/NAME with the name of a database; write other characters of a "
            "password as %XX, or put it into password_file"
        )
    return text
