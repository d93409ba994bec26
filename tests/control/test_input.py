"""The input of many connections shares the reactor's turns, fairly by host."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from ftpd_service.runtime.turns import SHARE_SECONDS, TURN_SECONDS, Turns
from ftpd_service.testing.dialogue import Dialogue
from tests.cases import SynchronousTestCase

STEP_SECONDS = SHARE_SECONDS / 10
"""What passes between two looks at the clock: a share is ten steps then, and a turn some sixty."""

FLOOD = 5_000
"""Lines that take a hundred turns."""


class Running(Clock):
    """A clock that goes on a step with each look at it."""

    def seconds(self) -> float:
        """The time, which has passed."""
        self.rightNow += STEP_SECONDS
        return self.rightNow


class ShareTests(SynchronousTestCase):
    """Connections of two hosts."""

    def setUp(self) -> None:
        """One client that only wants its replies."""
        self.clock = Running()
        self.turns = Turns(self.clock)
        self.client = self.dialogue("192.0.2.2")

    def dialogue(self, peer: str = "192.0.2.1", *, login: bool = True) -> Dialogue:
        """A session from a host; of the flooding one if no other is named."""
        dialogue = Dialogue(peer=peer, turns=self.turns)
        self.settle()
        if login:
            dialogue.send(b"USER alice\r\nPASS secret\r\n")
            self.settle()
        dialogue.replies()
        return dialogue

    def settle(self) -> None:
        """Let turns pass until nobody waits."""
        while self.clock.getDelayedCalls():
            self.turn()

    def turn(self) -> None:
        """One turn of the reactor, for those who are due by now."""
        due, self.clock.calls = self.clock.calls, []
        for call in due:
            call.func(*call.args, **call.kw)

    def flooded(self, data: bytes, *, connections: int = 20, login: bool = True) -> list[Dialogue]:
        """Connections of one host send all this at once, and then the client says NOOP; its reply is awaited."""
        flooding = [self.dialogue(login=login) for _ in range(connections)]
        for dialogue in flooding:
            dialogue.send(data)
        self.client.send(b"NOOP\r\n")
        self.assertEqual(self.client.codes(), [])
        self.turn()
        self.assertEqual(self.client.codes(), [200])
        return flooding

    def test_commands_hold_nobody_up(self) -> None:
        """Another host's command is answered in the next turn; and each of the flood in its own."""
        flooding = self.flooded(b"NOOP\r\n" * FLOOD)
        self.settle()
        self.assertEqual([len(dialogue.codes()) for dialogue in flooding], [FLOOD] * 20)

    def test_long_replies_hold_nobody_up(self) -> None:
        """FEAT's."""
        self.flooded(b"FEAT\r\n" * FLOOD)

    def test_refusals_hold_nobody_up(self) -> None:
        """Each of them is a line in the log."""
        self.flooded(b"XYZZY\r\n" * FLOOD)

    def test_malformed_lines_hold_nobody_up(self) -> None:
        """They are no commands."""
        self.flooded(b"*?!\r\n" * FLOOD)

    def test_empty_lines_hold_nobody_up(self) -> None:
        """They get no reply."""
        self.flooded(b"\r\n" * FLOOD)

    def test_telnet_holds_nobody_up(self) -> None:
        """Not a single line comes of it."""
        self.flooded(b"\xff\xf6" * 30_000)

    def test_a_line_without_an_end_holds_nobody_up(self) -> None:
        """Nor does one that is too long."""
        self.flooded(b"x" * 60_000)

    def test_strangers_hold_nobody_up(self) -> None:
        """Those who are not logged in."""
        self.flooded(b"NOOP\r\n" * FLOOD, login=False)

    def test_ninety_five_connections_are_one_host(self) -> None:
        """They share its turns."""
        self.flooded(b"NOOP\r\n" * FLOOD, connections=95)

    def test_the_connections_of_a_host_are_served_alike(self) -> None:
        """No one of them waits for the end of another."""
        flooding = self.flooded(b"NOOP\r\n" * FLOOD, connections=3)
        for _ in range(30):
            self.turn()
        counts = [len(dialogue.codes()) for dialogue in flooding]
        self.assertLess(max(counts), 2 * min(counts))

    def test_hosts_are_served_alike(self) -> None:
        """One connection of a host gets as much as ten of another."""
        many = [self.dialogue("192.0.2.1") for _ in range(10)]
        one = self.dialogue("192.0.2.3")
        for dialogue in (*many, one):
            dialogue.send(b"NOOP\r\n" * FLOOD)
        for _ in range(30):
            self.turn()
        others = sum(len(dialogue.codes()) for dialogue in many)
        self.assertGreater(len(one.codes()) * 2, others)

    def test_alone_a_client_has_the_whole_turn(self) -> None:
        """Its commands are not cut into shares."""
        dialogue = self.dialogue()
        self.turns.count(lambda: None)
        self.settle()
        dialogue.send(b"NOOP\r\n" * FLOOD)
        self.assertGreater(len(dialogue.codes()), 0.7 * TURN_SECONDS / STEP_SECONDS)

    def test_what_waited_behind_a_verb_is_shared_too(self) -> None:
        """A heap of commands behind a slow PASS."""
        dialogue = self.dialogue(login=False)
        answered: Deferred[None] = Deferred()
        dialogue.login.waiting = answered
        dialogue.send(b"USER alice\r\nPASS secret\r\n" + b"PWD\r\nNOOP\r\n" * 200)
        self.settle()
        answered.callback(None)
        self.client.send(b"NOOP\r\n")
        self.turn()
        self.assertEqual(self.client.codes(), [200])
        found = dialogue.codes()
        self.assertLess(len(found), 200)
        self.settle()
        self.assertEqual(found + dialogue.codes(), [331, 230] + [257, 200] * 200)

    def test_sessions_that_begin_are_counted(self) -> None:
        """A crowd that connects takes from the turn."""
        before = self.turns.over
        for _ in range(100):
            Dialogue(turns=self.turns)
        self.assertEqual((before, self.turns.over), (False, True))

    def test_sessions_that_end_wait_for_their_turn(self) -> None:
        """A crowd that leaves holds nobody up."""
        leaving = [self.dialogue() for _ in range(95)]
        for dialogue in leaving:
            dialogue.lose()
        self.client.send(b"NOOP\r\n")
        self.turn()
        self.assertEqual(self.client.codes(), [200])
        self.settle()
        self.assertEqual([len(dialogue.sessions) for dialogue in leaving], [0] * 95)


