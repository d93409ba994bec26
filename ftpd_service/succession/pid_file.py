"""twistd's PID file, which names the process that serves.

twistd refuses to start while the file names a process that runs, and removes the file at its end.  So a successor hides
the option from twistd until it serves, and the older process forgets the option by then.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from typing import Any

from twisted.logger import Logger

_log = Logger(namespace="ftpd")

TwistdOptions = MutableMapping[str, Any]  # Any: twistd's options are of all types


class PidFile:
    """The PID file of twistd's options.

    :param options: twistd reads them again at the end of the process; without options there is no file.
    """

    def __init__(self, options: TwistdOptions | None) -> None:
        self._options = options
        self._path = ""

    def hide(self) -> None:
        """Keep twistd from looking at the file; call this before twistd changes its directory."""
        if self._options is not None and self._options.get("pidfile"):
            self._path = os.path.abspath(self._options["pidfile"])
            self.forget()

    def write(self) -> None:
        """Write this process's id into a file that was hidden; the call may wait for a disk."""
        if self._path:
            fresh = f"{self._path}.{os.getpid()}"
            try:
                with open(fresh, "w", encoding="ascii") as file:
                    file.write(str(os.getpid()))
                os.replace(fresh, self._path)
            except OSError as problem:
                self._rewrite(problem)

    def _rewrite(self, problem: OSError) -> None:
        """Write into the file itself, as this user may not make files in its directory."""
        try:
            with open(self._path, "r+", encoding="ascii") as file:
                file.write(str(os.getpid()))
                file.truncate()
        except OSError:
            _log.warn(
                "the PID file {path} cannot be written ({reason}) and names the older process; this process is {pid}",
                path=self._path,
                reason=problem.strerror,
                pid=os.getpid(),
            )

    def own(self) -> None:
        """Have twistd remove the file at the end."""
        if self._options is not None and self._path:
            self._options["pidfile"] = self._path

    def forget(self) -> None:
        """Leave the file to another process."""
        if self._options is not None:
            self._options["pidfile"] = ""


def without_own_rights(options: TwistdOptions | None) -> None:
    """Remove ``--uid`` and ``--gid`` from twistd's options if this process has these rights already.

    A successor is started with the rights that are left, and could not set other groups.
    """
    if options is None:
        return
    user, group = (os.geteuid(), os.getegid()) if options.get("euid") else (os.getuid(), os.getgid())
    if options.get("uid") == user:
        options["uid"] = None
        if options.get("gid") == group:
            options["gid"] = None
