"""A service in name only: a thread at a socket, which gives prepared answers."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
from typing import Any

from tests.admin.commands import CommandCase


class Answering(threading.Thread):
    """Answers the requests of one connection.

    :ivar asked: the requests.
    """

    def __init__(self, path: str, answers: list[bytes]) -> None:
        super().__init__()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(path)
        self._listening.listen()
        self._answers = answers
        self.asked: list[dict[str, Any]] = []  # Any: JSON

    def run(self) -> None:
        """Answer each request with the next answer, and close."""
        connected, _ = self._listening.accept()
        self._listening.close()
        with connected, connected.makefile("rb") as lines:
            for answer in self._answers:
                line = lines.readline()
                if line:
                    self.asked.append(json.loads(line))
                connected.sendall(answer)


def result(told: object) -> bytes:
    """The line of an answer."""
    return json.dumps({"version": 1, "result": told}).encode() + b"\n"


def error(text: str, code: str = "refused") -> bytes:
    """The line of an error."""
    return json.dumps({"version": 1, "error": {"code": code, "text": text}}).encode() + b"\n"


class AnsweringCase(CommandCase):
    """Sub-commands that ask a service; the folder has a short path, as a socket's path may not be long."""

    def setUp(self) -> None:
        """Make the folder and the file."""
        self.folder = tempfile.mkdtemp(prefix="ftpd-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.config = self.write("f.yaml", "admin: {socket: a.sock}\n")

    def ask(self, *words: str, answers: list[bytes]) -> tuple[int, str, list[dict[str, Any]]]:  # Any: JSON
        """Run a sub-command: its status and output, and the requests without their version."""
        service = Answering(os.path.join(self.folder, "a.sock"), answers)
        service.start()
        done = self.run_it("-c", self.config, *words)
        service.join(20)
        os.unlink(os.path.join(self.folder, "a.sock"))
        self.assertTrue(all(asked.pop("version") == 1 for asked in service.asked))
        return done.exit_code, done.output, service.asked
