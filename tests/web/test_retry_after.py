"""The time that a service asks for before the next request."""

from __future__ import annotations

from twisted.web.http_headers import Headers

from ftpd_service.web.retry_after import LONGEST_RETRY_AFTER_SECONDS, retry_after
from tests.cases import SynchronousTestCase

NOW = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT


def asked(*values: str) -> float | None:
    """What a header asks for."""
    return retry_after(Headers({b"retry-after": [value.encode("latin-1") for value in values]}), NOW)


class RetryAfterTests(SynchronousTestCase):
    """RFC 9110 section 10.2.3."""

    def test_seconds(self) -> None:
        """A number of seconds."""
        self.assertEqual((asked("120"), asked("0")), (120.0, 0.0))

    def test_date(self) -> None:
        """Each of the three forms of a date (RFC 9110 section 5.6.7)."""
        forms = ("Sun, 06 Nov 1994 08:50:37 GMT", "Sunday, 06-Nov-94 08:50:37 GMT", "Sun Nov  6 08:50:37 1994")
        self.assertEqual([asked(form) for form in forms], [60.0, 60.0, 60.0])

    def test_past_date(self) -> None:
        """The request may be repeated at once."""
        self.assertEqual(asked("Sun, 06 Nov 1994 08:00:00 GMT"), 0.0)

    def test_bound(self) -> None:
        """More than the longest time is that time, in either form."""
        longest = int(LONGEST_RETRY_AFTER_SECONDS)
        self.assertEqual([asked(str(longest - 1)), asked(str(longest)), asked(str(longest + 1))], [3599, 3600, 3600])
        self.assertEqual((asked("9" * 15), asked("Sun, 06 Nov 2994 08:49:37 GMT")), (3600, 3600))

    def test_nonsense(self) -> None:
        """It asks for nothing."""
        words = ("", "soon", "-1", "1.5", "9" * 16, "\xff", "Sun, 99 Nov 1994 08:49:37 GMT", "١٢")
        values = [value.encode("utf-8").decode("latin-1") for value in words]
        self.assertEqual([asked(value) for value in values], [None] * len(words))

    def test_absent(self) -> None:
        """No header asks for nothing; of two the first counts."""
        self.assertEqual((asked(), asked("7", "9")), (None, 7.0))
