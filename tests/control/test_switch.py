"""TLS under a control connection: handshakes with a real client in memory, and their turns."""

from __future__ import annotations

from tests.control.switching import SwitchCase


class SwitchTests(SwitchCase):
    """Turns."""

    def test_answered_at_once(self) -> None:
        """Where nobody else shakes hands; what came in one piece with the end of it is handed on."""
        self.send()
        self.assertTrue(self.go_on())
        self.assertTrue(self.switch.handshaking)
        self.client.write(b"NOOP\r\n")
        self.send()
        self.assertFalse(self.switch.handshaking)
        self.assertEqual((self.above.begun, self.above.received), (1, b"NOOP\r\n"))

    def test_what_follows_waits_for_its_turn_too(self) -> None:
        """Decrypting is work like any other; the client's end is not read before it is done."""
        self.send()
        self.go_on()
        self.send()
        self.others_shake_hands()
        self.client.write(b"NOOP\r\n")
        self.send()
        self.assertEqual((self.above.received, self.transport.producerState), (b"", "paused"))
        self.clock.advance(0)
        self.assertEqual((self.above.received, self.transport.producerState), (b"NOOP\r\n", "producing"))

    def test_many_records_are_decrypted_a_few_at_a_time(self) -> None:
        """A client that puts each line into a record of its own takes no more of a turn than others."""
        self.send()
        self.go_on()
        self.send()
        self.pieces.clear()
        for _ in range(2_000):
            self.client.write(b"NOOP\r\n")
        self.send()
        self.assertEqual(self.above.received, b"NOOP\r\n" * 2_000)
        self.assertLess(max(self.pieces), 1_000)

    def test_what_is_left_of_a_client_that_has_gone_is_forgotten(self) -> None:
        """It is decrypted for nobody."""
        self.others_shake_hands()
        self.send()
        self.switch.end()
        self.assertFalse(self.switch.go_on())

    def test_answered_in_a_later_turn(self) -> None:
        """Where others have taken this one; nothing more is read meanwhile."""
        self.others_shake_hands()
        self.send()
        self.assertEqual((self.transport.value(), self.transport.producerState), (b"", "paused"))
        self.clock.advance(0)
        self.assertEqual(self.transport.producerState, "producing")
        self.assertTrue(self.go_on())

    def test_more_that_comes_meanwhile(self) -> None:
        """Goes behind it, in one piece."""
        self.others_shake_hands()
        words = self.saying.read()
        self.switch.arrived(words[:10])
        self.switch.arrived(words[10:])
        self.clock.advance(0)
        self.assertTrue(self.go_on())

    def test_a_client_that_leaves_meanwhile(self) -> None:
        """Its turn passes."""
        self.others_shake_hands()
        self.send()
        self.switch.end()
        self.transport.clear()
        self.clock.advance(0)
        self.assertEqual(self.transport.value(), b"")
