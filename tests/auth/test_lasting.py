"""What of checkers outlives a reload, and what is ended."""

from __future__ import annotations

from twisted.internet.defer import Deferred
from zope.interface import implementer

from ftpd_service.auth.credentials import ILastingChecker
from ftpd_service.auth.lasting import CheckersInForce
from ftpd_service.auth.ordered import CheckerEntry
from ftpd_service.auth.plugins import build_checkers, find_checkers
from ftpd_service.auth.settings import AuthSettings, CheckerSettings, PythonChecker
from ftpd_service.runtime.imported import PluginProblem
from tests.auth.making import parts_with
from tests.auth.strangers import Answering, Log
from tests.cases import SynchronousTestCase

HERE = __name__


@implementer(ILastingChecker)
class Lasting(Answering):
    """A checker that has something to end."""

    def __init__(self, label: str = "") -> None:
        super().__init__(lambda: b"alice")
        self.ended = 0
        self.closing: Deferred[None] | None = None

    def end(self) -> object:
        """Count, and wait where a test says so."""
        self.ended += 1
        return self.closing


def ordinary(label: str = "") -> Answering:
    """A checker without an end."""
    return Answering(lambda: b"alice")


def unwilling() -> Answering:
    """A constructor that fails."""
    raise ValueError("no")


class LastingTests(SynchronousTestCase):
    """`CheckersInForce`, through the building of checkers."""

    def setUp(self) -> None:
        self.in_force = CheckersInForce()

    def build(self, *names: str, timeout_seconds: float = 10.0) -> tuple[CheckerEntry, ...]:
        """The entries of a configuration: ``Lasting`` or ``ordinary``, with a label behind a dot."""
        settings = [self.settings(name, timeout_seconds=timeout_seconds) for name in names]
        found = find_checkers(AuthSettings(checkers=tuple(settings)))
        return build_checkers(found, parts_with(), self.in_force)

    def settings(self, name: str, timeout_seconds: float = 10.0) -> CheckerSettings:
        """The settings of an entry."""
        kind, _, label = name.partition(".")
        return PythonChecker(
            path=f"{HERE}:{kind}", options={"label": label} if label else {}, timeout_seconds=timeout_seconds
        )

    def loaded(self, *names: str, timeout_seconds: float = 10.0) -> tuple[CheckerEntry, ...]:
        """The entries of a configuration that is put into force."""
        entries = self.build(*names, timeout_seconds=timeout_seconds)
        self.in_force.use(entries)
        return entries

    def ended(self, entry: CheckerEntry) -> int:
        """How often the checker of an entry was ended."""
        assert isinstance(entry.checker, Lasting)
        return entry.checker.ended

    def test_breaker_of_the_same_entry_stays(self) -> None:
        """A reload is no way round it."""
        (before,), (after,) = self.loaded("ordinary"), self.loaded("ordinary")
        self.assertIs(before.breaker, after.breaker)
        self.assertIsNot(before.checker, after.checker)

    def test_breaker_of_a_changed_entry_is_new(self) -> None:
        """The operator may have corrected it."""
        (before,), (after,) = self.loaded("ordinary"), self.loaded("ordinary", timeout_seconds=3.0)
        self.assertIsNot(before.breaker, after.breaker)

    def test_two_entries_alike_do_not_share_one(self) -> None:
        """Each keeps its own."""
        before, after = self.loaded("ordinary", "ordinary"), self.loaded("ordinary", "ordinary")
        self.assertEqual([one.breaker for one in before], [one.breaker for one in after])

    def test_lasting_checker_of_the_same_entry_stays(self) -> None:
        """Wherever it stands now."""
        (before,), (_, after) = self.loaded("Lasting"), self.loaded("ordinary", "Lasting")
        self.assertIs(before.checker, after.checker)
        self.assertEqual(self.ended(before), 0)

    def test_lasting_checker_of_an_entry_that_is_gone_is_ended(self) -> None:
        """Once, at the reload."""
        (before,) = self.loaded("Lasting")
        self.loaded("Lasting.other")
        self.loaded("Lasting.other")
        self.assertEqual(self.ended(before), 1)

    def test_failed_reload_ends_what_it_made_and_nothing_else(self) -> None:
        """The old configuration stays in force."""
        (before,) = self.loaded("Lasting")
        made: list[Lasting] = []
        self.patch(Lasting, "__init__", recording(made))
        self.assertRaises(PluginProblem, self.build, "Lasting", "Lasting.other", "unwilling")
        self.assertEqual(([one.ended for one in made], self.ended(before)), ([1], 0))

    def test_end_waits(self) -> None:
        """Until each checker has ended."""
        (entry,) = self.loaded("Lasting")
        assert isinstance(entry.checker, Lasting)
        entry.checker.closing = Deferred()
        waiting = Deferred.fromCoroutine(self.in_force.end())
        self.assertNoResult(waiting)
        entry.checker.closing.callback(None)
        self.successResultOf(waiting)

    def test_end_that_fails_is_logged(self) -> None:
        """And stops neither the service nor the end of others."""
        log = Log(self)
        first, second = self.loaded("Lasting", "Lasting.other")
        assert isinstance(first.checker, Lasting)
        first.checker.closing = Deferred()
        waiting = Deferred.fromCoroutine(self.in_force.end())
        first.checker.closing.errback(ValueError("no"))
        self.successResultOf(waiting)
        self.assertEqual(self.ended(second), 1)
        self.assertIn("could not be ended", log.text())
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)


def recording(made: list[Lasting]) -> object:
    """A constructor that lists what it makes."""
    construct = Lasting.__init__

    def record(self: Lasting, label: str = "") -> None:
        construct(self, label)
        made.append(self)

    return record
