"""``ftpd-service status``, ``reload`` and ``drain``, and how the service is found."""

from __future__ import annotations

import json
import os
import socket

from tests.admin.answering import AnsweringCase, error, result

STATUS = {
    "pid": 7,
    "version": "1.0",
    "state": "serving",
    "started": "2026-09-21T14:13:20Z",
    "uptime": 3661.5,
    "sessions": 12,
    "transfers": 3,
    "reactor_delay": 0.0012,
    "reactor_delay_worst": 0.05,
    "pool": {"files": {"threads": 16, "busy": 3, "waiting": 2, "oldest_wait": 1.25}},
    "problems": ["it is \x1b[31mlate"],
}


class FindingTests(AnsweringCase):
    """The way to the service."""

    def test_no_service(self) -> None:
        """Status 3, and a line that says what to do."""
        done = self.run_it("-c", self.config, "status")
        self.assertEqual(done.exit_code, 3)
        self.assertIn(f"no service answers at {self.folder}/a.sock: start the service", done.output)

    def test_a_service_that_has_ended(self) -> None:
        """Its socket is still there."""
        with socket.socket(socket.AF_UNIX) as stale:
            stale.bind(self.path("a.sock"))
        done = self.run_it("-c", self.config, "status")
        self.assertEqual(done.exit_code, 3)
        self.assertIn("has ended; start the service", done.output)

    def stranger(self, answer: bytes) -> None:
        """Demand one line instead of a traceback."""
        status, output, _ = self.ask("status", answers=[answer])
        self.assertEqual((status, len(output.splitlines())), (1, 1))
        self.assertIn("the answer is not in version 1 of the protocol", output)

    def test_a_server_of_another_kind(self) -> None:
        """Its answer is no JSON."""
        self.stranger(b"220 hello\n")

    def test_an_answer_that_is_no_object(self) -> None:
        """It is JSON."""
        self.stranger(b"[]\n")

    def test_a_server_of_another_version(self) -> None:
        """Its answer has other fields."""
        self.stranger(b'{"version":2,"reply":{}}\n')

    def test_an_error_of_another_form(self) -> None:
        """It is no object."""
        self.stranger(b'{"error":7}\n')

    def test_no_key(self) -> None:
        """The line shows the key."""
        done = self.run_it("-c", self.write("g.yaml", "listeners: []\n"), "status")
        self.assertEqual(done.exit_code, 3)
        self.assertIn("names no admin socket: add 'admin: {socket:", done.output)

    def test_mistakes_elsewhere(self) -> None:
        """The file that is to be reloaded may have mistakes."""
        self.write("f.yaml", "limits: {sesions: 5}\nadmin: {socket: a.sock, mod: 1}\n")
        status, _, asked = self.ask("status", answers=[result(STATUS)])
        self.assertEqual((status, asked), (0, [{"verb": "status"}]))

    def test_a_variable_of_the_environment(self) -> None:
        """As everywhere in the file."""
        self.write("f.yaml", "admin: {socket: '${NOT_SET_ANYWHERE:-a}.sock'}\n")
        self.assertEqual(self.ask("status", answers=[result(STATUS)])[0], 0)

    def test_no_yaml(self) -> None:
        """The mistake is told with its line, and another way."""
        done = self.run_it("-c", self.write("g.yaml", "a: [\n"), "reload")
        self.assertEqual(done.exit_code, 1)
        self.assertIn("g.yaml:2", done.output)
        self.assertIn("--socket PATH", done.output)

    def test_a_path_on_the_command_line(self) -> None:
        """The file is not read."""
        words = ("--socket", self.path("a.sock"), "status")
        self.config = self.path("none.yaml")
        self.assertEqual(self.ask(*words, answers=[result(STATUS)])[0], 0)

    def test_a_service_that_closes_the_connection(self) -> None:
        """That is status 3, too."""
        status, told, _ = self.ask("status", answers=[b""])
        self.assertEqual(status, 3)
        self.assertIn("has ended, or has closed the connection", told)

    def test_a_refusal(self) -> None:
        """Status 1; text of the service cannot steer the terminal."""
        status, told, _ = self.ask("status", answers=[error("no \x1b[2J")])
        self.assertEqual((status, told), (1, "Error: no \\x1b[2J\n"))

    def test_another_version(self) -> None:
        """The line says which command to use."""
        _, told, _ = self.ask("status", answers=[error("this service speaks version 2", "version")])
        self.assertIn("use the ftpd-service of its own installation", told)

    def test_no_traceback(self) -> None:
        """A folder in place of the socket is a line."""
        os.mkdir(self.path("a.sock"))
        done = self.run_it("-c", self.config, "status")
        self.assertEqual((done.exit_code, len(done.output.splitlines())), (3, 1))


