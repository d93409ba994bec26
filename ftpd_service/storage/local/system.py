"""System calls that a disk may refuse or a kernel may lack, in one object, so that tests can hand in such a disk."""

from __future__ import annotations

import os
import secrets

from ftpd_service.kernel import descriptors, locks, renames
from ftpd_service.kernel.openat2 import best_opening
from ftpd_service.storage.local.at_hand import AtHand
from ftpd_service.storage.name_rules import TOKEN_BYTES


class SystemCalls:
    """The system as it is.  Everything raises `OSError`."""

    def open_beneath(self, root: int, path: bytes, flags: int) -> int:
        """Open what stands at a path below the directory `root`.  Provides `openat2.Opening`."""
        return best_opening()(root, path, flags)

    def at_hand(self, root: bytes, *, writing: bool) -> AtHand:
        """What can be opened below `root` without waiting."""
        return AtHand(root, writing=writing)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Write at the descriptor's position: how many bytes went."""
        return os.write(descriptor, data)

    def token(self) -> str:
        """What makes a hidden name unlike any other."""
        return secrets.token_hex(TOKEN_BYTES)

    def open_unnamed(self, directory: int) -> int:
        """See `descriptors.open_unnamed`."""
        return descriptors.open_unnamed(directory)

    def name_unnamed(self, descriptor: int, directory: int, name: bytes) -> None:
        """See `descriptors.name_unnamed`."""
        descriptors.name_unnamed(descriptor, directory, name)

    def rename(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        """Rename, in place of a file of that name."""
        os.rename(source, name, src_dir_fd=source_directory, dst_dir_fd=directory)

    def rename_new(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        """Rename, unless the name is taken (EEXIST)."""
        renames.rename_new(source_directory, source, directory, name, by_kernel=self.rename_no_replace)

    def rename_no_replace(self, source_directory: int, source: bytes, directory: int, name: bytes) -> None:
        """See `renames.rename_no_replace`."""
        renames.rename_no_replace(source_directory, source, directory, name)

    def lock(self, descriptor: int) -> bool:
        """See `locks.lock`; where the file system has none, the process's own reservations still hold."""
        return locks.lock(descriptor)
