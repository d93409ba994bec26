"""Which ends of protected uploads are ends."""

from __future__ import annotations

from ftpd_service.errors import TransferAborted
from ftpd_service.policy.truncation import TruncatedUploads, Truncation
from tests.cases import SynchronousTestCase


class Truncated(SynchronousTestCase):
    """Uploads with and without close_notify."""

    def test_accept_takes_an_end_without_close_notify_and_counts_it(self) -> None:
        """Many clients send none, ever."""
        truncation = Truncation(TruncatedUploads.ACCEPT)
        truncation.upload_ended(clean=False)
        truncation.upload_ended(clean=False)
        self.assertEqual(truncation.unclean, 2)

    def test_accept_refuses_it_from_a_client_that_has_sent_one(self) -> None:
        """It would have sent another one: somebody cut it off."""
        truncation = Truncation(TruncatedUploads.ACCEPT)
        truncation.upload_ended(clean=True)
        with self.assertRaises(TransferAborted):
            truncation.upload_ended(clean=False)

    def test_a_refusal_does_not_make_the_client_forgotten(self) -> None:
        """The next one is refused too."""
        truncation = Truncation(TruncatedUploads.ACCEPT)
        truncation.upload_ended(clean=True)
        with self.assertRaises(TransferAborted):
            truncation.upload_ended(clean=False)
        with self.assertRaises(TransferAborted):
            truncation.upload_ended(clean=False)

    def test_refuse_takes_close_notify_only(self) -> None:
        """The first upload too."""
        truncation = Truncation(TruncatedUploads.REFUSE)
        with self.assertRaises(TransferAborted):
            truncation.upload_ended(clean=False)

    def test_close_notify_is_always_an_end(self) -> None:
        """Under both."""
        Truncation(TruncatedUploads.ACCEPT).upload_ended(clean=True)
        refusing = Truncation(TruncatedUploads.REFUSE)
        refusing.upload_ended(clean=True)
        self.assertEqual(refusing.unclean, 0)