class StatusTests(AnsweringCase):
    """``status``."""

    def test_json(self) -> None:
        """The service's own object."""
        _, told, _ = self.ask("status", "--json", answers=[result(STATUS)])
        self.assertEqual(json.loads(told), STATUS)
        self.assertNotIn("\x1b", told)

    def test_text(self) -> None:
        """A line for each part."""
        _, told, _ = self.ask("status", answers=[result(STATUS)])
        expected = [
            "ftpd-service 1.0, process 7: serving for 1 h 1 min",
            "12 sessions, 3 transfers",
            "reactor: 1.2 ms late, 50.0 ms at worst in the last seconds",
            "threads for files: 3 of 16 busy, 2 calls wait, the oldest for 1.2 s",
            "unsound: it is \\x1b[31mlate",
        ]
        self.assertEqual(told.splitlines(), expected)


class ReloadTests(AnsweringCase):
    """``reload`` and ``drain``."""

    def reload(self, *words: str, differences: tuple[str, ...] = (), mistakes: tuple[str, ...] = ()) -> tuple[int, str]:
        """Reload with this outcome; the status and the output."""
        told = {"applied": not mistakes, "differences": differences, "mistakes": mistakes}
        status, output, asked = self.ask("reload", *words, answers=[result(told)])
        self.assertEqual(asked, [{"verb": "reload", "dry_run": "--dry-run" in words}])
        return status, output

    def test_differences(self) -> None:
        """A line each."""
        self.assertEqual(self.reload(differences=("a is 1, was 2", "b changed")), (0, "a is 1, was 2\nb changed\n"))

    def test_no_differences(self) -> None:
        """The operator learns that the file says the same as before."""
        self.assertEqual(self.reload(), (0, "no differences\n"))

    def test_mistakes(self) -> None:
        """Status 1."""
        self.assertEqual(self.reload(mistakes=("f.yaml:3: x: unknown key",)), (1, "f.yaml:3: x: unknown key\n"))

    def test_a_dry_run(self) -> None:
        """The service is told so."""
        self.assertEqual(self.reload("--dry-run", differences=("a changed",)), (0, "a changed\n"))

    def test_mistakes_as_json(self) -> None:
        """The object has them, and the status is 1."""
        status, told = self.reload("--json", mistakes=("wrong",))
        self.assertEqual((status, json.loads(told)["mistakes"]), (1, ["wrong"]))

    def test_a_drain(self) -> None:
        """The rest is told."""
        status, told, asked = self.ask("drain", answers=[result({"sessions": 3, "transfers": 1})])
        self.assertEqual((status, told), (0, "draining: 3 sessions, 1 transfers\n"))
        self.assertEqual(asked, [{"verb": "drain", "keep_listening": False}])

    def test_a_drain_that_listens(self) -> None:
        """The service is told so."""
        _, _, asked = self.ask("drain", "--keep-listening", answers=[result({"sessions": 0, "transfers": 0})])
        self.assertEqual(asked, [{"verb": "drain", "keep_listening": True}])

    def test_an_upgrade(self) -> None:
        """The way to the sessions of the former process is told."""
        status, told, asked = self.ask("upgrade", answers=[result({"pid": 8, "former_pid": 7, "sessions": 2})])
        self.assertEqual((status, asked), (0, [{"verb": "upgrade"}]))
        self.assertEqual(
            told.splitlines(),
            [
                "process 8 serves",
                f"process 7 has 2 sessions, and ends after them: ftpd-service --socket {self.folder}/a.sock.7 sessions",
            ],
        )

    def test_an_upgrade_that_fails(self) -> None:
        """Status 1 and the reason."""
        status, told, _ = self.ask("upgrade", answers=[error("the new process says nothing")])
        self.assertEqual((status, told), (1, "Error: the new process says nothing\n"))
