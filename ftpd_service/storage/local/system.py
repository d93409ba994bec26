"""The system calls that a disk may refuse or a kernel may lack, in an object that tests can replace."""

from __future__ import annotations

import os
import secrets

from ftpd_service.kernel import descriptors, file_copies, locks, renames
from ftpd_service.kernel.openat2 import best_opening
from ftpd_service.storage.local.at_hand import AtHand
from ftpd_service.storage.name_rules import TOKEN_BYTES


class SystemCalls:
    """The real system.  Every method raises `OSError`."""

    def open_beneath(self, root: int, path: bytes, flags: int) -> int:
        """Open a path below the directory `root`.  Provides `openat2.Opening`."""
        return best_opening()(root, path, flags)

    def at_hand(self, root: bytes, *, writing: bool) -> AtHand:
        """Return the jail for files that can be opened below `root` without waiting."""
        return AtHand(root, writing=writing)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write at the descriptor's position; return the number of bytes."""
        return os.write(descriptor, data)

    def sync(self, descriptor: int) -> None:
        """Wait until a file or directory is on the disk."""
        os.fsync(descriptor)

    def copy_range(self, source: int, offset: int, target: int, count: int) -> int:
        """Copy bytes of an open file to the position of another; see `file_copies.copy_range`."""
        return file_copies.copy_range(source, offset, target, count)

    def token(self) -> str:
        """Return the random part of a hidden name."""
        return secrets.token_hex(TOKEN_BYTES)

    def open_unnamed(self, directory: int) -> int:
        return descriptors.open_unnamed(directory)

    def name_unnamed(self, descriptor: int, directory: int, name: bytes) -> None:
        descriptors.name_unnamed(descriptor, directory, name)

    def link(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        """Give a file a second name, or fail with EEXIST."""
        os.link(source, name, src_dir_fd=source_directory, dst_dir_fd=directory, follow_symlinks=False)

    def rename(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        """Rename, replacing a file of that name."""
        os.rename(source, name, src_dir_fd=source_directory, dst_dir_fd=directory)

    def rename_new(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        """Rename to a free name, or fail with EEXIST."""
        renames.rename_new(source_directory, source, directory, name, by_kernel=self.rename_no_replace)

    def rename_no_replace(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        renames.rename_no_replace(source_directory, source, directory, name)

    def flush(self, descriptor: int) -> None:
        """Let a network disk report that it is full, which it does at a close, without giving up the lock."""
        os.close(os.dup(descriptor))

    def is_written(self, descriptor: int) -> bool:
        """Return whether another process, or another session, has locked a file; see `locks.is_written`."""
        return locks.is_written(descriptor)

    def lock(self, descriptor: int) -> bool:
        """Lock a file; see `locks.lock`.  On a file system without locks the holds of this process remain."""
        return locks.lock(descriptor)
