"""pyftpdlib as its tutorial sets it up; run by the peers' Python: PORT ROOT [CERTIFICATE]."""

from __future__ import annotations

import logging
import sys

from pyftpdlib.authorizers import DummyAuthorizer  # type: ignore[import-not-found]  # peers only
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler  # type: ignore[import-not-found]  # peers only
from pyftpdlib.servers import FTPServer  # type: ignore[import-not-found]  # peers only


def main() -> None:
    """Serve until the process is ended."""
    port, root, *certificate = sys.argv[1:]
    logging.basicConfig(level=logging.WARNING)
    authorizer = DummyAuthorizer()
    authorizer.add_user("bench", "bench", root, perm="elradfmwMT")
    kind = TLS_FTPHandler if certificate else FTPHandler
    kind.authorizer = authorizer
    if certificate:
        kind.certfile = certificate[0]
    server = FTPServer(("127.0.0.1", int(port)), kind, backlog=512)
    server.max_cons = 0
    server.serve_forever()


if __name__ == "__main__":
    main()
