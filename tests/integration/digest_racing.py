"""Random interleavings of a client's commands and another program's writes with digests, on real files.

Run as ``python -m tests.integration.digest_racing FOLDER STEPS MISTAKE``; it prints how many answers were found without
reading, and how many of all answers were of another content.  A mistake is a name of `MISTAKES`.  The folder ``ramfs``
is a new file system of that kind, in the mount namespace of this process.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
from random import Random

from twisted.internet.task import Clock

from ftpd_service.digests import service_digests
from ftpd_service.digests.idle_digests import IdleDigests
from ftpd_service.digests.kept_digests import KeptDigests
from ftpd_service.digests.proofs import KernelFiles, Look
from ftpd_service.digests.service_digests import ServiceDigests, SessionDigests
from ftpd_service.digests.settings import DigestSettings
from ftpd_service.digests.watched_uploads import WatchedUploads
from ftpd_service.kernel.change_times import TRUSTED_CHANGES
from ftpd_service.kernel.file_systems import IN_MEMORY, learn, type_of
from ftpd_service.kernel.file_watches import FileWatches
from ftpd_service.testing.dialogue import Dialogue
from ftpd_service.testing.fakes import at_once
from ftpd_service.testing.on_disk import Disk
from ftpd_service.values import FileVersion
from tests.integration.racing_writer import CHANGES

SIZES = (1000, 1000, 1000, 70_000)
NAMES = ("a", "b")
PAUSE_SECONDS = 0.009
"""Two ticks and a little more."""

RAMFS = "ramfs"


class WithoutChangeTimes(KernelFiles):
    """Versions without the change time."""

    def version(self, descriptor: int) -> FileVersion:
        return super().version(descriptor)._replace(ctime_ns=0)


class WithoutTwoTicks(KernelFiles):
    """Every version proves its bytes at once."""

    def look(self, descriptor: int) -> Look:
        return Look(self.version(descriptor), 0.0)


MISTAKES: dict[str, type[KernelFiles]] = {
    "none": KernelFiles,
    "ctime": WithoutChangeTimes,
    "ticks": WithoutTwoTicks,
    "watch": KernelFiles,
}


class Race:
    """A client, another program, and the contents that the files must have.

    :ivar wrong: how many answers were of another content.
    """

    def __init__(self, folder: str, mistake: str, writer: subprocess.Popen[str]) -> None:
        self.disk = Disk(os.path.join(folder, "home"))
        self.clock = Clock()
        files = MISTAKES[mistake](TRUSTED_CHANGES | IN_MEMORY)
        self.kept = KeptDigests(self.clock)
        self.watched = WatchedUploads(self.kept, files, self.clock)
        self.service = ServiceDigests(
            DigestSettings(),
            "md5",
            kept=self.kept,
            files=files,
            watched=self.watched,
            idle=IdleDigests(self.kept, files, blocking=at_once, clock=self.clock, busy=lambda: False),
            clock=self.clock,
        )
        login = self.disk.login()
        self.dialogue = Dialogue(storage=login.local(login.home or ""))
        self.dialogue.parts.digests = SessionDigests(self.service)
        self.dialogue.log_in()
        self.random = Random(13)
        self.writer = writer
        # A store through a memory map changes no time of a file in memory.
        self.changes = [name for name in CHANGES if name != "store" or not is_in_memory(self.disk.root)]
        self.contents: dict[str, bytes] = {}
        self.wrong = 0

    def run(self, steps: int) -> None:
        """Make random steps."""
        actions = [self.ask] * 9 + [self.tell] * 3 + [self.store] * 2 + [self.tell_and_ask, self.pause]
        actions += [self.append, self.set_time, self.rename]
        for name in NAMES:
            self.store(name)
        began = time.monotonic()
        for _ in range(steps):
            self.clock.advance(time.monotonic() - began - self.clock.seconds())
            self.random.choice(actions)(self.random.choice(NAMES))

    def new_content(self) -> bytes:
        return self.random.choice("abcdefghijklmnopqrstuvwxyz").encode() * self.random.choice(SIZES)

    def ask(self, name: str) -> None:
        """Ask for a digest, and compare it."""
        wanted = hashlib.md5(self.contents[name]).hexdigest()
        if wanted not in self.asked(name).lower():
            self.wrong += 1

    def asked(self, name: str) -> str:
        """Return the answer."""
        self.dialogue.replies()
        self.dialogue.send(b"XMD5 %s\r\n" % name.encode())
        return " ".join(self.dialogue.replies())

    def tell(self, name: str) -> None:
        """Have the other program change a file."""
        self.begin(name)
        self.end()

    def tell_and_ask(self, name: str) -> None:
        """Ask while the other program changes the file; only later answers are compared."""
        self.begin(name)
        self.asked(name)
        self.end()

    def begin(self, name: str) -> None:
        """Tell the other program to change a file."""
        content = self.contents[name] = self.new_content()
        change = self.random.choice(self.changes)
        assert self.writer.stdin is not None
        self.writer.stdin.write(f"{change} {self.disk.root}/{name} {content[:1].decode()} {len(content)}\n")
        self.writer.stdin.flush()

    def end(self) -> None:
        """Wait until it has changed the file."""
        assert self.writer.stdout is not None
        self.writer.stdout.readline()

    def store(self, name: str) -> None:
        self.contents[name] = self.new_content()
        self.dialogue.upload(f"STOR {name}", self.contents[name])

    def append(self, name: str) -> None:
        self.contents[name] += b"+"
        self.dialogue.upload(f"APPE {name}", b"+")

    def set_time(self, name: str) -> None:
        self.dialogue.say(f"MFMT 20200101000000 {name}", 213)

    def rename(self, name: str) -> None:
        """Rename a file over the other, and store it anew."""
        other = NAMES[1 - NAMES.index(name)]
        self.dialogue.say(f"RNFR {name}", 350)
        self.dialogue.say(f"RNTO {other}", 250)
        self.contents[other] = self.contents.pop(name)
        self.store(name)

    def pause(self, name: str) -> None:
        time.sleep(PAUSE_SECONDS)


def is_in_memory(folder: str) -> bool:
    """Whether a folder is on tmpfs or ramfs."""
    descriptor = os.open(folder, os.O_RDONLY)
    learn(descriptor)
    kind = type_of(descriptor)
    os.close(descriptor)
    return kind in IN_MEMORY


def untouched(watches: FileWatches, number: int) -> bool:
    """Say of every upload that nobody has changed it."""
    return True


def main() -> None:
    """Run a race, and print its result."""
    folder, steps, mistake = sys.argv[1:]
    # Small files are worth a digest here, and nobody waits for ticks: the steps have to be many.
    service_digests.WORTH_TAKING_BYTES = 1
    service_digests.WAITED_SECONDS = 0.0
    if mistake == "watch":
        setattr(FileWatches, "untouched", untouched)  # noqa: B010 -- mypy allows no other way
    if folder == RAMFS:
        folder = tempfile.mkdtemp()
        subprocess.run(["mount", "-t", RAMFS, "none", folder], check=True)
    command = [sys.executable, "-m", "tests.integration.racing_writer"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        race = Race(folder, mistake, writer)
        race.run(int(steps))
        race.dialogue.lose()
        race.watched.close()
        assert writer.stdin is not None
        writer.stdin.close()
    sys.stdout.write(f"{race.kept.found} {race.wrong}\n")


if __name__ == "__main__":
    main()
