"""Tests of close_notify on a control connection: the commands that came before it are answered, as in clear."""

from __future__ import annotations

import gc
import weakref

from ftpd_service.testing.fake_tls import CLOSE_NOTIFY
from tests.cases import SynchronousTestCase
from tests.commands.sessions import slow_login
from tests.commands.test_security import secure


class CloseNotifyTests(SynchronousTestCase):
    """RFC 8446 section 6.1: close_notify ends what its sender writes, and nothing else."""

    def test_what_was_asked_is_answered(self) -> None:
        """Our close_notify and the end of the connection follow the replies."""
        dialogue, answered = slow_login(secure())
        dialogue.send(b"MKD d\r\nNOOP\r\n")
        dialogue.send(CLOSE_NOTIFY)
        self.assertFalse(dialogue.transport.disconnecting)
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.names()), ([230, 257, 200], ["d"]))
        self.assertTrue(dialogue.transport.written().endswith(CLOSE_NOTIFY))
        self.assertTrue(dialogue.transport.disconnecting)

    def test_the_fin_behind_it_changes_nothing(self) -> None:
        """The FIN tells nothing new."""
        dialogue, answered = slow_login(secure())
        dialogue.send(b"NOOP\r\n")
        dialogue.send(CLOSE_NOTIFY)
        dialogue.half_close()
        answered.callback(None)
        self.assertEqual(dialogue.codes(), [230, 200])

    def test_what_comes_behind_it_is_dropped(self) -> None:
        """No byte can follow a close_notify."""
        dialogue, answered = slow_login(secure())
        dialogue.send(CLOSE_NOTIFY)
        dialogue.send(b"MKD d\r\n")
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.names()), ([230], []))

    def test_with_quit_before_it_transfers_run(self) -> None:
        """Cameras send all at once and close their side."""
        dialogue, answered = slow_login(secure())
        dialogue.data.incoming = b"picture"
        dialogue.send(b"EPSV\r\nSTOR f\r\nQUIT\r\n")
        dialogue.send(CLOSE_NOTIFY)
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.content("/f")), ([230, 229, 150, 226, 221], b"picture"))

    def test_without_quit_transfers_are_426(self) -> None:
        """The rule is the same as in clear."""
        dialogue, answered = slow_login(secure())
        dialogue.send(b"EPSV\r\nSTOR f\r\nMKD d\r\n")
        dialogue.send(CLOSE_NOTIFY)
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.names()), ([230, 229, 426, 257], ["d"]))

    def test_a_fin_without_it_is_a_loss(self) -> None:
        """Any host on the way could have sent the FIN."""
        dialogue, answered = slow_login(secure())
        dialogue.send(b"MKD d\r\n")
        dialogue.half_close()
        self.assertTrue(dialogue.transport.disconnecting)
        dialogue.lose()
        answered.callback(None)
        self.assertEqual((dialogue.codes(), dialogue.memory.names()), ([], []))

    def test_with_nothing_to_answer_it_closes_at_once(self) -> None:
        """The server sends its close_notify alone."""
        dialogue = secure()
        dialogue.replies()
        dialogue.send(CLOSE_NOTIFY)
        self.assertEqual((dialogue.codes(), dialogue.transport.disconnecting), ([], True))


class MemoryTests(SynchronousTestCase):
    """An ended session waits for the garbage collector; its TLS does not."""

    def test_the_records_go_with_the_connection(self) -> None:
        """The records hold OpenSSL's buffers and keys, which the collector cannot see."""
        dialogue = secure()
        switch = dialogue.connection._switch
        assert switch is not None
        known = weakref.ref(switch)
        del switch
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        dialogue.lose()
        self.assertIsNone(known())
