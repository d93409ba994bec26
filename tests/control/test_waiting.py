"""Lines that wait for a verb: they cost memory, which is bounded, and nothing else."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.held_up import SlowStorage, slow
from tests.commands.sessions import transferring
from tests.control.lines import different, three_lines


class KeepAliveTests(SynchronousTestCase):
    """Clients say NOOP during a transfer, to keep the tables of routers between (FluentFTP, WinSCP)."""

    def keep_alive(self, line: str, packets: int, lines: int) -> None:
        """Ten thousand NOOPs wait for the end of a transfer, and are answered then."""
        dialogue, go_on = transferring(line)
        dialogue.codes()
        for _ in range(packets):
            dialogue.send(b"NOOP\r\n" * lines)
        self.assertEqual((dialogue.transport.producerState, dialogue.closed), ("producing", False))
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226] + [200] * 10_000)

    def test_ten_thousand_during_an_upload(self) -> None:
        """One by one."""
        self.keep_alive("STOR f", 10_000, 1)

    def test_ten_thousand_during_an_upload_in_packets(self) -> None:
        """As after a stall."""
        self.keep_alive("STOR f", 10, 1_000)

    def test_ten_thousand_during_a_download(self) -> None:
        """One by one."""
        self.keep_alive("RETR f", 10_000, 1)

    def test_ten_thousand_during_a_download_in_packets(self) -> None:
        """As after a stall."""
        self.keep_alive("RETR f", 10, 1_000)

    def test_the_same_line_again_takes_no_more_memory(self) -> None:
        """NOOP is not the only word for that."""
        dialogue, go_on = transferring("RETR f", control=three_lines())
        dialogue.codes()
        dialogue.send(b"NOOP\r\n" * 500 + b"PWD\r\n" * 500 + b"*?!\r\n" * 500)
        self.assertEqual(dialogue.transport.producerState, "producing")
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226] + [200] * 500 + [257] * 500 + [500] * 500)

    def test_a_keep_alive_through_days_is_no_idleness(self) -> None:
        """Nor is a transfer without one."""
        dialogue, go_on = transferring("STOR f")
        dialogue.codes()
        for _ in range(1_000):
            dialogue.clock.advance(600)
            dialogue.send(b"NOOP\r\n")
        go_on.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.content("/f")), ([226] + [200] * 1_000, b"new content"))


class ByteBoundTests(SynchronousTestCase):
    """How many bytes of lines may wait."""

    def test_lines_at_the_bound_wait_behind_a_transfer(self) -> None:
        """Three of three, and more are read."""
        dialogue, go_on = transferring("RETR f", control=three_lines())
        dialogue.codes()
        dialogue.send(different(3))
        self.assertEqual(dialogue.transport.producerState, "producing")
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226, 550, 550, 550])

    def test_above_the_bound_reading_pauses(self) -> None:
        """The transfer goes on, and everything is answered behind it."""
        dialogue, go_on = transferring("STOR f", control=three_lines())
        dialogue.codes()
        dialogue.send(different(200))
        self.assertEqual((dialogue.transport.producerState, dialogue.closed), ("paused", False))
        go_on.callback(None)
        dialogue.clock.advance(0)
        self.assertEqual(dialogue.codes(), [226] + [550] * 200)
        self.assertEqual(dialogue.transport.producerState, "producing")
        self.assertEqual(dialogue.memory.content("/f"), b"new content")

    def test_abor_within_the_bound_is_seen(self) -> None:
        """It does not wait like others."""
        dialogue, _ = transferring("RETR f", control=three_lines())
        dialogue.codes()
        dialogue.send(different(3) + b"ABOR\r\n")
        self.assertEqual(dialogue.codes(), [426, 226, 550, 550, 550])

    def test_a_thousand_different_lines_wait_by_default(self) -> None:
        """The bound is 256 KiB, objects counted."""
        dialogue, _ = transferring("RETR f")
        dialogue.codes()
        dialogue.send(different(990))
        self.assertEqual(dialogue.transport.producerState, "producing")
        dialogue.send(different(30))
        self.assertEqual((dialogue.transport.producerState, dialogue.closed), ("paused", False))

    def test_long_lines_count_by_their_bytes(self) -> None:
        """256 KiB in few lines."""
        dialogue, _ = transferring("RETR f")
        dialogue.codes()
        dialogue.send(b"".join(b"NOOP %d" % number + b"x" * 8_000 + b"\r\n" for number in range(31)))
        self.assertEqual(dialogue.transport.producerState, "producing")
        dialogue.send(b"".join(b"NOOP %d" % number + b"x" * 8_000 + b"\r\n" for number in range(2)))
        self.assertEqual(dialogue.transport.producerState, "paused")

    def test_stat_that_waits_for_the_mark_counts(self) -> None:
        """Nobody fills the memory by asking; they are answered with the mark."""
        dialogue, storage = slow(control=three_lines())
        dialogue.data.waiting = Deferred()
        dialogue.say("LIST")
        dialogue.send(b"STAT\r\n" * 3)
        self.assertEqual(dialogue.transport.producerState, "producing")
        dialogue.send(b"STAT\r\n" * 4)
        self.assertEqual(dialogue.transport.producerState, "paused")
        storage.listing.callback(None)
        dialogue.clock.advance(0)
        self.assertEqual(dialogue.codes(), [150] + [211] * 7)
        self.assertEqual(dialogue.transport.producerState, "producing")

    def test_abor_that_waits_for_the_end_counts(self) -> None:
        """Its reply is held until the interrupted verb's own."""
        dialogue, storage = slow(control=three_lines())
        dialogue.data.waiting = Deferred()
        dialogue.say("STOR f", 150)
        dialogue.send(b"ABOR\r\n" * 3)
        self.assertEqual(dialogue.transport.producerState, "producing")
        dialogue.send(b"ABOR\r\n" * 4)
        self.assertEqual(dialogue.transport.producerState, "paused")
        storage.aborting.callback(None)
        dialogue.clock.advance(0)
        self.assertEqual(dialogue.codes(), [426] + [226] * 4 + [225] * 3)
        self.assertEqual(dialogue.transport.producerState, "producing")

    def test_status_during_a_transfer_does_not_count(self) -> None:
        """It is answered at once and waits for nothing."""
        dialogue, _ = transferring("RETR f", control=three_lines())
        dialogue.codes()
        dialogue.send(b"STAT\r\n" * 10)
        self.assertEqual(dialogue.codes(), [211] * 10)

    def test_reading_goes_on_at_half_of_the_bound(self) -> None:
        """Not with each line that is taken off: a client's many lines would each cost two system calls."""
        dialogue, storage = slow(control=three_lines())
        storage.looking_up = Deferred()
        dialogue.codes()
        dialogue.send(different(5))
        # Of the five one runs: four wait, above the bound of three.
        self.assertEqual(self.after_another(dialogue, storage), ([], "paused"))
        self.assertEqual(self.after_another(dialogue, storage), ([550], "paused"))
        self.assertEqual(self.after_another(dialogue, storage), ([550], "paused"))
        self.assertEqual(self.after_another(dialogue, storage), ([550], "producing"))

    def after_another(self, dialogue: Dialogue, storage: SlowStorage) -> tuple[list[int], str]:
        """What has been answered, and whether more is read; then the line that runs is let go on, and the next runs."""
        dialogue.clock.advance(0)
        found = dialogue.codes(), dialogue.transport.producerState
        waited = storage.looking_up
        storage.looking_up = Deferred()
        if waited is not None:
            waited.callback(None)
        return found

    def test_many_sizes_are_all_answered(self) -> None:
        """Lftp sends them in heaps."""
        dialogue, storage = slow(control=three_lines())
        storage.looking_up = Deferred()
        dialogue.codes()
        dialogue.send(different(200))
        storage.looking_up.callback(None)
        dialogue.clock.advance(0)
        self.assertEqual(dialogue.codes(), [550] * 200)

    def test_quit_behind_a_full_queue_is_carried_out(self) -> None:
        """It waits with what is not handed over, and so does the client's end."""
        dialogue, go_on = transferring("STOR f", control=three_lines())
        dialogue.codes()
        dialogue.send(different(10) + b"QUIT\r\n")
        dialogue.half_close()
        go_on.callback(None)
        dialogue.clock.advance(0)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([226] + [550] * 10 + [221], True))
