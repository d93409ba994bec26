"""What may be said while a verb runs: ABOR STAT QUIT NOOP and the rest (RFC 959 section 4.1.3; RFC 1123 4.1.3.3)."""

from __future__ import annotations

from twisted.internet.defer import Deferred

from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase
from tests.commands.held_up import slow
from tests.commands.sessions import logged_in, transferring


class AbortTests(SynchronousTestCase):
    """ABOR."""

    def test_a_download_is_426_and_abor_226(self) -> None:
        """The interrupted verb's own reply comes first."""
        dialogue, _ = transferring("RETR f")
        lines = dialogue.say("ABOR", 426, 226)
        self.assertEqual(lines, ["426 Transfer aborted.", "226 ABOR successful."])

    def test_the_data_connection_is_ended(self) -> None:
        """A passive choice is used up."""
        dialogue, _ = transferring("RETR f")
        dialogue.say("ABOR", 426, 226)
        self.assertEqual((dialogue.data.finished, dialogue.data.chosen()), (1, False))

    def test_an_upload_is_426_and_leaves_the_former_file(self) -> None:
        """Of a hidden upload nothing is kept."""
        dialogue, _ = transferring("STOR f")
        dialogue.say("ABOR", 426, 226)
        self.assertEqual(dialogue.memory.content("/f"), b"0123456789")

    def test_settings_stay(self) -> None:
        """TYPE is as before, the session goes on."""
        dialogue, _ = transferring("STOR f")
        dialogue.say("ABOR", 426, 226)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")
        self.assertIn(" TYPE: I N; STRU: F; MODE: S", dialogue.say("STAT", 211))

    def test_a_listing_is_aborted_too(self) -> None:
        """It is a transfer."""
        dialogue, _ = transferring("LIST")
        dialogue.say("ABOR", 426, 226)

    def test_nothing_running_is_225(self) -> None:
        """Exactly one reply."""
        logged_in().say("ABOR", 225)

    def test_it_works_before_the_login(self) -> None:
        """There is nothing to abort."""
        Dialogue().say("ABOR", 225)

    def test_a_mere_listener_is_closed_with_225(self) -> None:
        """Nothing was transferred."""
        dialogue = logged_in()
        dialogue.say("EPSV", 229)
        dialogue.say("ABOR", 225)
        self.assertFalse(dialogue.data.chosen())

    def test_a_finished_transfer_is_not_answered_twice(self) -> None:
        """ABOR came too late: its own reply alone."""
        dialogue, go_on = transferring("RETR f")
        go_on.callback(None)
        dialogue.say("ABOR", 225)

    def test_a_second_abor_has_one_reply(self) -> None:
        """What it would stop has been stopped."""
        dialogue, _ = transferring("RETR f")
        dialogue.codes()
        dialogue.send(b"ABOR\r\nABOR\r\n")
        self.assertEqual(dialogue.codes(), [426, 226, 225])

    def test_its_reply_comes_before_those_of_queued_verbs(self) -> None:
        """The pair belongs together."""
        dialogue, _ = transferring("RETR f")
        dialogue.send(b"NOOP\r\nSYST\r\n")
        dialogue.say("ABOR", 426, 226, 200, 215)

    def test_its_reply_does_not_wait_for_a_queued_transfer(self) -> None:
        """The next transfer begins only when both replies are out."""
        dialogue, _ = transferring("RETR f")
        dialogue.send(b"EPSV\r\nRETR f\r\n")
        dialogue.say("ABOR", 426, 226, 229, 150, 226)

    def test_the_restart_offset_is_cleared(self) -> None:
        """As by every end of a transfer."""
        dialogue, _ = transferring("RETR f")
        dialogue.say("ABOR", 426, 226)
        dialogue.say("REST 4", 350)
        dialogue.say("ABOR", 225)
        self.assertEqual(dialogue.download("RETR f"), b"0123456789")

    def test_while_pass_runs_it_waits(self) -> None:
        """There is no transfer to abort; the login is not given up."""
        dialogue = Dialogue()
        dialogue.login.waiting = Deferred()
        dialogue.say("USER alice", 331)
        dialogue.say("PASS secret")
        dialogue.say("ABOR")
        dialogue.login.waiting.callback(None)
        self.assertEqual(dialogue.codes(), [230, 225])

    def test_past_the_point_of_no_return_the_upload_is_complete(self) -> None:
        """The commit runs: both are answered by success."""
        dialogue, storage = slow()
        dialogue.data.incoming = b"content"
        dialogue.say("STOR f", 150)
        dialogue.say("ABOR")
        storage.committing.callback(None)
        self.assertEqual(dialogue.replies(), ["226 Transfer complete.", "226 ABOR successful."])
        self.assertEqual(storage.content("/f"), b"content")

    def test_a_cleanup_that_takes_time_holds_both_replies_back(self) -> None:
        """426 tells that all is given back."""
        dialogue, storage = slow()
        dialogue.data.waiting = Deferred()
        dialogue.say("STOR f", 150)
        dialogue.say("ABOR")
        storage.aborting.callback(None)
        self.assertEqual((dialogue.codes(), storage.aborted), ([426, 226], 1))

    def test_a_second_abor_does_not_cut_the_cleanup_short(self) -> None:
        """The handle is aborted to its end."""
        dialogue, storage = slow()
        dialogue.data.waiting = Deferred()
        dialogue.say("STOR f", 150)
        dialogue.send(b"ABOR\r\nABOR\r\n")
        storage.aborting.callback(None)
        self.assertEqual((dialogue.codes(), storage.aborted), ([426, 226, 226], 1))

    def test_before_the_preliminary_reply_it_aborts_too(self) -> None:
        """From the acceptance of the verb on."""
        dialogue, _ = slow()
        dialogue.say("LIST")
        dialogue.say("ABOR", 426, 226)


