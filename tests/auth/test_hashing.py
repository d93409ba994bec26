"""Checks of hashes: how many at once, in which order, and which are refused."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from passlib.hash import sha512_crypt
from twisted.internet.defer import CancelledError, Deferred

from ftpd_service.auth import hashing
from ftpd_service.auth.hashing import LARGE_BYTES, WAITING_OF_HOST, WAITING_OF_NAME, Candidate, Hashing
from ftpd_service.errors import LoginsSaturated
from tests.cases import SynchronousTestCase

T = TypeVar("T")

MIB = 1 << 20
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(b"right")
SHA: str = sha512_crypt.using(rounds=1000).hash(b"right")
HERE, THERE = "192.0.2.1", "192.0.2.2"


def of_mebibytes(count: int, threads: int = 1) -> str:
    """A stored password that names so much memory; nothing is ever hashed against it here."""
    return f"$argon2id$v=19$m={count * 1024},t=1,p={threads}$c2FsdHNhbHQ$aGFzaGhhc2g"


class Threads:
    """A `Blocking` whose calls end when the test says so.

    :ivar begun: what waits for that, in order.
    """

    def __init__(self) -> None:
        self.begun: list[Deferred[bool]] = []

    async def __call__(self, call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
        ended: Deferred[bool] = Deferred()
        self.begun.append(ended)
        await ended
        return call()

    def end(self) -> None:
        """The first one that runs is made."""
        self.begun.pop(0).callback(True)


class HashingCase(SynchronousTestCase):
    """Two processors and 256 MiB."""

    def setUp(self) -> None:
        self.threads, self.interpreted = Threads(), Threads()
        self.rested = 0
        self.hashing = Hashing(
            self.threads, interpreted=self.interpreted, processors=2, budget_bytes=256 * MIB, rested=self.rest
        )
        self.patch(hashing, "verify", lambda stored, password: password == b"right")

    def rest(self) -> None:
        """Memory can be given back."""
        self.rested += 1

    def guess(
        self, password: bytes, *, stored: str = CHEAP, host: str = HERE, name: bytes = b"alice"
    ) -> Deferred[bool]:
        """Somebody tries."""
        return Deferred.fromCoroutine(
            self.hashing.fits(Candidate(stored=stored, password=password, host=host, name=name))
        )

    def many(self, count: int, *, stored: str = CHEAP, host: str = HERE) -> list[Deferred[bool]]:
        """Different passwords for different names."""
        return [self.guess(b"%d" % number, stored=stored, host=host, name=b"%d" % number) for number in range(count)]


class RoomTests(HashingCase):
    """What runs at once."""

    def test_the_answer(self) -> None:
        """Right and wrong."""
        right, wrong = self.guess(b"right"), self.guess(b"wrong")
        self.threads.end()
        self.threads.end()
        self.assertEqual((self.successResultOf(right), self.successResultOf(wrong)), (True, False))

    def test_no_more_than_processors(self) -> None:
        """The next one begins when one has ended."""
        self.many(3)
        self.assertEqual((len(self.threads.begun), self.hashing.waiting), (2, 1))
        self.threads.end()
        self.assertEqual((len(self.threads.begun), self.hashing.waiting), (2, 0))

    def test_memory_at_the_budget(self) -> None:
        """Two of half of it run at once."""
        self.many(2, stored=of_mebibytes(128))
        self.assertEqual(len(self.threads.begun), 2)

    def test_memory_above_the_budget(self) -> None:
        """They take turns."""
        self.many(2, stored=of_mebibytes(129))
        self.assertEqual(len(self.threads.begun), 1)

    def test_a_single_hash_may_take_more_than_the_budget(self) -> None:
        """Else its account could never log in."""
        self.many(2, stored=of_mebibytes(1000))
        self.assertEqual(len(self.threads.begun), 1)

    def test_a_hash_of_many_threads_takes_all_processors(self) -> None:
        """Argon2 starts p threads of its own."""
        self.many(2, stored=of_mebibytes(1, threads=4))
        self.assertEqual(len(self.threads.begun), 1)

    def test_what_python_computes_runs_alone(self) -> None:
        """Two at once only hand the interpreter's lock to each other."""
        self.many(2, stored=SHA)
        self.assertEqual((len(self.threads.begun), len(self.interpreted.begun)), (0, 1))

    def test_no_small_hash_overtakes_a_large_one_for_ever(self) -> None:
        """The large one is next, once what runs has ended."""
        self.many(1, stored=of_mebibytes(200))
        large = self.guess(b"a", stored=of_mebibytes(100), name=b"a")
        self.guess(b"b", stored=of_mebibytes(1), name=b"b")
        self.assertEqual(len(self.threads.begun), 1)
        self.threads.end()
        self.threads.end()
        self.assertFalse(self.successResultOf(large))

    def test_memory_is_given_back_when_none_waits(self) -> None:
        """Once, behind the last one."""
        self.many(3, stored=of_mebibytes(64))
        self.threads.end()
        self.threads.end()
        self.assertEqual(self.rested, 0)
        self.threads.end()
        self.assertEqual(self.rested, 1)

    def test_small_hashes_leave_nothing_to_be_given_back(self) -> None:
        """As bcrypt's."""
        self.assertLess(8 * 1024, LARGE_BYTES)
        self.many(1)
        self.threads.end()
        self.assertEqual(self.rested, 0)


