"""A connection to the admin socket of a running service."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click

from ftpd_service.admin_socket.asked import PROTOCOL_VERSION
from ftpd_service.config.admin_place import admin_place
from ftpd_service.config.problems import ConfigError
from ftpd_service.observe.escapes import escaped

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 30.0
"""The time for an answer that the service gives from memory."""

_LONGEST_BYTES = 1 << 28
"""The longest answer that is read; 10,000 sessions take some megabytes."""

SOCKET_KEY = f"{__name__}.socket"
"""The place of the option ``--socket`` in click's context."""


class NoServer(click.ClickException):
    """No service answers at the socket."""

    exit_code = 3


class ServiceConnection:
    """Requests to a service, and its answers.

    :ivar path: the path of the socket.
    """

    def __init__(self, path: str, connected: socket.socket) -> None:
        self.path = path
        self._socket = connected
        self._lines = connected.makefile("rb")

    def ask(self, verb: str, *, seconds: float | None = ANSWER_SECONDS, **arguments: object) -> Any:  # Any: JSON
        """Return the result of a request.

        :param seconds: the time for the answer; None means any.
        :param arguments: None leaves an argument out; `NO_LIMIT` stands for null.
        :raises click.ClickException: the service refuses.
        :raises NoServer: the service has ended, or does not answer.
        """
        told = {name: value for name, value in arguments.items() if value is not None}
        request = {"version": PROTOCOL_VERSION, "verb": verb, **told}
        text = json.dumps(request, default=lambda value: None)
        self._socket.settimeout(seconds)
        # A service that refuses the connection closes it; its answer says why.
        with suppress(OSError):
            self._socket.sendall(f"{text}\n".encode("ascii"))
        return self._told("result")

    def traced(self) -> Iterator[dict[str, Any]]:  # Any: JSON
        """Yield the lines that follow the answer to ``trace``, until the last."""
        self._socket.settimeout(None)
        while True:
            told: dict[str, Any] = self._told("traced")  # Any: JSON
            yield told
            if "ended" in told:
                return

    def close(self) -> None:
        """Close the connection."""
        self._lines.close()
        self._socket.close()

    def _told(self, name: str) -> Any:  # Any: JSON
        try:
            line = self._lines.readline(_LONGEST_BYTES)
        except TimeoutError:
            raise NoServer(f"the service at {self.path} does not answer: its log may say why") from None
        except ConnectionResetError:
            line = b""
        if len(line) == _LONGEST_BYTES:
            raise self._stranger()
        if not line.endswith(b"\n"):
            raise NoServer(f"the service at {self.path} has ended, or has closed the connection")
        try:
            told = json.loads(line)
            if "error" in told:
                error = told["error"]
                hint = ": use the ftpd-service of its own installation" if error["code"] == "version" else ""
                raise click.ClickException(f"{escaped(error['text'])}{hint}")
            return told[name]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise self._stranger() from None

    def _stranger(self) -> click.ClickException:
        return click.ClickException(
            f"{self.path}: the answer is not in version {PROTOCOL_VERSION} of the protocol: "
            "use the ftpd-service of the service's own installation"
        )


NO_LIMIT = object()
"""The value of an argument that is null in the request."""


@contextmanager
def connected(config: str) -> Iterator[ServiceConnection]:
    """Connect to the service of a configuration, or of the option ``--socket``.

    :raises NoServer: no service answers there.
    :raises click.ClickException: the file does not tell where, or the user may not connect.
    """
    connection = _connection(_place(config))
    try:
        yield connection
    finally:
        connection.close()


def _place(config: str) -> str:
    given: str | None = click.get_current_context().find_root().meta.get(SOCKET_KEY)
    if given is not None:
        return given
    try:
        place = admin_place(config, os.environ)
    except ConfigError as problem:
        told = "\n".join(problem.lines())
        raise click.ClickException(f"{told}\nIf a service runs, 'ftpd-service --socket PATH ...' finds it") from problem
    if place is None:
        raise NoServer(
            f"{config} names no admin socket: add 'admin: {{socket: /run/ftpd/admin.sock}}' and reload the service"
        )
    return place


def _connection(path: str) -> ServiceConnection:
    asking = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    asking.settimeout(CONNECT_SECONDS)
    try:
        asking.connect(path)
    except OSError as problem:
        asking.close()
        if isinstance(problem, PermissionError):
            raise click.ClickException(
                f"{path}: {problem.strerror}: run the command as root, as the service's user or as a member of the "
                "socket's group (admin.group)"
            ) from problem
        raise NoServer(f"no service answers at {path}: {_advice(problem)}") from problem
    return ServiceConnection(path, asking)


def _advice(problem: OSError) -> str:
    if isinstance(problem, FileNotFoundError):
        return "start the service, or reload it if the key admin.socket is new"
    if isinstance(problem, ConnectionRefusedError):
        return "the service that made the socket has ended; start the service"
    return problem.strerror or str(problem)
