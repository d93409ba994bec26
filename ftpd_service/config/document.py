"""Reading the text of a file, without the declarations of its keys."""

from __future__ import annotations

from ftpd_service.config.problems import ConfigError, Problem
from ftpd_service.config.yaml_text import Document, parse

LARGEST_FILE_BYTES = 16 * 1024 * 1024
"""The size of a file with some hundred thousand accounts; a larger file is no configuration."""


def document_of(path: str) -> Document:
    """Return the values of a file as they stand there, with the mistakes of its text.

    :raises ConfigError: the file cannot be read.
    """
    try:
        with open(path, "rb") as file:
            octets = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(path, [Problem(0, "", f"cannot be read: {error.strerror}")]) from error
    if len(octets) > LARGEST_FILE_BYTES:
        raise ConfigError(path, [Problem(0, "", f"larger than {LARGEST_FILE_BYTES // 1024**2} MiB: no configuration")])
    return parse(octets)
