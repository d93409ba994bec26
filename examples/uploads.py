"""An observer that writes a line of text for each complete upload."""

from zope.interface import implementer

from ftpd_service.events import TransferFinished
from ftpd_service.interfaces import IObserver
from ftpd_service.values import Direction


@implementer(IObserver)
class UploadLines:
    def __init__(self, write):
        self._write = write

    def wants(self, kind):
        return kind is TransferFinished

    def observe(self, event):
        if isinstance(event, TransferFinished) and (event.direction, event.outcome) == (Direction.UPLOAD, "complete"):
            self._write(f"{event.account} {event.path} {event.octets}\n")
