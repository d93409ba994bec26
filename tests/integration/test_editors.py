"""The JSON Schema in the eyes of yaml-language-server, which editors ask about YAML."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SkipTest

from ftpd_service.config.json_schema import json_schema
from ftpd_service.config.upload_sections import UploadsSection
from tests.cases import SynchronousTestCase
from tests.config.test_reference import text_of

SERVER = Path(__file__).resolve().parents[2] / "run" / "npm" / "node_modules" / ".bin" / "yaml-language-server"
LINE = "# yaml-language-server: $schema=ftpd.schema.json\n"


class LanguageServer:
    """The server, as an editor talks to it: JSON-RPC over its standard input and output."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [SERVER, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, bufsize=0
        )
        start = {"processId": os.getpid(), "rootUri": folder.as_uri(), "capabilities": {}}
        self.ask(1, "initialize", start)
        self._send(method="initialized", params={})

    def mistakes(self, text: str) -> list[str]:
        """Open a file, and return the lines of its mistakes, with the texts."""
        self._uri = (self._folder / "ftpd.yaml").as_uri()
        document = {"uri": self._uri, "languageId": "yaml", "version": 1, "text": text}
        self._send(method="textDocument/didOpen", params={"textDocument": document})
        while (message := self._receive()).get("method") != "textDocument/publishDiagnostics":
            pass
        found = [(one["range"]["start"]["line"] + 1, one["message"]) for one in message["params"]["diagnostics"]]
        return [f"{line}: {told}" for line, told in sorted(found)]

    def completions(self, line: int, column: int) -> dict[str, str]:
        """The keys that are offered at a place of the open file, with their descriptions."""
        place = {"textDocument": {"uri": self._uri}, "position": {"line": line, "character": column}}
        items = self.ask(2, "textDocument/completion", place)["items"]
        return {one["label"]: one.get("documentation", "") for one in items}

    def ask(self, number: int, method: str, params: dict[str, object]) -> Any:  # Any: JSON
        """Ask, and return the result."""
        self._send(id=number, method=method, params=params)
        while (message := self._receive()).get("id") != number or "method" in message:
            pass
        return message["result"]

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _send(self, **message: object) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def _receive(self) -> dict[str, Any]:  # Any: JSON
        assert self._process.stdout is not None
        length = 0
        while header := self._process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        body = b""
        while len(body) < length:
            more = self._process.stdout.read(length - len(body))
            assert more, "the server has ended"
            body += more
        received: dict[str, Any] = json.loads(body)  # Any: JSON
        return received


class EditorTests(SynchronousTestCase):
    """A file that names the schema in its first line, as docs/configuration.rst says."""

    def setUp(self) -> None:
        """Start the server, and write the schema."""
        if not SERVER.exists():
            raise SkipTest("yaml-language-server is not installed; .ci/run installs it")
        self.folder = Path(tempfile.mkdtemp(prefix="ftpd-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "ftpd.schema.json").write_text(json.dumps(json_schema()))
        self.server = LanguageServer(self.folder)
        self.addCleanup(self.server.end)

    def test_mistakes_are_marked(self) -> None:
        """At their lines, also in an entry of a list."""
        text = "limits:\n  sesions: 5\nauth:\n  checkers:\n    - program: {command: [/x], proceses: 3}\n"
        told = ["3: Property sesions is not allowed.", "6: Property proceses is not allowed."]
        self.assertEqual(self.server.mistakes(LINE + text), told)

    def test_the_full_example_has_no_mistake(self) -> None:
        """The file with all keys."""
        self.assertEqual(self.server.mistakes(LINE + text_of("etc", "ftpd.yaml")), [])

    def test_keys_are_completed_with_their_descriptions(self) -> None:
        """Those of the section at the cursor."""
        self.server.mistakes(f"{LINE}uploads:\n  \n")
        offered = self.server.completions(2, 2)
        self.assertEqual(set(offered), set(UploadsSection.model_fields))
        self.assertIn("that new files and directories do not get", offered["umask"])
