"""Files without names, and files that are held without the right to read them."""

from __future__ import annotations

import os

from ftpd_service.kernel import descriptors
from ftpd_service.kernel.descriptors import HELD, NO_UNNAMED, changeable, name_of, name_unnamed, open_unnamed
from tests.cases import SynchronousTestCase


class DescriptorsTests(SynchronousTestCase):
    """Each with and without what a system may lack."""

    def setUp(self) -> None:
        """A directory with one file."""
        self.path = self.mktemp()
        os.mkdir(self.path)
        with open(f"{self.path}/a", "w") as file:
            file.write("a")
        self.directory = os.open(self.path, os.O_RDONLY)
        self.addCleanup(os.close, self.directory)

    def without_proc(self) -> None:
        """As in a chroot without /proc."""
        self.patch(descriptors, "have_names", lambda: False)

    def test_a_file_without_a_name(self) -> None:
        """Has one when it is given one."""
        descriptor = open_unnamed(self.directory)
        self.addCleanup(os.close, descriptor)
        os.write(descriptor, b"data")
        before = os.listdir(self.path)
        name_unnamed(descriptor, self.directory, b"b")
        with open(f"{self.path}/b") as file:
            self.assertEqual((before, file.read()), (["a"], "data"))

    def test_a_name_that_is_taken(self) -> None:
        """EEXIST."""
        descriptor = open_unnamed(self.directory)
        self.addCleanup(os.close, descriptor)
        with self.assertRaises(FileExistsError):
            name_unnamed(descriptor, self.directory, b"a")

    def test_no_file_without_a_name_where_none_can_be_given(self) -> None:
        """It would be lost."""
        self.without_proc()
        with self.assertRaises(OSError) as caught:
            open_unnamed(self.directory)
        self.assertIn(caught.exception.errno, NO_UNNAMED)

    def test_no_file_without_a_name_on_a_system_that_has_none(self) -> None:
        """Likewise."""
        self.patch(descriptors, "_UNNAMED", 0)
        with self.assertRaises(OSError) as caught:
            open_unnamed(self.directory)
        self.assertIn(caught.exception.errno, NO_UNNAMED)
        self.assertFalse(descriptors.unnamed_available())

    def changed(self) -> int:
        """The file's mode, once it was changed by a descriptor."""
        descriptor = os.open(f"{self.path}/a", changeable())
        self.addCleanup(os.close, descriptor)
        os.chmod(name_of(descriptor), 0o604)
        return os.stat(f"{self.path}/a").st_mode & 0o777

    def test_a_held_file_is_changed_by_its_name_in_proc(self) -> None:
        """Neither chmod nor utime take what is only held."""
        self.assertEqual((changeable(), self.changed()), (HELD, 0o604))

    def test_a_file_is_changed_without_proc(self) -> None:
        """It is opened for reading then."""
        self.without_proc()
        self.assertEqual((changeable() & os.O_ACCMODE, self.changed()), (os.O_RDONLY, 0o604))
