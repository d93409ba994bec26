"""Opening below a root: the kernel's way and the walk give the same answers on the same tree."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from ftpd_service.kernel import openat2
from ftpd_service.kernel.descriptors import HELD
from ftpd_service.kernel.openat2 import Opening, best_opening, open_by_kernel, settled
from ftpd_service.kernel.walk import open_by_walk
from tests.cases import SynchronousTestCase
from tests.storage.local.disk import Disk

WAYS: tuple[Opening, Opening] = (open_by_kernel, open_by_walk)


def answer(disk: Disk, opening: Opening, path: str, flags: int) -> tuple[int, int] | str:
    """Which object a path leads to, or the name of the refusal."""
    root = os.open(disk.root, HELD | os.O_DIRECTORY)
    try:
        descriptor = opening(root, path.lstrip("/").encode(), flags)
    except OSError as problem:
        return errno.errorcode[problem.errno or 0]
    finally:
        os.close(root)
    try:
        found = os.fstat(descriptor)
        return found.st_dev, found.st_ino
    finally:
        os.close(descriptor)


class TestBothWays(SynchronousTestCase):
    """`open_by_kernel` and `open_by_walk`."""

    def setUp(self) -> None:
        self.disk = Disk(self.mktemp())
        self.addCleanup(self.disk.remove)

    def both(self, path: str, flags: int = HELD) -> tuple[int, int] | str:
        """The one answer of both ways."""
        by_kernel, by_walk = [answer(self.disk, way, path, flags) for way in WAYS]
        self.assertEqual(by_kernel, by_walk)
        self.assertEqual(self.disk.open_in(), [])
        return by_kernel

    def object(self, path: str) -> tuple[int, int]:
        """What stands at a host path, no link followed."""
        found = os.lstat(self.disk.host(path))
        return found.st_dev, found.st_ino

    def test_a_file(self) -> None:
        """A plain path leads to its object."""
        self.disk.put("/d/a")
        self.assertEqual(self.both("/d/a"), self.object("/d/a"))

    def test_the_root(self) -> None:
        """The empty path is the root."""
        self.assertEqual(self.both("/"), self.object("/"))

    def test_dots_in_a_path(self) -> None:
        """``..`` at the root stays there."""
        self.disk.put("/d/a")
        self.assertEqual(self.both("/d/../../../d/./a"), self.object("/d/a"))

    def test_an_absolute_link(self) -> None:
        """Starts at the root, from the depth too."""
        self.disk.put("/a")
        self.disk.put_link("/d/e/l", "/a")
        self.assertEqual(self.both("/d/e/l"), self.object("/a"))

    def test_a_link_out_of_the_root(self) -> None:
        """Cannot leave it: the host's own files are not there."""
        self.disk.put_link("/l", "../../../../../../../../etc/passwd")
        self.assertEqual(self.both("/l"), "ENOENT")

    def test_an_absolute_link_to_the_host(self) -> None:
        """Neither can an absolute one."""
        self.disk.put_link("/l", "/etc/passwd")
        self.assertEqual(self.both("/l"), "ENOENT")

    def test_a_link_to_a_directory_with_a_slash(self) -> None:
        """A slash at the end of a link's text is allowed before a directory."""
        self.disk.put_directory("/d")
        self.disk.put_link("/l", "d/")
        self.assertEqual(self.both("/l"), self.object("/d"))

    def test_a_link_to_a_file_with_a_slash(self) -> None:
        """And refused before a file."""
        self.disk.put("/a")
        self.disk.put_link("/l", "a/")
        self.assertEqual(self.both("/l"), "ENOTDIR")

    def test_a_path_through_a_file(self) -> None:
        """ENOTDIR."""
        self.disk.put("/a")
        self.assertEqual(self.both("/a/b"), "ENOTDIR")

    def test_upwards_from_a_file(self) -> None:
        """A file is no directory to go up from."""
        self.disk.put("/a")
        self.disk.put_link("/l", "a/..")
        self.assertEqual(self.both("/l"), "ENOTDIR")

    def test_a_name_too_long(self) -> None:
        """ENAMETOOLONG."""
        self.assertEqual(self.both("/" + "n" * 256), "ENAMETOOLONG")

    def test_forty_links(self) -> None:
        """As many as the kernel follows."""
        self.disk.put("/l0")
        self.chain(40)
        self.assertEqual(self.both("/l40"), self.object("/l0"))

    def test_forty_one_links(self) -> None:
        """One more is refused."""
        self.disk.put("/l0")
        self.chain(41)
        self.assertEqual(self.both("/l41"), "ELOOP")

    def test_the_last_link_itself(self) -> None:
        """O_NOFOLLOW with O_PATH opens the link."""
        self.disk.put("/a")
        self.disk.put_link("/l", "a")
        self.assertEqual(self.both("/l", HELD | os.O_NOFOLLOW), self.object("/l"))

    def test_the_last_link_refused(self) -> None:
        """O_NOFOLLOW alone refuses it."""
        self.disk.put("/a")
        self.disk.put_link("/l", "a")
        self.assertEqual(self.both("/l", os.O_RDONLY | os.O_NOFOLLOW), "ELOOP")

    def test_a_file_as_a_directory(self) -> None:
        """O_DIRECTORY refuses a file."""
        self.disk.put("/a")
        self.assertEqual(self.both("/a", os.O_RDONLY | os.O_DIRECTORY), "ENOTDIR")

    def test_a_directory_for_writing(self) -> None:
        """EISDIR."""
        self.disk.put_directory("/d")
        self.assertEqual(self.both("/d", os.O_WRONLY), "EISDIR")

    def chain(self, length: int) -> None:
        """Links l1 to l`length`, each to the one before."""
        for number in range(1, length + 1):
            self.disk.put_link(f"/l{number}", f"l{number - 1}")


