"""The delay of the answer to a failed login."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from ftpd_service.policy.logins import FailedLogins, delay
from tests.cases import SynchronousTestCase
from tests.wire.strategies import relaxed

HOST = ip_address("192.0.2.1")
OTHER = ip_address("192.0.2.2")


def fail(failures: FailedLogins, times: int, *, name: bytes = b"alice", now: float = 0.0) -> float:
    """The delay of the last of some failures from HOST."""
    return [failures.failed(HOST, name, now) for _ in range(times)][-1]


class DelayTests(SynchronousTestCase):
    """Seconds by the number of the failure."""

    def test_grows_from_one_second_to_five(self) -> None:
        """1 s at the first failure, doubling to 5 s."""
        self.assertEqual([delay(number) for number in range(7)], [0.0, 1.0, 2.0, 4.0, 5.0, 5.0, 5.0])

    def test_very_many_failures_wait_no_longer(self) -> None:
        """The cap holds for any count."""
        self.assertEqual(delay(10**9), 5.0)


class FailedLoginsTests(SynchronousTestCase):
    """What is counted, and when it is forgotten."""

    def test_first_failure_waits_one_second(self) -> None:
        """The first failure is answered after a second."""
        self.assertEqual(fail(FailedLogins(), 1), 1.0)

    def test_second_failure_waits_two(self) -> None:
        """Each further failure of the same host and name waits twice as long."""
        self.assertEqual(fail(FailedLogins(), 2), 2.0)

    def test_host_counts_for_other_names(self) -> None:
        """Many names from one host are slowed down as one name is."""
        failures = FailedLogins()
        fail(failures, 2)
        self.assertEqual(failures.failed(HOST, b"bob", 0.0), 4.0)

    def test_name_counts_from_other_hosts(self) -> None:
        """One name from many hosts is slowed down as from one."""
        failures = FailedLogins()
        fail(failures, 2)
        self.assertEqual(failures.failed(OTHER, b"alice", 0.0), 4.0)

    def test_longer_count_decides(self) -> None:
        """Where host and name have failed differently often, the longer delay is due."""
        failures = FailedLogins()
        fail(failures, 3, name=b"bob")
        failures.failed(OTHER, b"alice", 0.0)
        self.assertEqual(failures.failed(HOST, b"alice", 0.0), 5.0)

    def test_stranger_is_not_slowed_down(self) -> None:
        """Another name from another host begins at a second."""
        failures = FailedLogins()
        fail(failures, 5)
        self.assertEqual(failures.failed(OTHER, b"bob", 0.0), 1.0)

    def test_just_before_the_quiet_time_the_count_goes_on(self) -> None:
        """Failures less than ten minutes apart belong together."""
        failures = FailedLogins()
        fail(failures, 1)
        self.assertEqual(failures.failed(HOST, b"alice", 599.9), 2.0)

    def test_after_the_quiet_time_the_count_begins_anew(self) -> None:
        """Ten minutes without a failure forget those before."""
        failures = FailedLogins()
        fail(failures, 3)
        self.assertEqual(failures.failed(HOST, b"alice", 600.0), 1.0)

    def test_each_failure_begins_the_quiet_time_anew(self) -> None:
        """The quiet time counts from the last failure, not the first."""
        failures = FailedLogins()
        fail(failures, 1)
        fail(failures, 1, now=500.0)
        self.assertEqual(failures.failed(HOST, b"alice", 1000.0), 4.0)

    def test_success_forgets_host_and_name(self) -> None:
        """A success of the name from the host takes back what it has failed from there."""
        failures = FailedLogins()
        fail(failures, 3)
        failures.succeeded(HOST, b"alice", 1.0)
        self.assertEqual(failures.failed(HOST, b"alice", 1.0), 1.0)

    def test_success_of_another_forgets_nothing(self) -> None:
        """A success elsewhere, of another name, leaves the counts alone."""
        failures = FailedLogins()
        fail(failures, 1)
        failures.succeeded(OTHER, b"bob", 1.0)
        self.assertEqual(failures.failed(HOST, b"alice", 1.0), 2.0)

    def test_success_leaves_the_failures_of_other_names(self) -> None:
        """A guesser who owns an account cannot clear his host's record with it."""
        failures = FailedLogins()
        fail(failures, 3, name=b"bob")
        fail(failures, 1)
        failures.succeeded(HOST, b"alice", 1.0)
        self.assertEqual((failures.of_host(HOST, 1.0), failures.of_pair(HOST, b"bob", 1.0)), (3, 3))

    def test_success_leaves_the_failures_of_other_hosts(self) -> None:
        """The owner of a name does not make guessing it elsewhere cheap again."""
        failures = FailedLogins()
        fail(failures, 3)
        failures.succeeded(OTHER, b"alice", 1.0)
        self.assertEqual(failures.failed(OTHER, b"alice", 1.0), 5.0)

    def test_guess_that_was_given_up_counts_for_its_host(self) -> None:
        """A client that leaves before its turn says nothing about the name, but its host is counted."""
        failures = FailedLogins()
        failures.given_up(HOST, 0.0)
        self.assertEqual((failures.of_host(HOST, 0.0), failures.failed(OTHER, b"alice", 0.0)), (1, 1.0))

    def test_quiet_counts_are_none(self) -> None:
        """What is forgotten decides nothing."""
        failures = FailedLogins()
        fail(failures, 1)
        before = (failures.of_host(HOST, 599.9), failures.of_pair(HOST, b"alice", 599.9))
        after = (failures.of_host(HOST, 600.0), failures.of_pair(HOST, b"alice", 600.0))
        self.assertEqual((before, after), ((1, 1), (0, 0)))

    def test_quiet_counts_take_no_memory(self) -> None:
        """What is forgotten is gone from memory with the next failure."""
        failures = FailedLogins()
        fail(failures, 1)
        failures.failed(OTHER, b"bob", 600.0)
        self.assertEqual(len(failures), 3)

    def test_long_names_share_counts_by_their_start(self) -> None:
        """Of a name 128 octets are kept, so that names of a line's length don't fill the memory."""
        failures = FailedLogins()
        failures.failed(HOST, b"a" * 128 + b"1", 0.0)
        self.assertEqual(failures.failed(OTHER, b"a" * 128 + b"2", 0.0), 2.0)

    def test_full_memory_drops_what_failed_longest_ago(self) -> None:
        """At the cap the oldest failure is forgotten, not the newest."""
        failures = FailedLogins(most_keys=2)
        failures.failed(HOST, b"first", 0.0)
        failures.failed(HOST, b"second", 1.0)
        failures.failed(HOST, b"third", 2.0)
        self.assertEqual(
            [failures.failed(OTHER, name, 3.0) for name in (b"third", b"first")],
            [2.0, 2.0],  # the name's second failure; the name's first, and the host's second
        )

    @relaxed
    @given(st.lists(st.tuples(st.binary(max_size=3), st.integers(0, 255)), max_size=60))
    def test_memory_is_bounded(self, attempts: list[tuple[bytes, int]]) -> None:
        """Whoever fails how often, no more keys than the cap are kept of each kind, and no delay exceeds 5 s."""
        failures = FailedLogins(most_keys=5)
        delays = [failures.failed(ip_address(f"192.0.2.{low}"), name, 0.0) for name, low in attempts]
        self.assertLessEqual(len(failures), 15)
        self.assertTrue(all(1.0 <= seconds <= 5.0 for seconds in delays))
