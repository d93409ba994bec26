"""The storage contract, part seven: times and modes."""

from __future__ import annotations

from ftpd_service.errors import NotFound, PermissionDenied
from ftpd_service.interfaces import IChangeMode
from ftpd_service.storage.settings import StorageSettings
from ftpd_service.testing.contract_ground import StorageGround, refused, stat
from ftpd_service.upload_policy import UploadPolicy
from ftpd_service.values import VirtualPath as Path
from ftpd_service.values import WriteMode


class AttributesContract(StorageGround):
    """The attributes that clients set."""

    async def test_a_modification_time_is_set(self) -> None:
        """The time of a link's target is set, as exactly as the file system keeps it."""
        self.put("/a")
        self.put_link("/l", "a")
        storage = self.storage()
        await storage.set_modified(Path("/l"), 1_000_000_000 * 10**9)
        assert (await stat(storage, "/a")).modified_ns == 1_000_000_000 * 10**9

    async def test_a_link_keeps_its_own_time(self) -> None:
        """A link keeps its own time, because rows of LIST show the link itself."""
        self.put("/a")
        self.put_link("/l", "a")
        storage = self.storage()
        before = (await stat(storage, "/l")).link
        await storage.set_modified(Path("/a"), 1_000_000_000 * 10**9)
        entry = await stat(storage, "/l")
        assert (entry.modified_ns, entry.link) == (1_000_000_000 * 10**9, before)
        assert before is not None
        assert before.modified_ns > entry.modified_ns

    async def test_a_modification_time_before_1970(self) -> None:
        """A time before 1970 is set and returned like any other time."""
        self.put("/a")
        storage = self.storage()
        await storage.set_modified(Path("/a"), -301_684_911 * 10**9)
        assert (await stat(storage, "/a")).modified_ns == -301_684_911 * 10**9

    async def test_a_modification_time_outlives_a_renaming(self) -> None:
        """Also that of the file by which another file is replaced."""
        self.put("/a")
        self.put("/b")
        storage = self.storage()
        await storage.set_modified(Path("/a"), 1_000_000_000 * 10**9)
        await storage.rename(Path("/a"), Path("/b"))
        assert (await stat(storage, "/b")).modified_ns == 1_000_000_000 * 10**9

    async def test_a_modification_time_outlives_the_end_of_an_upload(self) -> None:
        """An upload in place sets no time at its end, so a time that was set after its last byte stays."""
        self.put("/a", b"abc")
        storage = self.storage()
        handle = await storage.open_write(Path("/a"), WriteMode.APPEND, 0)
        await handle.write(b"def")
        await storage.set_modified(Path("/a"), 1_000_000_000 * 10**9)
        await handle.commit()
        assert (await stat(storage, "/a")).modified_ns == 1_000_000_000 * 10**9
        assert self.content("/a") == b"abcdef"

    async def test_a_modification_time_of_a_directory(self) -> None:
        """The time of a directory is set like that of a file."""
        self.put_directory("/d")
        storage = self.storage()
        await storage.set_modified(Path("/d"), 1_000_000_000 * 10**9)
        assert (await stat(storage, "/d")).modified_ns == 1_000_000_000 * 10**9

    async def test_a_modification_time_of_nothing(self) -> None:
        """A time for a missing name raises NotFound."""
        with refused(NotFound):
            await self.storage().set_modified(Path("/a"), 0)

    async def test_a_mode_is_changed(self) -> None:
        """A storage with modes changes the mode of a file."""
        self.put("/a")
        storage = self.storage()
        await IChangeMode(storage).change_mode(Path("/a"), 0o604)
        assert (await stat(storage, "/a")).mode == 0o604

    async def test_a_mode_beyond_the_mask(self) -> None:
        """Bits that clients may not set are cleared."""
        self.put("/a")
        storage = self.make_storage(StorageSettings(uploads=UploadPolicy(chmod_mask=0o750)))
        await IChangeMode(storage).change_mode(Path("/a"), 0o667)
        assert (await stat(storage, "/a")).mode == 0o640

    async def test_a_mode_where_clients_may_set_none(self) -> None:
        """The mode stays as it was."""
        self.put("/a")
        storage = self.make_storage(StorageSettings(uploads=UploadPolicy(chmod_mask=0)))
        with refused(PermissionDenied):
            await IChangeMode(storage).change_mode(Path("/a"), 0o600)
        assert (await stat(storage, "/a")).mode == 0o644

    async def test_a_umask_beyond_the_mask(self) -> None:
        """New files keep the bits of the configuration's umask, and get no other bit that clients may not set."""
        storage = self.make_storage(StorageSettings(umask=0o027, uploads=UploadPolicy(chmod_mask=0o700)))
        IChangeMode(storage).set_umask(0)
        await storage.make_directory(Path("/d"))
        assert (IChangeMode(storage).umask(), (await stat(storage, "/d")).mode) == (0o027, 0o750)

    async def test_a_umask_counts_from_now_on(self) -> None:
        """A new umask applies to later files and directories."""
        storage = self.storage()
        IChangeMode(storage).set_umask(0o077)
        await storage.make_directory(Path("/d"))
        assert (IChangeMode(storage).umask(), (await stat(storage, "/d")).mode) == (0o077, 0o700)
