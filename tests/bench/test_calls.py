"""What is printed of counted calls."""

from __future__ import annotations

from ftpd_bench.peers.calls import TIMES, report
from tests.cases import SynchronousTestCase


class ReportTests(SynchronousTestCase):
    """`report`: a line for an operation."""

    counts = {
        "/lib/ftpd_service/wire/lines.py:feed": 3 * TIMES,
        "/lib/ftpd_service/wire/lines.py:cut": TIMES,
        "/lib/ftpd_service/service.py:reload": 1,
        "/lib/twisted/internet/tcp.py:doRead": TIMES,
    }

    def test_calls_of_one_time_are_told(self) -> None:
        """All of them, those of the package, and its files; a file that one time alone has called is not told."""
        self.assertEqual(report("NOOP", self.counts, functions=False).split(), ["NOOP", "5.1", "4.1", "1"])

    def test_functions_are_listed_by_their_calls(self) -> None:
        """The most first, and only those that each time has called."""
        listed = [line.split() for line in report("NOOP", self.counts, functions=True).splitlines()[1:]]
        self.assertEqual([number for number, _ in listed], ["3.0", "1.0", "1.0"])
        self.assertEqual(listed[0][1], "/lib/ftpd_service/wire/lines.py:feed")