class TurnsTests(HashingCase):
    """Whose hash is next."""

    def test_hosts_take_turns(self) -> None:
        """One that has sent many does not keep another one waiting for all of them."""
        self.many(10)
        other = self.guess(b"right", host=THERE)
        for _ in range(4):
            self.threads.end()
        self.assertTrue(self.successResultOf(other))

    def test_the_same_password_is_hashed_once(self) -> None:
        """A client that opens ten connections at once."""
        answers = [self.guess(b"right") for _ in range(10)]
        self.assertEqual(len(self.threads.begun), 1)
        self.threads.end()
        self.assertEqual([self.successResultOf(answer) for answer in answers], [True] * 10)


class BoundTests(HashingCase):
    """Beyond its bounds a password is not looked at."""

    def test_of_a_name_at_the_bound(self) -> None:
        """So many guesses may be unanswered."""
        answers = [self.guess(b"%d" % number) for number in range(WAITING_OF_NAME)]
        self.assertFalse(any(answer.called for answer in answers))

    def test_of_a_name_above_the_bound(self) -> None:
        """One more is refused; for another name of the host it is not."""
        for number in range(WAITING_OF_NAME):
            self.guess(b"%d" % number)
        self.failureResultOf(self.guess(b"more"), LoginsSaturated)
        self.assertNoResult(self.guess(b"more", name=b"bob"))

    def test_of_a_name_from_elsewhere(self) -> None:
        """Strangers cannot keep an account's owner out by guessing its password."""
        for number in range(WAITING_OF_NAME):
            self.guess(b"%d" % number)
        self.assertNoResult(self.guess(b"right", host=THERE))

    def test_of_a_host_at_the_bound(self) -> None:
        """So many."""
        self.assertFalse(any(answer.called for answer in self.many(WAITING_OF_HOST)))

    def test_of_a_host_above_the_bound(self) -> None:
        """One more is refused; from another host it is not."""
        self.many(WAITING_OF_HOST)
        self.failureResultOf(self.guess(b"more", name=b"more"), LoginsSaturated)
        self.assertNoResult(self.guess(b"more", host=THERE))

    def test_in_all(self) -> None:
        """However many hosts there are."""
        self.patch(hashing, "WAITING", 3)
        for number in range(5):
            self.guess(b"x%d" % number, host=f"192.0.2.{number}")
        self.failureResultOf(self.guess(b"more", host="192.0.2.9"), LoginsSaturated)

    def test_an_answer_makes_room(self) -> None:
        """For the same name."""
        for number in range(WAITING_OF_NAME):
            self.guess(b"%d" % number)
        self.threads.end()
        self.assertNoResult(self.guess(b"more"))


class LeavingTests(HashingCase):
    """Clients that do not wait."""

    def test_a_check_that_waits_is_dropped(self) -> None:
        """It is never hashed, and takes no room."""
        self.many(2)
        waiting = [self.guess(b"%d" % number) for number in range(WAITING_OF_NAME)]
        for one in waiting:
            one.cancel()
            self.failureResultOf(one, CancelledError)
        self.assertEqual(self.hashing.waiting, 0)
        self.assertNoResult(self.guess(b"more"))

    def test_a_check_that_runs_keeps_its_place_to_the_end(self) -> None:
        """Clients that go and come again get no more guesses by it."""
        running, *_ = [self.guess(b"%d" % number) for number in range(WAITING_OF_NAME)]
        running.cancel()
        self.failureResultOf(running, CancelledError)
        self.failureResultOf(self.guess(b"more"), LoginsSaturated)

    def test_others_that_wait_for_the_same_get_their_answer(self) -> None:
        """One of them leaves."""
        first, second = self.guess(b"right"), self.guess(b"right")
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.threads.end()
        self.assertTrue(self.successResultOf(second))

    def test_a_failure_is_told_to_all(self) -> None:
        """And leaves room."""
        self.patch(hashing, "verify", self.fail_to)
        answers = [self.guess(b"right"), self.guess(b"right")]
        self.threads.end()
        for answer in answers:
            self.failureResultOf(answer, ValueError)
        self.assertEqual(self.hashing.waiting, 0)

    def fail_to(self, stored: str, password: bytes) -> bool:
        """What a library does with a hash that it cannot read."""
        raise ValueError("no such hash")

    def test_nothing_is_kept_of_a_guess(self) -> None:
        """Without the collector of cycles."""
        gc.disable()
        self.addCleanup(gc.enable)
        guess = Candidate(stored=CHEAP, password=b"wrong", host=HERE, name=b"alice")
        known = weakref.ref(guess)
        answer = Deferred.fromCoroutine(self.hashing.fits(guess))
        del guess
        self.threads.end()
        self.assertFalse(self.successResultOf(answer))
        self.assertIsNone(known())

    def test_a_guess_shows_no_password(self) -> None:
        """Not in a traceback with variables either."""
        self.assertNotIn("hunter2", repr(Candidate(stored=CHEAP, password=b"hunter2", host=HERE, name=b"alice")))
