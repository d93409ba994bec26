"""Twisted's own FTP server (twisted.protocols.ftp); run by the peers' Python: PORT ROOT."""

from __future__ import annotations

import sys

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import IRealm, Portal
from twisted.internet import reactor
from twisted.protocols.ftp import FTPFactory, FTPShell, IFTPShell
from twisted.python.filepath import FilePath
from zope.interface import implementer


@implementer(IRealm)
class Realm:
    """One folder for everybody."""

    def __init__(self, root: str) -> None:
        self._root = FilePath(root)

    def requestAvatar(self, avatarId, mind, *interfaces):  # type: ignore[no-untyped-def]  # as Twisted's stubs have it
        """A shell on the folder."""
        return IFTPShell, FTPShell(self._root), lambda: None


def main() -> None:
    """Serve until the process is ended."""
    port, root = sys.argv[1:]
    checker = InMemoryUsernamePasswordDatabaseDontUse()
    # Twisted's FTP hands text to checkers that are declared for bytes.
    checker.users["bench"] = "bench"  # type: ignore[index, assignment]  # see above
    portal = Portal(Realm(root), [checker])
    reactor.listenTCP(int(port), FTPFactory(portal), backlog=512, interface="127.0.0.1")
    reactor.run()


if __name__ == "__main__":
    main()
