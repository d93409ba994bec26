"""A clamd for tests, with two signatures of our own and no other: for EICAR, and for `MARK`."""

from __future__ import annotations

import atexit
import signal
import time
from functools import cache

from tests.integration.plain_user import STARTED_SECONDS, PlainServer, program

EICAR = b"X5O!P%%@AP[4\\PZX54(P^)7CC)7}$%b!$H+H*" % b"-".join((b"EICAR", b"STANDARD", b"ANTIVIRUS", b"TEST", b"FILE"))
"""The test file of the European Institute for Computer Antivirus Research, which is harmless."""
EICAR_NAME = "Eicar-Test-Signature.UNOFFICIAL"
MARK = b"this is the mark of a forbidden file"
"""Bytes that a signature of ours finds anywhere in a file."""
MARK_NAME = "Marked.UNOFFICIAL"
STREAM_BYTES = 1024 * 1024
"""The most bytes of a stream."""

_CONFIGURATION = """\
Foreground yes
DatabaseDirectory {folder}/signatures
TemporaryDirectory {folder}/temporary
LocalSocket {folder}/clamd.ctl
LocalSocketMode 666
TCPAddr 127.0.0.1
TCPSocket {port}
MaxThreads 4
ExtendedDetectionInfo yes
StreamMaxLength {stream}
"""


class ClamdServer(PlainServer):
    """A server that its constructor starts.

    :ivar path: its UNIX socket.
    :ivar port: its port on 127.0.0.1.
    """

    def __init__(self) -> None:
        super().__init__()
        atexit.register(self.stop)
        self._program = program("clamd")
        self.port = self.free_port()
        self.path = str(self.folder / "clamd.ctl")
        for name in ("signatures", "temporary"):
            (self.folder / name).mkdir()
            self.own(self.folder / name)
        self.write("signatures/ours.hdb", "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n")
        self.write("signatures/ours.ndb", f"Marked:0:*:{MARK.hex()}\n")
        text = _CONFIGURATION.format(folder=self.folder, port=self.port, stream=STREAM_BYTES)
        self._configuration = str(self.write("clamd.conf", text))
        self.run()

    def run(self) -> None:
        """Start the server, and wait for its sockets."""
        self.start(self._program, "--config-file", self._configuration, port=self.port)
        until = time.monotonic() + STARTED_SECONDS
        while "Self checking" not in self.output:
            if time.monotonic() >= until:
                raise AssertionError(f"clamd does not listen: {self.output}")
            time.sleep(0.02)

    def hang(self) -> None:
        """Stop the process, so that it takes connections and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Let the process go on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """End the process, also if it hangs."""
        if self.process is not None:
            self.go_on()
        super().end()


@cache
def clamd() -> ClamdServer:
    """The server of all tests of this process.

    :raises SkipTest: clamd is not installed.
    """
    return ClamdServer()
