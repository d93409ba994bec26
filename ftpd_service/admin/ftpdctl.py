"""``ftpdctl``: what an operator does beside the running server."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from datetime import datetime, timezone

from ftpd_service.tls.self_signed import DAYS, self_signed

CERTIFICATE = "fullchain.pem"
PRIVATE_KEY = "privkey.pem"
"""Certbot's names, so that a real certificate can take the place of this one."""

_PUBLIC, _SECRET = 0o644, 0o600


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return make_self_signed(options.name or ["localhost", socket.gethostname()], options.directory)
    except OSError as problem:
        sys.stderr.write(f"ftpdctl: {problem.filename}: {problem.strerror}\n")
    except ValueError as problem:
        sys.stderr.write(f"ftpdctl: {problem}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ftpdctl", description="Tools for ftpd-service.")
    topics = parser.add_subparsers(required=True, metavar="TOPIC")
    tls = topics.add_parser("tls", help="certificates").add_subparsers(required=True, metavar="COMMAND")
    own = tls.add_parser(
        "self-signed",
        help="make a certificate for a first try",
        description=f"Makes an ECDSA key and a certificate for {DAYS} days that no authority has signed: clients have "
        "to be told to trust it. Files that exist are never overwritten.",
    )
    own.add_argument(
        "--name", action="append", help="a host name or address of the server; may be given again (default: this host)"
    )
    own.add_argument("--directory", default="tls", help="where to put the two files (default: %(default)s)")
    return parser


def make_self_signed(names: Sequence[str], directory: str) -> int:
    """Write a certificate and its key.

    :raises OSError: a file is there already, or cannot be written.
    :raises ValueError: a name is none.
    """
    certificate, key = self_signed(names, now=datetime.now(timezone.utc))
    os.makedirs(directory, mode=0o755, exist_ok=True)
    key_path, path = os.path.join(directory, PRIVATE_KEY), os.path.join(directory, CERTIFICATE)
    _write(key_path, key, _SECRET)
    try:
        _write(path, certificate, _PUBLIC)
    except OSError:
        os.unlink(key_path)
        raise
    sys.stdout.write(
        f"A certificate for {', '.join(names)}, for {DAYS} days. In the configuration file:\n\n"
        f"tls:\n  certificate: {os.path.abspath(path)}\n  private_key: {os.path.abspath(key_path)}\n"
    )
    return 0


def _write(path: str, content: bytes, mode: int) -> None:
    """Write a new file that nobody else could have opened meanwhile."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


if __name__ == "__main__":
    raise SystemExit(main())
