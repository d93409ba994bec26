"""The upload of a local write handle, as the handle and the quarantine see it."""

from __future__ import annotations

from typing import Protocol

from ftpd_service.hook_interfaces import HostFile


class Upload(Protocol):
    """The upload of a write handle, used on the pool: a hidden file or a file in place."""

    def begin(self) -> int:
        """Return the descriptor, at the position of the next byte.  Called once, when the first byte is due.

        :raises OSError:
        :raises StorageError:
        """

    def ready(self) -> int | None:
        """Return the result of `begin` if it needs no waiting, else None."""

    def weight(self) -> int:
        """Return the bytes whose blocks the end may have to free, judging by the open files."""

    def former_size(self) -> int | None:
        """Return the size of the file with the name as of the opening, or None if the name was free."""

    def host_file(self) -> HostFile:
        """Return the file that has begun, at the path that it has after the commit.

        :raises OSError:
        :raises Unsupported: the system does not tell the path.
        """

    def commit(self) -> None:
        """Turn the written bytes into the file, and close.

        :raises OSError:
        :raises StorageError:
        """

    def leave(self, directory: int, name: bytes) -> None:
        """Move the file to a free name in another open directory, for nobody but the service.

        :raises OSError: EEXIST if the name is taken; EXDEV or EPERM if the file can only be copied.
        :raises StorageError:
        """

    def vanish(self) -> None:
        """Remove the name of the file, which was copied elsewhere; a hidden file has none.

        :raises OSError:
        """

    def give_up(self) -> None:
        """Close and remove a hidden file.  Safe to call twice and after `commit`; never raises."""
