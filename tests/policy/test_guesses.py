"""Whose password is looked at next."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.policy.guesses import FEW_AT_ONCE, MOST_AT_ONCE, Guess, Guesses
from ftpd_service.policy.logins import FailedLogins
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed

HOST = ip_address("192.0.2.1")
OTHER = ip_address("192.0.2.2")


class GuessesMixin(SynchronousTestCase):
    """Guesses at time 0."""

    def setUp(self) -> None:
        self.guesses = Guesses(FailedLogins())

    def arrive(self, name: bytes = b"alice", host: str = "192.0.2.1") -> Guess:
        """A client sends a password."""
        return self.guesses.arrive(ip_address(host), name, 0.0)

    def wrong(self, guess: Guess) -> None:
        """It was wrong; its delay runs."""
        self.guesses.failed(guess, 0.0)

    def over(self, guess: Guess) -> list[bytes]:
        """Its delay is over; the names that are admitted in its place."""
        return [other.name for other in self.guesses.over(guess, 0.0)]

    def log_in(self, name: bytes) -> None:
        """A name logs in from HOST."""
        guess = self.arrive(name)
        self.guesses.succeeded(guess, 0.0)
        self.over(guess)

    def failed_before(self, name: bytes = b"mallory") -> None:
        """A name has failed once from HOST."""
        guess = self.arrive(name)
        self.wrong(guess)
        self.over(guess)


class SlotTests(GuessesMixin):
    """How many are looked at at once."""

    def test_host_without_failures(self) -> None:
        """Twelve at once, also of one name: crowds behind one address, and clients with many connections."""
        admitted = [self.arrive().admitted for _ in range(MOST_AT_ONCE + 1)]
        self.assertEqual(admitted, [True] * MOST_AT_ONCE + [False])

    def test_host_that_has_failed(self) -> None:
        """Four at once."""
        self.failed_before()
        admitted = [self.arrive(b"name %d" % number).admitted for number in range(FEW_AT_ONCE + 1)]
        self.assertEqual(admitted, [True] * FEW_AT_ONCE + [False])

    def test_name_that_has_failed_from_the_host(self) -> None:
        """One at once."""
        self.failed_before(b"alice")
        self.assertEqual([self.arrive().admitted for _ in range(2)], [True, False])

    def test_name_that_has_failed_elsewhere(self) -> None:
        """Guesses from other hosts take no slot of this host: nobody locks a name out."""
        guess = self.arrive()
        self.wrong(guess)
        self.assertTrue(self.arrive(host="192.0.2.2").admitted)

    def test_slot_is_kept_until_it_is_over(self) -> None:
        """While the delay of a failure runs, the name waits."""
        first = self.arrive()
        self.wrong(first)
        second = self.arrive()
        before = second.admitted
        self.assertEqual((before, self.over(first), second.admitted), (False, [b"alice"], True))

    def test_first_crowd_counts_against_the_few(self) -> None:
        """Those that were let in before the first failure keep their slots, and nobody comes until few are left."""
        crowd = [self.arrive(b"name %d" % number) for number in range(MOST_AT_ONCE)]
        self.arrive(b"late")
        for guess in crowd:
            self.wrong(guess)
        admitted = [self.over(guess) for guess in crowd]
        self.assertEqual(admitted.index([b"late"]), MOST_AT_ONCE - FEW_AT_ONCE)

    def test_right_password_frees_its_slot(self) -> None:
        """And takes back what the name has failed, so that the slots are many again."""
        self.failed_before(b"alice")
        guess = self.arrive()
        waiting = [self.arrive() for _ in range(3)]
        self.guesses.succeeded(guess, 0.0)
        self.assertEqual((self.over(guess), [one.admitted for one in waiting]), ([b"alice"] * 3, [True] * 3))

    def test_failures_are_forgotten(self) -> None:
        """Ten quiet minutes later a host has all its slots."""
        self.failed_before(b"alice")
        admitted = [self.guesses.arrive(HOST, b"alice", 600.0).admitted for _ in range(MOST_AT_ONCE)]
        self.assertEqual(admitted, [True] * MOST_AT_ONCE)

    def test_arrival_wakes_none_that_waits(self) -> None:
        """The failures of a host are forgotten while a guess waits: it gets its slot when another guess is over."""
        self.failed_before()
        first = [self.arrive(b"%d" % number) for number in range(FEW_AT_ONCE)]
        waiting = self.arrive(b"waiting")
        later = self.guesses.arrive(HOST, b"later", 1e6)
        self.assertEqual((waiting.admitted, later.admitted), (False, True))
        self.assertIn(waiting, self.guesses.over(first[0], 1e6))

    def test_nothing_is_kept_of_a_host_without_guesses(self) -> None:
        """Whoever comes once takes no memory here."""
        self.over(self.arrive())
        self.assertEqual(len(self.guesses), 0)
        self.assertEqual(self.guesses._hosts, {})


class OrderTests(GuessesMixin):
    """Who has the next slot."""

    def setUp(self) -> None:
        super().setUp()
        self.failed_before()
        self.held = [self.arrive(b"held %d" % number) for number in range(FEW_AT_ONCE)]

    def next(self) -> bytes:
        """Free a slot: the name that gets it."""
        (name,) = self.over(self.held.pop())
        return name

    def test_names_take_turns(self) -> None:
        """Many guesses of one name hold up another name once."""
        for _ in range(30):
            self.arrive(b"alice")
        self.arrive(b"bob")
        self.assertEqual([self.next() for _ in range(3)], [b"alice", b"bob", b"alice"])

    def test_a_name_is_served_in_the_order_of_arrival(self) -> None:
        """First come, first served."""
        guesses = [self.arrive(b"alice") for _ in range(2)]
        self.next()
        self.assertEqual([guess.admitted for guess in guesses], [True, False])

    def test_name_that_has_a_slot_and_failures_is_passed_over(self) -> None:
        """The slot goes to the next name, and is not left free."""
        self.wrong(self.held[0])
        self.arrive(b"held 0")
        self.arrive(b"bob")
        self.assertEqual(self.next(), b"bob")

    def test_waits_when_nobody_may(self) -> None:
        """A free slot stays free for a name that may have it."""
        self.wrong(self.held[0])
        self.arrive(b"held 0")
        self.assertEqual(self.over(self.held.pop()), [])
        self.assertTrue(self.arrive(b"bob").admitted)

    def test_names_that_have_logged_in_take_turns_with_strangers(self) -> None:
        """Whoever invents names does not hold up the users of his network."""
        guesses = Guesses(FailedLogins())
        self.guesses = guesses
        self.log_in(b"alice")
        self.log_in(b"carol")
        self.failed_before()
        self.held = [self.arrive(b"held %d" % number) for number in range(FEW_AT_ONCE)]
        for number in range(90):
            self.arrive(b"invented %d" % number)
        self.arrive(b"alice")
        self.arrive(b"carol")
        self.assertEqual({self.next() for _ in range(3)}, {b"alice", b"invented 0", b"carol"})

    def test_strangers_take_turns_with_names_that_have_logged_in(self) -> None:
        """A newcomer is not held up by the many guesses of a name that is known here."""
        self.guesses = Guesses(FailedLogins())
        self.log_in(b"alice")
        self.failed_before()
        self.held = [self.arrive(b"held %d" % number) for number in range(FEW_AT_ONCE)]
        for _ in range(30):
            self.arrive(b"alice")
        self.arrive(b"newcomer")
        self.assertEqual({self.next() for _ in range(2)}, {b"alice", b"newcomer"})

    def test_whoever_leaves_is_passed_over(self) -> None:
        """A guess whose client has gone while it waited gets no slot."""
        first = self.arrive(b"alice")
        self.arrive(b"bob")
        self.guesses.given_up(first, 0.0)
        self.assertEqual(self.next(), b"bob")

    def test_whoever_leaves_with_a_slot_hands_it_on(self) -> None:
        """It was admitted, and its password not looked at yet."""
        self.arrive(b"bob")
        admitted = self.guesses.given_up(self.held.pop(), 0.0)
        self.assertEqual([guess.name for guess in admitted], [b"bob"])

    def test_names_that_are_remembered_are_bounded(self) -> None:
        """The one that logged in longest ago goes."""
        self.guesses = Guesses(FailedLogins(), most_keys=1)
        self.log_in(b"alice")
        self.log_in(b"carol")
        self.assertEqual([self.arrive(name).known for name in (b"alice", b"carol")], [False, True])


class BoundTests(SynchronousTestCase):
    """The figures that are promised."""

    def judged(self, names: int, minutes: int) -> list[float]:
        """When passwords of one host are looked at, where hundreds wait at any time and all are wrong."""
        guesses = Guesses(FailedLogins())
        running: list[tuple[float, Guess]] = []
        times: list[float] = []

        def begin(admitted: list[Guess], now: float) -> None:
            for guess in admitted:
                times.append(now)
                running.append((now + guesses.failed(guess, now), guess))

        for number in range(800):
            guess = guesses.arrive(HOST, b"name %d" % (number % names), 0.0)
            begin([guess] if guess.admitted else [], 0.0)
        while running:
            running.sort(key=lambda entry: entry[0])
            now, guess = running.pop(0)
            if now > minutes * 60:
                break
            begin(guesses.over(guess, now), now)
        return times

    def test_one_name(self) -> None:
        """Twelve a minute, once the delay is five seconds."""
        times = [time for time in self.judged(1, 3) if 60 <= time < 120]
        self.assertEqual(len(times), 12)

    def test_many_names(self) -> None:
        """Forty-eight a minute."""
        times = [time for time in self.judged(400, 3) if 60 <= time < 120]
        self.assertEqual(len(times), 48)

    def test_first_minute(self) -> None:
        """No more than sixty, with the crowd that is let in before the first failure."""
        self.assertLessEqual(len([time for time in self.judged(400, 2) if time < 60]), 60)

    @relaxed
    @given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("afrg")), max_size=60))
    def test_slots_are_never_lost(self, steps: list[tuple[int, str]]) -> None:
        """Whatever happens in whatever order, guesses are admitted as long as there are some, and nothing is left."""
        guesses = Guesses(FailedLogins())
        alive: list[Guess] = []
        for number, step in steps:
            if step == "a" or not alive:
                alive.append(guesses.arrive(HOST, b"%d" % number, 0.0))
            elif step == "g":
                guesses.given_up(alive.pop(number % len(alive)), 0.0)
            else:
                guess = next(guess for guess in alive if guess.admitted)
                alive.remove(guess)
                guesses.failed(guess, 0.0) if step == "f" else guesses.succeeded(guess, 0.0)
                guesses.over(guess, 0.0)
            self.assertLessEqual(sum(guess.admitted for guess in alive), MOST_AT_ONCE)
        while alive:
            guess = next(guess for guess in alive if guess.admitted)
            alive.remove(guess)
            guesses.over(guess, 0.0)
        self.assertEqual(len(guesses), 0)
