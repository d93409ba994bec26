"""Where a run happens: folders for files and for the servers' own, a certificate, a port, one started process."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

NOBODY = 65534
"""The user and group that serves, where the run is root's: files are the same user's on every server."""
SETPRIV = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--no-new-privs"),
    *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
)
"""A plain user for servers in Python.  Reading is all that is left of root, as the interpreter may be below /root."""
READY_SECONDS = 20.0


class NotStarted(Exception):
    """A server that did not come up; the text is why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Folders of a run.

    :ivar root: what clients see as /; not writable, as vsftpd wants it.
    :ivar cache: where the peers are unpacked.
    """

    base: Path
    cache: Path

    @property
    def root(self) -> Path:
        """The directory that clients see as /; only ``pub`` in it can be written."""
        return self.base / "root"

    @property
    def certificate(self) -> Path:
        """Certificate and key in one file."""
        return self.base / "tls.pem"

    @property
    def python(self) -> Path:
        """The Python of the peers."""
        return self.cache / "python" / "bin" / "python"

    @property
    def libraries(self) -> Path:
        """Libraries that the peers load and this host may lack."""
        return self.cache / "tree" / "usr" / "lib" / "x86_64-linux-gnu"

    @property
    def hanging(self) -> Path:
        """Where the disk that hangs is mounted, if it is."""
        return self.root / "pub" / "hang"

    def program(self, name: str) -> Path:
        """A peer's program.

        :raises NotStarted: it could not be had, or needs root.
        """
        found = self.cache / "tree" / name
        if not found.exists():
            raise NotStarted("its package could not be had")
        if os.getuid() != 0:
            raise NotStarted("it serves as root's child only, and this run is not root's")
        return found

    def own(self, name: str) -> Path:
        """A folder for one server's own files."""
        folder = self.base / name
        folder.mkdir(exist_ok=True)
        if os.getuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        return folder


def make_place(parent: Path, cache: Path) -> Place:
    """New folders, on the file system of `parent`, and a certificate that all servers of the run use."""
    base = Path(tempfile.mkdtemp(prefix="ftpd-benchmark-", dir=parent))
    base.chmod(0o755)
    place = Place(base=base, cache=cache)
    (place.root / "pub").mkdir(parents=True)
    (place.root / "pub").chmod(0o777)
    make_entries(place.root / "pub" / "bench-list-5000", 5000)
    write_certificate(place)
    return place


def write_certificate(place: Place) -> None:
    """Make an RSA key of 2,048 bits and a certificate for localhost, for 30 days, and write them for the server's user.

    Every peer can use such a key.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = made.public_bytes(Encoding.PEM)
    for path, content in (
        (place.base / "key.pem", secret),
        (place.base / "certificate.pem", public),
        (place.certificate, secret + public),
    ):
        path.touch(0o600)
        path.write_bytes(content)
        if os.getuid() == 0:
            os.chown(path, NOBODY, NOBODY)


def warm_memory(folder: Path, most: int) -> None:
    """Have the host give this machine its memory before the first server would have to wait for it.

    In a virtual machine the first use of a page costs several times what any server does with it (seen: 2.5 ms/MiB).

    :param most: the most bytes; a file of that size, or of half of the room there is, is written and removed.
    """
    size = min(most, shutil.disk_usage(folder).free // 2)
    piece = bytes(1 << 20)
    path = folder / "warm"
    try:
        with path.open("wb") as file:
            for _ in range(size // len(piece)):
                file.write(piece)
    finally:
        path.unlink(missing_ok=True)


def make_entries(folder: Path, count: int) -> None:
    """A directory of so many small files."""
    folder.mkdir()
    folder.chmod(0o777)
    for number in range(count):
        (folder / f"entry-{number:06}.txt").write_bytes(b"x" * (number % 100))


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Started:
    """A server that runs.

    :ivar port: of its control connections.
    :ivar user: who can log in, with the password ``bench``.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
        self._process = process
        self._log = log
        self.port = port
        self.user = "bench"

    @property
    def pid(self) -> int:
        """Its first process."""
        return self._process.pid

    def await_greeting(self) -> None:
        """Wait until it greets.

        :raises NotStarted: it does not, or has ended.
        """
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), timeout=5.0) as connection,
            ):
                if connection.recv(4).startswith(b"220"):
                    return
            time.sleep(0.1)
        said = [line for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        self.stop()
        raise NotStarted(f"it did not start: {said[-1] if said else 'it said nothing'}")

    def stop(self) -> None:
        """End it and its children, which are a group of processes of their own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def start(command: list[str], place: Place, *, name: str, port: int, as_nobody: bool) -> Started:
    """Start a server's process in a group of its own.

    :param name: of its log in the run's folder.
    :raises NotStarted: it did not come up.
    """
    environment = dict(os.environ)
    if command[0].startswith(str(place.cache / "tree")):
        environment["LD_LIBRARY_PATH"] = str(place.libraries)
    command = [*SETPRIV, *command] if as_nobody and os.getuid() == 0 else command
    log = place.base / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd="/",
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    started = Started(process, port, log)
    started.await_greeting()
    return started
