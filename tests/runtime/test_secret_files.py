"""Secrets that stand in files of their own."""

from __future__ import annotations

from ftpd_service.runtime.secret_files import LARGEST_SECRET_BYTES, header_lines, secret_line
from tests.cases import SynchronousTestCase


class SecretCase(SynchronousTestCase):
    """Files of a test."""

    def written(self, content: bytes) -> str:
        """The path of a new file."""
        path = str(self.mktemp())
        with open(path, "wb") as file:
            file.write(content)
        return path


class LineTests(SecretCase):
    """`secret_line`."""

    def test_first_line(self) -> None:
        """Without its end, and with its spaces."""
        lines = [secret_line(self.written(content)) for content in (b" a b \nc", b"a\r\n", b"\xff")]
        self.assertEqual(lines, [b" a b ", b"a", b"\xff"])

    def test_empty_line(self) -> None:
        """It is no secret."""
        for content in (b"", b"\n", b"\r\nx"):
            self.assertRaises(ValueError, secret_line, self.written(content))

    def test_files_that_cannot_be_used(self) -> None:
        """The text has the path."""
        self.assertIn("/none/there", str(self.assertRaises(ValueError, secret_line, "/none/there")))
        large = self.written(b"x" * (LARGEST_SECRET_BYTES + 1))
        self.assertIn("too large", str(self.assertRaises(ValueError, secret_line, large)))


class HeaderTests(SecretCase):
    """`header_lines`."""

    def test_lines(self) -> None:
        """Empty ones are left out; a value may hold colons."""
        found = header_lines(self.written(b"A: b: c\r\n\n  X-Y:z\n"))
        self.assertEqual(found, ((b"A", b"b: c"), (b"X-Y", b"z")))

    def test_lines_that_are_no_headers(self) -> None:
        """The text has the number of the line, and nothing of it."""
        for line in (b"hunter2", b": hunter2", b"A b: hunter2", b"A:", b"A: hunter2\0"):
            text = str(self.assertRaises(ValueError, header_lines, self.written(b"A: b\n" + line)))
            self.assertIn("line 2", text)
            self.assertNotIn("hunter2", text)
