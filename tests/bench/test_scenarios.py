"""Each scenario against this server, with tiny sizes."""

from __future__ import annotations

import gc

from twisted.internet.error import ConnectionDone
from twisted.python.failure import Failure

from ftpd_bench.data import Discarding
from ftpd_bench.main import SCENARIOS, measure
from ftpd_bench.measurement import Measurement
from ftpd_bench.replies import BadReply
from ftpd_bench.session import log_in
from ftpd_bench.target import Load, Tls
from ftpd_bench.transfers import check_octets, check_size
from tests.bench.grounds import GroundCase

SIZE = 3 * 1024 * 1024 + 17
"""More than one reading, and no round number."""
ENDLESS = 1 << 38
"""A file with holes only, which no client takes within a test: for the client it hangs."""
COVERED = 13


class PlainTests(GroundCase):
    """Without TLS."""

    async def run_scenario(self, name: str, load: Load) -> Measurement:
        """Run it, and see that time has passed and been paid for."""
        found = await measure(self.ground(), load, name)
        self.assertGreater(found.rate, 0.0)
        assert found.server_cpu_seconds is not None
        self.assertGreater(found.server_cpu_seconds, 0.0)
        return found

    async def test_download(self) -> None:
        """Streams, rounds and size make the amount."""
        found = await self.run_scenario("download", Load(streams=3, count=2, size_bytes=SIZE))
        self.assertAlmostEqual(found.amount, 6 * SIZE / (1 << 20))

    async def test_upload(self) -> None:
        """And nothing is left behind."""
        found = await self.run_scenario("upload", Load(streams=3, size_bytes=SIZE))
        self.assertAlmostEqual(found.amount, 3 * SIZE / (1 << 20))
        self.assertEqual(list(self.server.home.glob("bench-up-*")), [])

    async def test_small_downloads(self) -> None:
        """The count is shared among the streams."""
        found = await self.run_scenario("small-downloads", Load(streams=2, count=10, size_bytes=4096))
        self.assertEqual((found.amount, found.unit), (10, "file"))

    async def test_small_uploads(self) -> None:
        """Each under a name of its own, and nothing is left behind."""
        found = await self.run_scenario("small-uploads", Load(streams=2, count=10, size_bytes=4096))
        self.assertEqual(found.amount, 10)
        self.assertEqual(list(self.server.home.glob("bench-small-*")), [])

    async def test_list(self) -> None:
        """Entries, not rows of one listing."""
        found = await self.run_scenario("list", Load(count=20))
        self.assertEqual((found.amount, found.unit), (200, "entry"))

    async def test_mlsd(self) -> None:
        """RFC 3659 section 7."""
        found = await self.run_scenario("mlsd", Load(count=20))
        self.assertEqual(found.amount, 200)

    async def test_nlst(self) -> None:
        """Names only."""
        found = await self.run_scenario("nlst", Load(count=20))
        self.assertEqual((found.amount, found.unit), (200, "entry"))

    async def test_sessions(self) -> None:
        """From connecting to QUIT."""
        found = await self.run_scenario("sessions", Load(streams=3, count=10))
        self.assertEqual(found.amount, 10)

    async def test_commands(self) -> None:
        """Several on their way at once."""
        found = await self.run_scenario("commands", Load(streams=2, count=40, depth=5))
        self.assertEqual(found.amount, 40)

    async def test_idle(self) -> None:
        """Memory a session, and of the whole server."""
        found = await self.run_scenario("idle", Load(streams=10, hold_seconds=0.0))
        self.assertGreater(found.details["server_mib"], 1.0)
        self.assertIn("kib_each", found.details)

    async def test_latency(self) -> None:
        """The load runs in a process of its own, and ends with the measurement."""
        found = await self.run_scenario("latency", Load(streams=3, count=20, size_bytes=SIZE))
        self.assertLessEqual(found.details["p50_ms"], found.details["p99_ms"])
        self.assertEqual(found.amount, 20)

    async def test_hang(self) -> None:
        """Others are asked while the transfer lasts, and its connections are dropped."""
        self.addCleanup((self.server.home / "endless").unlink)
        with (self.server.home / "endless").open("wb") as file:
            file.truncate(ENDLESS)
        found = await self.run_scenario("hang", Load(size_bytes=4096, count=20, hold_seconds=20.0, file="endless"))
        self.assertEqual((found.amount, sorted(found.details)), (20, ["max_ms", "p50_ms", "p99_ms", "small_ms"]))

    async def test_hang_asks_no_longer_than_it_is_to(self) -> None:
        """What is asked after the file's hang would hide what was answered late."""
        self.addCleanup((self.server.home / "endless").unlink)
        with (self.server.home / "endless").open("wb") as file:
            file.truncate(ENDLESS)
        load = Load(size_bytes=4096, count=10_000_000, hold_seconds=0.1, file="endless")
        self.assertLess((await self.run_scenario("hang", load)).seconds, 20.0)

    async def test_repeated(self) -> None:
        """The medians of several runs are one measurement."""
        found = await measure(self.ground(), Load(count=5), "sessions", 3)
        self.assertEqual(found.amount, 5)

    def test_all_scenarios_are_tried_here(self) -> None:
        """`load` within `latency`; a new scenario comes with its test."""
        self.assertEqual(len(SCENARIOS), COVERED)


