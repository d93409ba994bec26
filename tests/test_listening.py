"""Sockets that systemd hands over, as they are found."""

from __future__ import annotations

import errno
import os
import socket

from twisted.internet.error import CannotListenError

from ftpd_service.succession.open_ports import reason_of
from ftpd_service.systemd import HandedOver, handed_over
from tests.cases import SynchronousTestCase


class HandedOverTests(SynchronousTestCase):
    """What the environment says (sd_listen_fds(3))."""

    def test_without_names(self) -> None:
        """``systemd-socket-activate`` without ``--fdname`` gives none."""
        given = handed_over({"LISTEN_PID": "7", "LISTEN_FDS": "2"}, 7)
        self.assertEqual((given.names, given.descriptor(1)), (("unknown", "unknown"), 4))

    def test_with_names(self) -> None:
        """In the order of the descriptors."""
        given = handed_over({"LISTEN_PID": "7", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "ftp:ftps"}, 7)
        self.assertEqual(str(given), "index=0 (name=ftp), index=1 (name=ftps)")

    def test_for_another_process(self) -> None:
        """They are not ours: the variables were inherited."""
        self.assertEqual(handed_over({"LISTEN_PID": "8", "LISTEN_FDS": "2"}, 7), HandedOver())

    def test_none(self) -> None:
        """The error says so in words."""
        self.assertEqual(str(handed_over({}, 7)), "no socket")

    def test_nonsense(self) -> None:
        """A count that is no number is none."""
        self.assertEqual(handed_over({"LISTEN_PID": "7", "LISTEN_FDS": "x"}, 7), HandedOver())

    def test_beyond_the_last(self) -> None:
        """There is no such descriptor."""
        given = HandedOver(("unknown",))
        self.assertEqual([given.descriptor(index) for index in (-1, 0, 1)], [None, 3, None])


class ReasonTests(SynchronousTestCase):
    """What an operator is told of a port that cannot be opened."""

    def told(self, number: int) -> str:
        """The text for an error of the system."""
        return reason_of(CannotListenError("127.0.0.1", 21, OSError(number, os.strerror(number))))

    def test_a_port_in_use(self) -> None:
        """How to find the other program."""
        self.assertRegex(self.told(errno.EADDRINUSE), "^Address already in use; another program .*'ss -ltnp'")

    def test_a_port_below_1024(self) -> None:
        """The right that is missing."""
        self.assertRegex(self.told(errno.EACCES), "^Permission denied; .* CAP_NET_BIND_SERVICE")

    def test_an_address_of_another_host(self) -> None:
        """The addresses that this host has."""
        self.assertRegex(self.told(errno.EADDRNOTAVAIL), "^Cannot assign requested address; .*'ip address'")

    def test_another_error(self) -> None:
        """The system's text alone."""
        self.assertEqual(self.told(errno.EMFILE), "Too many open files")

    def test_a_name_that_cannot_be_resolved(self) -> None:
        """Its errors have numbers of their own, which mean something else."""
        problem = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        self.assertEqual(reason_of(problem), "Name or service not known")
