"""A web service that notes events, and is down from time to time: then it closes every connection without an answer."""

from __future__ import annotations

import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class NotedEvent(NamedTuple):
    """An event that was received."""

    run: int
    """The number of the server's process that has sent it."""
    event: dict[str, Any]  # Any: JSON


class EventReceiver:
    """The service, on a port of loopback.

    :ivar noted: all events, in the order of their arrival.
    :ivar run: the number of the process that sends now.
    :ivar is_down: whether it answers nobody; some of these requests are noted all the same.
    """

    def __init__(self) -> None:
        self.noted: list[NotedEvent] = []
        self.run = 0
        self.is_down = False
        self.chance = random.Random(5)
        self._lock = threading.Lock()
        self._open = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            """A connection of the server."""

            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.run = receiver.run
                receiver.count(1)

            def finish(self) -> None:
                receiver.count(-1)
                super().finish()

            def do_POST(self) -> None:
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if receiver.answers(self.run, event):
                    self.send_response_only(204)
                    self.end_headers()
                else:
                    self.close_connection = True

        class Web(ThreadingHTTPServer):
            """A service whose clients are killed."""

            def handle_error(self, request: object, client_address: object) -> None:
                """Do without the traceback of a connection that is lost."""

        self._server = Web(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def answers(self, run: int, event: dict[str, Any]) -> bool:  # Any: JSON
        """Note an event; return whether it is answered."""
        with self._lock:
            down = self.is_down
            if not down or self.chance.random() < 0.3:
                self.noted.append(NotedEvent(run, event))
            return not down

    def count(self, change: int) -> None:
        """Count the open connections."""
        with self._lock:
            self._open += change

    def next_run(self) -> None:
        """Wait for the ends of all connections of a server that is dead."""
        until = time.monotonic() + 10
        while self._open and time.monotonic() < until:
            time.sleep(0.005)
        self.run += 1

    def close(self) -> None:
        """End the service."""
        self._server.shutdown()
        self._server.server_close()
