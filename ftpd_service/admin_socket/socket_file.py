"""The file of the admin socket: made under a temporary name, put in its place, and removed if it is still ours.

A client that finds the file under its name can connect: the socket listens and has its owner, group and mode by then.
In an upgrade the file of the former process gets a second name with its process id, so that its sessions can be seen
until they have ended.
The calls may wait for a disk, but for `SocketFile.place` and `SocketFile.close`, which change one name of a directory.
"""

from __future__ import annotations

import errno
import grp
import os
import socket
import stat
from contextlib import suppress

from ftpd_service.admin_socket.callers import credentials_of
from ftpd_service.admin_socket.settings import AdminSettings
from ftpd_service.running_service import CannotServe

TEMPORARY = ".new"
"""The end of the temporary name."""

LONGEST_PATH_BYTES = 107 - len(".4194304")
"""The longest path that the kernel accepts for the other names, too (unix(7)); the largest process id is the longest.
"""

PROBE_SECONDS = 2.0
"""The time that a server at the same path gets to answer a connection."""

_BACKLOG = 64

_WHERE = ("admin", "socket")


class SocketFile:
    """A listening socket and its file.

    :ivar listening: the socket.
    :ivar group_id: the group whose members may connect, by the file's permissions.
    :ivar former: the process that this process replaces, or None.
    """

    def __init__(
        self, settings: AdminSettings, listening: socket.socket, made: os.stat_result, *, former: int | None = None
    ) -> None:
        """Own a socket whose file has the temporary name.

        :param made: describes the file.
        :param former: the file of this process, which has the same path, keeps a second name.
        """
        self.listening = listening
        self.group_id = made.st_gid
        self._path = settings.socket
        self._identity = (made.st_dev, made.st_ino)
        self.former = former
        self._placed = False

    @property
    def in_place(self) -> bool:
        """Whether this file is under the socket's path."""
        return self._placed and _identity(self._path) == self._identity

    def place(self) -> None:
        """Give the file its name, in place of a file that is there.

        :raises OSError: the directory has changed.
        """
        if self.former is not None:
            with suppress(OSError):
                os.link(self._path, name_of_former(self._path, self.former))
        os.rename(self._path + TEMPORARY, self._path)
        self._placed = True

    def close(self) -> None:
        """Close the socket, and remove its file unless another server has taken the name."""
        # The socket keeps the file's number from being given to another file.
        for name in (self._path, self._path + TEMPORARY, name_of_former(self._path, os.getpid())):
            if _identity(name) == self._identity:
                with suppress(OSError):
                    os.unlink(name)
        self.listening.close()


def name_of_former(path: str, process_id: int) -> str:
    """Return the path at which a process answers after another process has replaced it."""
    return f"{path}.{process_id}"


def make_file(settings: AdminSettings, *, former: int | None = None) -> SocketFile:
    """Return a socket that listens under the temporary name.

    :param former: see `SocketFile`.
    :raises CannotServe: the directory or the group does not permit it.
    """
    group_id = _group_id(settings.group)
    temporary = settings.socket + TEMPORARY
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    try:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        # The file inherits this mode (unix(7)), so nobody can connect before it has its group.
        os.fchmod(listening.fileno(), 0o600)
        listening.bind(temporary)
        made = _give(temporary, group_id, settings.mode)
        listening.listen(_BACKLOG)
        return SocketFile(settings, listening, made, former=former)
    except OSError as problem:
        listening.close()
        with suppress(OSError):
            os.unlink(temporary)
        raise CannotServe(_text(settings, problem), _WHERE) from problem


def _give(path: str, group_id: int | None, mode: int) -> os.stat_result:
    """Give a socket's file to a group, with a mode, and return its description.

    Whoever may write in the directory can replace the file by a link meanwhile; root must not change the link's target.

    :raises OSError: the file is no socket, or cannot be changed.
    """
    found = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not stat.S_ISSOCK(os.fstat(found).st_mode):
            raise OSError(errno.ENOTSOCK, "somebody has replaced the socket")
        # The other names of the file lead to the same file; fchmod(2) takes no such descriptor.
        itself = f"/proc/self/fd/{found}"
        if group_id is not None:
            os.chown(itself, -1, group_id)
        os.chmod(itself, mode)
        return os.fstat(found)
    finally:
        os.close(found)


def demand_free(settings: AdminSettings, *, live_allowed: bool = False) -> int | None:
    """Demand that no server answers at the path, and that no other kind of file is there.

    :param live_allowed: whether a server may answer, which this process replaces.
    :return: the process of that server, or None.
    :raises CannotServe: the text names the server's process.
    """
    path = settings.socket
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise CannotServe(_text(settings, problem), _WHERE) from problem
    if not stat.S_ISSOCK(found.st_mode):
        raise CannotServe(f"admin.socket: {path} is there and is no socket: move it away, or name another path", _WHERE)
    server = _server_at(settings)
    if server is not None and not live_allowed:
        raise CannotServe(
            f"admin.socket: another server, process {server}, answers at {path}: stop it, or name another path", _WHERE
        )
    return server or None


def demand_directory(settings: AdminSettings) -> None:
    """Demand that a socket can be made in the directory, without making one.

    :raises CannotServe: the directory or the group is missing, or the rights are.
    """
    _group_id(settings.group)
    folder = os.path.dirname(settings.socket)
    try:
        os.stat(folder)
    except OSError as problem:
        raise CannotServe(_text(settings, problem), _WHERE) from problem
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
        raise CannotServe(_text(settings, PermissionError(errno.EACCES, os.strerror(errno.EACCES))), _WHERE)


def _server_at(settings: AdminSettings) -> int | None:
    """Return the process that answers at the path, 0 for an unknown process, or None without an answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        asking.settimeout(PROBE_SECONDS)
        try:
            asking.connect(settings.socket)
        except (ConnectionRefusedError, FileNotFoundError):
            return None
        except (TimeoutError, BlockingIOError):
            return 0
        except OSError as problem:
            raise CannotServe(_text(settings, problem), _WHERE) from problem
        return credentials_of(asking)[0]


def _group_id(name: str | None) -> int | None:
    if name is None:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise CannotServe(f"admin.group: there is no group {name!r} on this host", ("admin", "group")) from None


def _text(settings: AdminSettings, problem: OSError) -> str:
    folder = os.path.dirname(settings.socket)
    advice = {
        errno.ENOENT: f": the directory {folder} is missing (the unit's RuntimeDirectory=ftpd makes /run/ftpd)",
        errno.EACCES: f": the service's user needs write permission in {folder}",
        errno.EPERM: ": the service's user must be a member of admin.group",
    }
    reason = problem.strerror or str(problem)
    return f"admin.socket: cannot listen at {settings.socket}: {reason}{advice.get(problem.errno or 0, '')}"


def _identity(path: str) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