def forbidden(root: int, path: bytes, flags: int) -> int:
    """openat2 as a container's filter of system calls answers it."""
    raise OSError(errno.EPERM, os.strerror(errno.EPERM))


class TestChoosing(SynchronousTestCase):
    """`best_opening` and `settled`."""

    def test_the_kernel_where_it_can(self) -> None:
        """openat2 is one call."""
        self.assertIs(best_opening(), open_by_kernel)

    def test_the_walk_where_the_kernel_may_not(self) -> None:
        """Docker's older filters answer EPERM, older kernels ENOSYS."""
        self.assertIs(best_opening(forbidden), open_by_walk)

    def test_the_walk_where_the_call_is_missing(self) -> None:
        """As on a C library without ``syscall``."""
        self.patch(openat2, "_syscall", None)
        best_opening.cache_clear()
        self.addCleanup(best_opening.cache_clear)
        self.assertEqual((best_opening(), openat2.available()), (open_by_walk, False))

    def test_the_walk_on_another_system(self) -> None:
        """The number of the call is another call's there."""
        self.patch(sys, "platform", "freebsd14")
        best_opening.cache_clear()
        self.addCleanup(best_opening.cache_clear)
        self.assertIs(best_opening(), open_by_walk)

    def test_a_kernel_without_cached_lookups(self) -> None:
        """EINVAL: the flag is unknown before Linux 5.12."""
        self.patch(openat2, "_openat2", einval)
        self.assertFalse(openat2.cached_available())

    def test_a_race_with_a_rename_is_tried_again(self) -> None:
        """EAGAIN is not an answer."""
        answers: list[int | OSError] = [OSError(errno.EAGAIN, "again"), OSError(errno.EAGAIN, "again"), 7]
        self.assertEqual(settled(lambda: answered(answers.pop(0))), 7)

    def test_a_race_that_never_ends(self) -> None:
        """Does end."""
        with self.assertRaises(BlockingIOError):
            settled(lambda: answered(OSError(errno.EAGAIN, "again")))

    def test_another_answer_is_final(self) -> None:
        """ENOENT is not tried again."""
        answers: list[int | OSError] = [OSError(errno.ENOENT, "no"), 7]
        with self.assertRaises(FileNotFoundError):
            settled(lambda: answered(answers.pop(0)))


def einval(root: int, path: bytes, how: bytes) -> int:
    """openat2 as a kernel answers it that does not know a flag."""
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))


def answered(answer: int | OSError) -> int:
    """Return or raise."""
    if isinstance(answer, OSError):
        raise answer
    return answer


NAMES = st.sampled_from(["a", "b", "c"])
STEPS = st.lists(st.one_of(NAMES, st.sampled_from([".", "..", ""])), min_size=1, max_size=6)
TEXTS = st.builds(lambda slash, steps: (slash + "/".join(steps)) or ".", st.sampled_from(["", "/"]), STEPS)
PLACES = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
TREES = st.dictionaries(PLACES, st.one_of(st.none(), st.just("directory"), TEXTS), max_size=9)


class TestAnyTree(SynchronousTestCase):
    """Random trees of files, directories and links."""

    def plant(self, disk: Disk, tree: dict[str, str | None]) -> None:
        """Make what can be made of a tree: None is a file, ``directory`` a directory, any other text a link."""
        # Links come last, behind the directories that they stand in.
        for place, what in sorted(tree.items(), key=lambda item: item[1] not in (None, "directory")):
            with contextlib.suppress(FileExistsError, NotADirectoryError, FileNotFoundError):
                # Suppressed where the tree contradicts itself.
                self.plant_one(disk, "/" + place, what)

    def plant_one(self, disk: Disk, path: str, what: str | None) -> None:
        """Make one object, unless that would lead through a link that is there, and maybe out of the root."""
        above = disk.host(path.rpartition("/")[0])
        names = path.split("/")[1:-1]
        if any(os.path.islink(disk.host("/" + "/".join(names[:depth]))) for depth in range(1, len(names) + 1)):
            return
        if what is None:
            os.makedirs(above, exist_ok=True)
            os.close(os.open(disk.host(path), os.O_CREAT | os.O_EXCL, 0o644))
        elif what == "directory":
            disk.put_directory(path)
        else:
            os.makedirs(above, exist_ok=True)
            os.symlink(what, disk.host(path))

    @settings(max_examples=80, deadline=None)
    @given(tree=TREES, path=TEXTS)
    def test_both_ways_agree_and_stay_inside(self, tree: dict[str, str | None], path: str) -> None:
        """The same object or the same refusal, and the object is one of the tree."""
        disk = Disk(self.mktemp())
        try:
            self.plant(disk, tree)
            by_kernel, by_walk = [answer(disk, way, path, HELD) for way in WAYS]
            self.assertEqual(by_kernel, by_walk)
            if not isinstance(by_kernel, str):
                self.assertIn(by_kernel, objects_below(disk.root))
        finally:
            disk.remove()


def objects_below(root: str) -> set[tuple[int, int]]:
    """Every object of a tree on the host, the root too."""
    found = [os.lstat(root)]
    for above, directories, files in os.walk(root):
        found += [os.lstat(os.path.join(above, name)) for name in directories + files]
    return {(each.st_dev, each.st_ino) for each in found if not stat.S_ISLNK(each.st_mode)}
