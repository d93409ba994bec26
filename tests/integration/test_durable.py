"""The order in which a server with ``durable: true`` gets an upload on the disk, as strace sees it."""

from __future__ import annotations

import io
import re

from tests.interop.traced_case import TracedCase

TRACED = "trace=fsync,fdatasync,linkat,rename,renameat,renameat2,mkdirat,mkdir,sendto,write,send,sendmsg,openat"


class DurableTests(TracedCase):
    """A durable server under strace."""

    extra = "uploads: {durable: true}\nlogging: {level: warn}"
    options = ("-y", "-e", TRACED)

    def seen(self) -> list[str]:
        """What happened to names and disk, and the replies at the end of verbs."""
        return [told for line in self.traced() if (told := self.told(line))]

    def told(self, line: str) -> str | None:
        """The word for a call, or None if it is about something else."""
        home = re.escape(str(self.server.home))
        if reply := re.search(r'"(226|257|250) ', line):
            return reply[1]
        if re.search(rf"f(?:data)?sync\(\d+<{home}>", line):
            return "sync directory"
        if re.search(rf"f(?:data)?sync\(\d+<{home}/", line):
            return "sync file"
        if found := re.match(r"\d+ +(linkat|rename|mkdir)", line):
            return found[1]
        return None

    def store(self, verb: str) -> None:
        """Send some bytes."""
        self.client.storbinary(f"{verb} a", io.BytesIO(b"0123456789"))

    def test_each_reply_waits_for_the_disk(self) -> None:
        """First the bytes of a file, then its name, then the directory, then the reply."""
        self.store("STOR")
        self.store("STOR")
        self.store("APPE")
        self.client.mkd("d")
        new = ["sync file", "linkat", "sync directory", "226"]
        replaced = ["sync file", "linkat", "rename", "sync directory", "226"]
        appended, directory = ["sync file", "226"], ["mkdir", "sync directory", "257"]
        self.assertEqual(self.seen(), [*new, *replaced, *appended, *directory])