class RefusalTests(GroundCase):
    """What goes wrong is said, not measured."""

    async def test_a_wrong_password(self) -> None:
        """The exception names the verb and never the password."""
        with self.assertRaises(BadReply) as caught:
            await measure(self.ground(password="wr0ng"), Load(), "sessions")
        self.assertNotIn("wr0ng", str(caught.exception))

    async def test_a_data_connection_that_is_lost_before_the_refusal(self) -> None:
        """The refusal is what counts: how the connection ended is nobody's any more."""
        ground = self.ground()
        data = Discarding(ground.reactor, ("127.0.0.1", self.server.port))
        data.close(Failure(ConnectionResetError()))
        data.close()
        del data
        gc.collect()
        self.assertEqual(self.flushLoggedErrors(), [])

    async def test_a_transfer_that_is_refused(self) -> None:
        """The data connection that was dialled is closed."""
        session = await log_in(self.ground())
        with self.assertRaises(BadReply):
            await session.retrieve("absent", 1)
        await session.quit()

    async def test_a_file_that_does_not_hang(self) -> None:
        """Its figures would be those of an idle server."""
        (self.server.home / "short").write_bytes(b"123")
        with self.assertRaises(BadReply) as caught:
            await measure(self.ground(), Load(count=10_000_000, hold_seconds=20.0, file="short"), "hang")
        self.assertIn("did not hang", str(caught.exception))

    async def test_a_file_that_hangs_and_is_not_there(self) -> None:
        """The server's refusal is what is said."""
        with self.assertRaises(BadReply) as caught:
            await measure(self.ground(), Load(count=10_000_000, hold_seconds=20.0, file="absent"), "hang")
        self.assertIn("550", str(caught.exception))

    async def test_an_upload_that_lost_octets(self) -> None:
        """A fast server that stores less than it was sent is no fast server."""
        (self.server.home / "short").write_bytes(b"123")
        session = await log_in(self.ground())
        with self.assertRaises(BadReply):
            await check_size(session, "short", 4)
        await session.quit()

    def test_a_download_that_lost_octets(self) -> None:
        """One of many is enough."""
        self.assertRaises(BadReply, check_octets, [10, 9, 10], 10)

    async def test_a_connection_that_has_ended(self) -> None:
        """Who waits for a reply is told."""
        session = await log_in(self.ground())
        await session.quit()
        with self.assertRaises(ConnectionDone):
            await session.control.reply()


class TlsTests(GroundCase):
    """Explicit TLS, PROT P."""

    async def test_a_large_download_is_discarded(self) -> None:
        """Encrypted octets are a little more than the file's; the session is resumed."""
        found = await measure(self.ground(tls=Tls.EXPLICIT), Load(streams=2, size_bytes=SIZE + 1), "download")
        # The third made the file.
        self.assertEqual(found.details, {"resumed_transfers": 3.0})

    async def test_an_upload(self) -> None:
        """Its size is checked."""
        found = await measure(self.ground(tls=Tls.EXPLICIT), Load(streams=2, size_bytes=SIZE), "upload")
        self.assertEqual(found.details, {"resumed_transfers": 2.0})

    async def test_a_full_handshake_each(self) -> None:
        """Nothing is resumed where that is not wanted."""
        ground = self.ground(tls=Tls.EXPLICIT, resume=False)
        found = await measure(ground, Load(count=4, size_bytes=4096), "small-downloads")
        self.assertEqual(found.details, {"resumed_transfers": 0.0})

    async def test_a_listing(self) -> None:
        """Decrypted, as its rows are counted."""
        found = await measure(self.ground(tls=Tls.EXPLICIT), Load(count=10), "mlsd")
        self.assertEqual(found.amount, 100)
