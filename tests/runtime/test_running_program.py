"""Programs beside the server, with real processes."""

from __future__ import annotations

import os
import select
import signal

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.posixbase import PosixReactorBase

from ftpd_service.runtime.running_program import LONGEST_OUTPUT_LINE, LONGEST_TOLD_LINE, RunningProgram
from tests.cases import TestCase


class ProgramTests(TestCase):
    """`RunningProgram`; programs are written in sh."""

    def setUp(self) -> None:
        self.told: list[bytes] = []
        self.lines: list[bytes] = []
        self.waiting: list[tuple[int, Deferred[None]]] = []
        self.ended: Deferred[str] = Deferred()
        self.over: Deferred[None] = Deferred()

    def start(self, script: str, **environment: str) -> RunningProgram:
        """Run a script."""
        assert isinstance(reactor, PosixReactorBase)
        program = RunningProgram(
            ("sh", "-c", script),
            {"PATH": os.environ["PATH"], **environment},
            reactor,
            line=self.take,
            told=self.told.append,
            ended=self.end,
        )
        self.addCleanup(self.finish, program)
        return program

    def end(self, reason: str) -> None:
        """Take the end."""
        self.over.callback(None)
        self.ended.callback(reason)

    def finish(self, program: RunningProgram) -> Deferred[None]:
        """End a program, and wait for that."""
        program.end("the test is over")
        return self.over

    def take(self, line: bytes) -> None:
        """Keep a line, and wake a test that waits for so many."""
        self.lines.append(line)
        for count, waiter in self.waiting:
            if count == len(self.lines):
                waiter.callback(None)

    def arrived(self, count: int) -> Deferred[None]:
        """Wait for so many lines."""
        waiter: Deferred[None] = Deferred()
        if len(self.lines) >= count:
            waiter.callback(None)
        else:
            self.waiting.append((count, waiter))
        return waiter

    def gone(self, process: int) -> bool:
        """Wait for the end of a process that was killed."""
        try:
            descriptor = os.pidfd_open(process)
        except ProcessLookupError:
            return True
        try:
            return bool(select.select([descriptor], [], [], 30.0)[0])
        finally:
            os.close(descriptor)

    async def test_lines_go_both_ways(self) -> None:
        """Without their ends."""
        program = self.start("while read line; do echo got $line; done")
        program.write(b"one")
        program.write(b"two")
        await self.arrived(2)
        self.assertEqual(self.lines, [b"got one", b"got two"])

    async def test_last_output_before_the_exit_is_read(self) -> None:
        """However soon the exit follows."""
        self.start("echo answer; exit 3")
        self.assertEqual(await self.ended, "it exited with status 3")
        self.assertEqual(self.lines, [b"answer"])

    async def test_standard_error(self) -> None:
        """By line, the last without an end too."""
        self.start("echo one >&2; printf two >&2")
        self.assertEqual(await self.ended, "it exited with status 0")
        self.assertEqual(self.told, [b"one", b"two"])

    async def test_long_line_of_standard_error(self) -> None:
        """It is cut off."""
        self.start("head -c 100000 /dev/zero >&2; echo >&2")
        await self.ended
        self.assertEqual(self.told, [b"\0" * LONGEST_TOLD_LINE])

    async def test_long_line_of_output_ends_it(self) -> None:
        """It would fill the memory."""
        self.start("cat /dev/zero")
        self.assertIn(str(LONGEST_OUTPUT_LINE), await self.ended)
        self.assertEqual(self.lines, [])

    async def test_killed_by_a_signal(self) -> None:
        """The reason says so."""
        self.start("kill -SEGV $$")
        self.assertEqual(await self.ended, f"it was killed by signal {signal.SIGSEGV.value}")

    async def test_missing_program(self) -> None:
        """The shell's status says so, and its words are told."""
        assert isinstance(reactor, PosixReactorBase)
        RunningProgram(
            ("/no/such/program",),
            {"PATH": os.environ["PATH"]},
            reactor,
            line=self.take,
            told=self.told.append,
            ended=self.ended.callback,
        )
        self.assertEqual(await self.ended, "it exited with status 127")
        self.assertIn(b"/no/such/program", self.told[0])

    async def test_it_has_a_session_and_a_group_of_its_own(self) -> None:
        """A signal for the server's group does not reach it."""
        self.start("echo $$; sleep 60")
        await self.arrived(1)
        pid = int(self.lines[0])
        self.assertEqual((os.getpgid(pid), os.getsid(pid)), (pid, pid))

    async def test_small_environment(self) -> None:
        """The variables that it is given, and those that the shell makes."""
        self.patch(os, "environ", {**os.environ, "FTPD_SECRET": "s3cret-pw"})
        self.start("env", LANG="C.UTF-8")
        await self.ended
        names = {line.partition(b"=")[0] for line in self.lines}
        self.assertEqual(names - {b"PWD", b"OLDPWD", b"SHLVL", b"_"}, {b"PATH", b"LANG"})

    async def test_working_directory(self) -> None:
        """The root: no mount is held."""
        self.start("pwd")
        await self.ended
        self.assertEqual(self.lines, [b"/"])

    async def test_no_descriptor_of_the_server(self) -> None:
        """Not even one that programs would inherit."""
        here = os.open("/", os.O_RDONLY)
        self.addCleanup(os.close, here)
        os.set_inheritable(here, True)
        self.start("ls /proc/self/fd")
        await self.ended
        # ls has opened the directory itself, as the next number.
        self.assertEqual(self.lines, [b"0", b"1", b"2", b"3"])

    async def test_end_of_the_input(self) -> None:
        """Behind all that was written."""
        program = self.start("cat; echo end")
        program.write(b"line")
        program.close_input()
        await self.ended
        self.assertEqual(self.lines, [b"line", b"end"])

    async def test_end_ends_all_that_it_has_started(self) -> None:
        """By SIGTERM, and with the reason that was given."""
        program = self.start("sleep 60 & echo $!; wait")
        await self.arrived(1)
        program.end("enough")
        program.end("again")
        self.assertEqual(await self.ended, "enough")
        self.assertTrue(self.gone(int(self.lines[0])))

    async def test_end_kills_a_program_that_ignores_sigterm(self) -> None:
        """After a while, with all that it has started."""
        program = self.start("trap '' TERM; (trap '' TERM; sleep 60) & echo $!; wait; sleep 60")
        await self.arrived(1)
        program.end("enough")
        self.assertEqual(await self.ended, "enough")
        self.assertTrue(self.gone(int(self.lines[0])))

    async def test_end_ends_a_process_that_has_left_the_group(self) -> None:
        """As the scripts of pam_exec do."""
        program = self.start("setsid sh -c 'echo $$; sleep 60' & wait")
        await self.arrived(1)
        program.end("enough")
        await self.ended
        self.assertTrue(self.gone(int(self.lines[0])))

    async def test_what_it_leaves_behind_is_killed(self) -> None:
        """When it exits by itself."""
        self.start("sleep 60 & echo $!")
        await self.ended
        self.assertTrue(self.gone(int(self.lines[0])))

    async def test_a_process_that_left_the_group_does_not_hold_the_end(self) -> None:
        """It holds the pipes, which are closed after a while."""
        self.start("setsid sleep 60 & echo $!")
        self.assertEqual(await self.ended, "it exited with status 0")
        os.kill(int(self.lines[0]), signal.SIGKILL)
