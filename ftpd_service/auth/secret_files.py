"""Secrets that stand in files of their own; reading them waits for disks."""

from __future__ import annotations

LARGEST_SECRET_BYTES = 64 * 1024


def secret_line(path: str) -> bytes:
    """Return the first line of a file, which is not empty.

    :raises ValueError: the file cannot be read, or has no such line; the text tells the operator.
    """
    line = read_secret(path).split(b"\n", 1)[0].removesuffix(b"\r")
    if not line:
        raise ValueError(f"{path}: the first line is empty")
    return line


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
