"""Tests of the end of a control connection behind the deadline of a drain."""

from __future__ import annotations

from twisted.internet.address import IPv4Address
from twisted.internet.task import Clock

from ftpd_service.control.farewell import Farewell
from ftpd_service.control.settings import ControlSettings
from ftpd_service.control.timers import Timers
from ftpd_service.control.transport import Outgoing
from ftpd_service.testing.dialogue import MemoryTransport
from tests.cases import SynchronousTestCase

HERE = IPv4Address("TCP", "192.0.2.7", 21)


class Unwatched:
    """A connection whose timers of login and idleness are never due."""

    def quiet(self) -> bool:
        """Fail."""
        raise AssertionError("no time was set")

    def login_missed(self) -> None:
        """Fail."""
        raise AssertionError("no time was set")

    def idled(self) -> None:
        """Fail."""
        raise AssertionError("no time was set")


class HurriedTests(SynchronousTestCase):
    """A client that takes none of its last replies, and whose verb ends behind the deadline."""

    def setUp(self) -> None:
        """Pass the deadline."""
        self.clock = Clock()
        self.transport = MemoryTransport(HERE, HERE)
        self.transport.registerProducer(self.transport, True)
        self.farewell = Farewell(
            self.transport, Outgoing(self.transport, None), Timers(self.clock, Unwatched()), ControlSettings()
        )
        self.farewell.hurry()

    def test_whose_side_is_open(self) -> None:
        """The client is cut off after a second."""
        self.farewell.begin(client_ended=False)
        self.clock.advance(1.0)
        self.assertTrue(self.transport.aborted)

    def test_whose_side_is_closed(self) -> None:
        """The client does not get the time of a login."""
        self.farewell.begin(client_ended=True)
        self.clock.advance(1.0)
        self.assertTrue(self.transport.aborted)

    def test_that_is_not_understood(self) -> None:
        """The client does not get the seconds of `reap_seconds`."""
        self.farewell.lose()
        self.clock.advance(1.0)
        self.assertTrue(self.transport.aborted)