class TelnetTests(SynchronousTestCase):
    """ABOR as clients send it, with what Telnet puts before it."""

    def test_ip_and_dm_before_abor(self) -> None:
        """Lftp, BSD ftp and Perl libnet send FF F4 FF F2."""
        dialogue, _ = transferring("RETR f")
        dialogue.codes()
        dialogue.send(b"\xff\xf4\xff\xf2ABOR\r\n")
        self.assertEqual(dialogue.codes(), [426, 226])

    def test_a_lone_dm_before_abor(self) -> None:
        """What is left when FF was urgent."""
        dialogue, _ = transferring("RETR f")
        dialogue.codes()
        dialogue.send(b"\xff\xf4\xf2ABOR\r\n")
        self.assertEqual(dialogue.codes(), [426, 226])

    def test_in_pieces(self) -> None:
        """Urgent data cuts the stream."""
        dialogue, _ = transferring("RETR f")
        dialogue.codes()
        dialogue.send(b"\xff\xf4\xff")
        dialogue.send(b"\xf2AB")
        dialogue.send(b"OR\r")
        dialogue.send(b"\n")
        self.assertEqual(dialogue.codes(), [426, 226])


class StatusTests(SynchronousTestCase):
    """STAT without argument."""

    def test_it_is_answered_at_once(self) -> None:
        """And the transfer is not disturbed (RFC 1123 section 4.1.3.3)."""
        dialogue, go_on = transferring("RETR f")
        lines = dialogue.say("STAT", 211)
        self.assertEqual(lines[1], " RETR in progress, 0 of 10 bytes transferred")
        go_on.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.data.sent), ([226], [b"0123456789"]))

    def test_with_a_path_it_waits(self) -> None:
        """It is a listing."""
        dialogue, go_on = transferring("RETR f")
        dialogue.say("STAT f")
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226, 213])

    def test_before_the_preliminary_reply_it_waits_for_it(self) -> None:
        """No client must take it for the verb's own answer."""
        dialogue, storage = slow()
        dialogue.data.waiting = Deferred()
        dialogue.say("LIST")
        dialogue.say("STAT")
        storage.listing.callback(None)
        self.assertEqual(dialogue.codes(), [150, 211])

    def test_where_no_preliminary_reply_comes_it_waits_for_the_final_one(self) -> None:
        """The transfer is refused, or the verb has none."""
        dialogue, storage = slow()
        dialogue.say("STAT /")
        dialogue.say("STAT")
        storage.listing.callback(None)
        self.assertEqual(dialogue.codes(), [212, 211])


class QuitTests(SynchronousTestCase):
    """QUIT."""

    def test_the_transfer_ends_first(self) -> None:
        """RFC 959 section 4.1.1."""
        dialogue, go_on = transferring("RETR f")
        dialogue.say("QUIT")
        go_on.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.closed), ([226, 221], True))

    def test_what_was_queued_before_it_is_answered(self) -> None:
        """And what comes behind it is not."""
        dialogue, go_on = transferring("RETR f")
        dialogue.codes()
        dialogue.send(b"NOOP\r\nQUIT\r\nSYST\r\n")
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226, 200, 221])

    def test_abor_behind_it_is_not_heard(self) -> None:
        """Everything behind QUIT is thrown away."""
        dialogue, go_on = transferring("RETR f")
        dialogue.codes()
        dialogue.send(b"QUIT\r\nABOR\r\n")
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226, 221])


class QueuedTests(SynchronousTestCase):
    """Everything else."""

    def test_noop_is_answered_after_the_transfer(self) -> None:
        """In its turn."""
        dialogue, go_on = transferring("RETR f")
        dialogue.say("NOOP")
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226, 200])

    def test_type_counts_for_the_next_transfer(self) -> None:
        """A running one keeps its own."""
        dialogue, go_on = transferring("RETR f")
        dialogue.memory.put("/g", b"\n")
        dialogue.send(b"TYPE A\r\nEPSV\r\nRETR g\r\n")
        go_on.callback(None)
        self.assertEqual(dialogue.codes(), [226, 200, 229, 150, 226])
        self.assertEqual(dialogue.data.sent, [b"0123456789", b"\r\n"])

    def test_rein_waits(self) -> None:
        """A transfer in progress is allowed to finish (RFC 959 section 4.1.1)."""
        dialogue, go_on = transferring("STOR f")
        dialogue.say("REIN")
        go_on.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.content("/f")), ([226, 220], b"new content"))
