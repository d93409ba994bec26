"""Secrets that stand in files of their own; reading them waits for disks."""

from __future__ import annotations

import re

LARGEST_SECRET_BYTES = 64 * 1024

_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x21-\x7e\x80-\xff](?:[ \t\x21-\x7e\x80-\xff]*))")


def secret_line(path: str) -> bytes:
    """Return the first line of a file, which is not empty.

    :raises ValueError: the file cannot be read, or has no such line; the text tells the operator.
    """
    line = read_secret(path).split(b"\n", 1)[0].removesuffix(b"\r")
    if not line:
        raise ValueError(f"{path}: the first line is empty")
    return line


def header_lines(path: str) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of HTTP that a file has, one ``Name: value`` a line; empty lines are left out.

    :raises ValueError: the file cannot be read, or a line is no header; the text tells the operator, without the line.
    """
    headers = []
    for number, line in enumerate(read_secret(path).splitlines(), start=1):
        header = _HEADER.fullmatch(line.strip())
        if header is not None:
            headers.append((header[1], header[2]))
        elif line.strip():
            raise ValueError(f"{path}: line {number} is no header such as Name: value")
    return tuple(headers)


def read_secret(path: str) -> bytes:
    """Return the content of a file.

    :raises ValueError: the file cannot be read, or is too large; the text tells the operator.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_SECRET_BYTES + 1)
    except OSError as problem:
        raise ValueError(f"{path} cannot be read: {problem.strerror}") from None
    if len(content) > LARGEST_SECRET_BYTES:
        raise ValueError(f"{path} is too large")
    return content