class ReadingTests(SynchronousTestCase):
    """What is not looked at is not read either."""

    def setUp(self) -> None:
        """A session whose first words have to wait for their turn."""
        self.clock = Clock()
        self.turns = Turns(self.clock)
        self.dialogue = Dialogue(turns=self.turns)
        self.dialogue.log_in()
        self.dialogue.replies()
        self.turns.count(lambda: self.clock.advance(TURN_SECONDS))

    def test_the_first_words_that_wait_do_not_pause_it(self) -> None:
        """Most clients send no more before their reply."""
        self.dialogue.send(b"NOOP\r\n")
        self.assertEqual((self.dialogue.codes(), self.dialogue.transport.producerState), ([], "producing"))

    def test_more_behind_them_does(self) -> None:
        """Until all is looked at."""
        self.dialogue.send(b"NOOP\r\n")
        self.dialogue.send(b"NOOP\r\n")
        self.assertEqual(self.dialogue.transport.producerState, "paused")
        self.clock.advance(0)
        self.assertEqual((self.dialogue.codes(), self.dialogue.transport.producerState), ([200, 200], "producing"))

    def test_the_clients_end_waits_with_its_words(self) -> None:
        """They are carried out before it."""
        self.dialogue.send(b"MKD d\r\nNOOP\r\n")
        self.dialogue.half_close()
        self.assertFalse(self.dialogue.transport.disconnecting)
        self.clock.advance(0)
        self.assertEqual((self.dialogue.codes(), self.dialogue.transport.disconnecting), ([257, 200], True))

    def test_a_loss_drops_what_waits(self) -> None:
        """Nobody is there to be answered."""
        self.dialogue.send(b"MKD d\r\n")
        self.dialogue.lose()
        # Its own end waits as well.
        self.assertEqual(len(self.dialogue.sessions), 1)
        self.clock.advance(0)
        self.assertEqual((self.dialogue.memory.names(), len(self.dialogue.sessions)), ([], 0))

    def test_what_fails_in_its_turn_ends_the_connection(self) -> None:
        """There is no caller to do it."""
        self.dialogue.send(b"NOOP\r\n")
        self.patch(self.dialogue.transport, "write", self.broken)
        self.assertRaises(ValueError, self.clock.advance, 0)
        self.assertTrue(self.dialogue.transport.aborted)

    def broken(self, data: bytes) -> None:
        """A transport with a bug."""
        raise ValueError
