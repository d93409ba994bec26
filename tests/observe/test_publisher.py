"""The publisher: each event to each observer, in order, and one observer's failure is its own."""

from __future__ import annotations

from zope.interface import implementer

from ftpd_service.events import BanLifted, Event
from ftpd_service.interfaces import IObserver
from ftpd_service.observe.publisher import Publisher
from ftpd_service.testing.fakes import Recorder
from tests.cases import SynchronousTestCase


@implementer(IObserver)
class Broken:
    """Fails at every event."""

    def observe(self, event: Event) -> None:
        raise ValueError("broken observer")

    def wants(self, kind: type[Event]) -> bool:
        return True


class Particular(Recorder):
    """Wants no event, until it is told to want all."""

    wanted = False

    def wants(self, kind: type[Event]) -> bool:
        return self.wanted


ONE, TWO = BanLifted(kind="host", subject="192.0.2.1"), BanLifted(kind="host", subject="192.0.2.2")


class PublisherTests(SynchronousTestCase):
    """What observers get."""

    def test_every_observer_sees_every_event_in_order(self) -> None:
        """The first ones first."""
        first, second = Recorder(), Recorder()
        publish = Publisher(first, second)
        publish(ONE)
        publish(TWO)
        self.assertEqual((first.events, second.events), ([ONE, TWO], [ONE, TWO]))

    def test_an_observer_gets_what_it_wants(self) -> None:
        """Most events are of no use to most observers."""
        particular, recorder = Particular(), Recorder()
        Publisher(particular, recorder)(ONE)
        self.assertEqual((particular.events, recorder.events), ([], [ONE]))

    def test_a_failing_observer_stops_neither_session_nor_others(self) -> None:
        """Nothing is raised, and those behind it see the event."""
        recorder = Recorder()
        Publisher(Broken(), recorder)(ONE)
        self.assertEqual((recorder.events, len(self.flushLoggedErrors(ValueError))), ([ONE], 1))

    def test_a_failing_observer_gets_the_next_event_too(self) -> None:
        """It may recover."""
        publish = Publisher(Broken())
        publish(ONE)
        publish(TWO)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)

    def test_an_event_is_wanted_where_one_observer_wants_it(self) -> None:
        """An event that nobody wants need not be made."""
        wanted = [Publisher(*some).wants(Event) for some in ((), (Particular(),), (Particular(), Recorder()))]
        self.assertEqual(wanted, [False, False, True])

    def test_an_observer_is_asked_again_when_it_wants_others(self) -> None:
        """A reload may begin an audit."""
        particular = Particular()
        publish = Publisher(particular)
        publish(ONE)
        particular.wanted = True
        publish.ask_anew()
        publish(TWO)
        self.assertEqual(particular.events, [TWO])

    def test_without_observers_nothing_happens(self) -> None:
        """No event is an error."""
        Publisher()(ONE)
        self.assertEqual(self.flushLoggedErrors(), [])
