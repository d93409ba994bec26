"""The storage contract, part four: the names that an upload may give to its file."""

from __future__ import annotations

from ftpd_service.errors import NameNotAllowed
from ftpd_service.testing.contract_ground import HIDDEN, StorageGround, opened, refused, write
from ftpd_service.values import WriteMode


class NamesContract(StorageGround):
    """Names that are refused, and names that only look odd."""

    async def test_an_upload_to_a_hidden_name(self) -> None:
        """Clients cannot make a hidden name."""
        with refused(NameNotAllowed):
            await opened(self.storage(), f"/{HIDDEN}a")

    async def test_an_upload_below_a_hidden_name(self) -> None:
        """Clients cannot write into a directory with a hidden name."""
        self.put_directory(f"/{HIDDEN}d")
        with refused(NameNotAllowed):
            await opened(self.storage(), f"/{HIDDEN}d/a")

    async def test_an_upload_to_a_name_with_a_line_end(self) -> None:
        """A name with a line end would split a row."""
        with refused(NameNotAllowed):
            await opened(self.storage(), "/a\rb")

    async def test_an_upload_to_a_name_with_a_control_character(self) -> None:
        """Terminals act on control characters: first and last of C0, ESC, DEL, first and last of C1, NEL."""
        for character in "\x01\x08\x1b\x1f\x7f\x80\x85\x9f":
            with refused(NameNotAllowed):
                await opened(self.storage(), f"/a{character}b")

    async def test_an_upload_to_a_name_with_a_control_character_among_other_bytes(self) -> None:
        """A byte that is not UTF-8 does not hide a control character."""
        with refused(NameNotAllowed):
            await opened(self.storage(), "/\udcff\x9b2J")

    async def test_an_upload_to_a_name_of_the_neighbours_of_control_characters(self) -> None:
        """A no-break space is allowed, and so are letters whose later bytes are those of C1."""
        await write(self.storage(), "/a\xa0\u0440\u4e85", b"abc", WriteMode.CREATE)
        assert self.names("/") == ["a\xa0\u0440\u4e85"]

    async def test_an_upload_to_a_name_that_changes_the_direction_of_text(self) -> None:
        """Names in Arabic and Hebrew contain direction marks; the log escapes them."""
        await write(self.storage(), "/a\u202eb\u200f", b"abc", WriteMode.CREATE)
        assert self.names("/") == ["a\u202eb\u200f"]

    async def test_an_upload_to_a_name_too_long(self) -> None:
        """A name of 256 bytes cannot be made."""
        with refused(NameNotAllowed):
            await opened(self.storage(), "/" + "n" * 256)
