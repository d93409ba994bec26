"""The copies of listening sockets that systemd keeps for the next process, if this process dies (FDSTORE=).

After a crash, connections wait in the queue of such a socket until the service runs again, so that none is refused.  A
listener that is closed in order is removed from the store, because systemd would keep its port open otherwise.

Outside systemd, and if the unit has no ``FileDescriptorStoreMax=``, nothing is stored.
"""

from __future__ import annotations

from ftpd_service.succession.given_sockets import listening_place, stored_name
from ftpd_service.systemd import Notifier


class DescriptorStore:
    """systemd's copies of the listening sockets."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    def keep(self, descriptor: int) -> None:
        """Have systemd keep a listening socket; a socket that it has already stays as it is."""
        where = listening_place(descriptor)
        if where is not None:
            self._notifier.store(descriptor, stored_name(where))

    def drop(self, descriptor: int) -> None:
        """Have systemd close its copy of a listening socket that is still open here."""
        where = listening_place(descriptor)
        if where is not None:
            self._notifier.forget(stored_name(where))
