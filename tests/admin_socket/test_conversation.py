"""Requests and answers of a connection, and the programs that lose it."""

from __future__ import annotations

import os
import pwd
from collections.abc import Callable

from twisted.internet.defer import Deferred

from ftpd_service.admin_socket import conversation
from ftpd_service.admin_socket.asked import REQUEST_BYTES
from ftpd_service.admin_socket.callers import Caller
from ftpd_service.admin_socket.conversation import BETWEEN_SECONDS, REQUEST_SECONDS, TAKEN_SECONDS
from ftpd_service.admin_socket.desk import MOST_OF_USER, NAME_SECONDS
from ftpd_service.events import Administered
from ftpd_service.interfaces import T
from ftpd_service.running_service import ReloadResult
from tests.admin_socket.desk_case import DeskCase, Program


async def hanging(call: Callable[[], T], /, *, discard: Callable[[T], object] | None = None) -> T:
    """A pool whose calls do not end."""
    waiting: Deferred[T] = Deferred()
    return await waiting


class RequestTests(DeskCase):
    """Lines that are requests."""

    def test_several_requests_on_a_connection(self) -> None:
        """The connection stays open after an answer."""
        program = Program(self)
        self.assertEqual(program.result("sessions"), [])
        self.assertEqual(program.result("status")["state"], "serving")
        self.assertFalse(program.closed)

    def test_a_line_in_pieces(self) -> None:
        """It counts with its line end."""
        program = Program(self)
        program.send(b'{"version": 1, "ver')
        self.assertEqual(program.lines(), [])
        program.send(b'b": "sessions"}\n')
        self.assertEqual(program.lines(), [{"version": 1, "result": []}])

    def test_requests_behind_each_other(self) -> None:
        """Each gets its answer, in their order."""
        program = Program(self)
        program.send(b'{"version": 1, "verb": "sessions"}\n{"version": 1, "verb": "kick", "id": "s9"}\n')
        first, second = program.lines()
        self.assertEqual((first["result"], second["error"]["code"]), ([], "refused"))

    def test_a_refused_request_leaves_the_connection_open(self) -> None:
        """It was understood."""
        program = Program(self)
        self.assertEqual(program.refusal("kick", id="s9"), "refused: there is no such session")
        self.assertFalse(program.closed)

    def test_a_program_that_closes_its_side_gets_its_answer(self) -> None:
        """As programs that send a file to a socket do."""
        self.service.result = None
        program = Program(self)
        program.send(b'{"version": 1, "verb": "reload"}\n')
        program.conversation.readConnectionLost()
        self.service.reloading.callback(ReloadResult(applied=True))
        self.assertTrue(program.lines()[0]["result"]["applied"])
        self.assertTrue(program.closed)

    def test_a_program_that_leaves_during_a_request(self) -> None:
        """The request goes on, and its answer is dropped."""
        self.service.result = None
        program = Program(self)
        program.send(b'{"version": 1, "verb": "reload"}\n')
        program.leave()
        self.service.reloading.callback(ReloadResult(applied=True))
        self.assertEqual(self.told(), ["reload done"])


class BadInputTests(DeskCase):
    """Input that ends the connection, with an error and without an effect on others."""

    def refused(self, data: bytes) -> str:
        """Send bytes, and return the code of the error."""
        program = Program(self)
        program.send(data)
        (line,) = program.lines()
        self.assertTrue(program.closed)
        return str(line["error"]["code"])

    def test_no_json(self) -> None:
        """Not even that."""
        self.assertEqual(self.refused(b"status\n"), "no-json")

    def test_no_utf_8(self) -> None:
        """Bytes that are no text."""
        self.assertEqual(self.refused(b'{"version": 1, "verb": "\xff"}\n'), "no-json")

    def test_no_object(self) -> None:
        """A list, for example."""
        self.assertEqual(self.refused(b"[1]\n"), "no-json")

    def test_deep_nesting(self) -> None:
        """The parser of Python gives up."""
        self.assertEqual(self.refused(b"[" * 60000 + b"\n"), "no-json")

    def test_a_number_without_end(self) -> None:
        """Python refuses numbers of thousands of digits."""
        self.assertEqual(self.refused(b'{"version": ' + b"1" * 60000 + b"}\n"), "no-json")

    def test_another_version(self) -> None:
        """A later one may mean something else."""
        self.assertEqual(self.refused(b'{"version": 2, "verb": "status"}\n'), "version")

    def test_no_version(self) -> None:
        """It is never left out."""
        self.assertEqual(self.refused(b'{"verb": "status"}\n'), "version")

    def test_true_is_no_version(self) -> None:
        """Though it equals 1 in Python."""
        self.assertEqual(self.refused(b'{"version": true, "verb": "status"}\n'), "version")

    def test_an_unknown_verb(self) -> None:
        """The error lists the others."""
        self.assertEqual(self.refused(b'{"version": 1, "verb": "shutdown"}\n'), "unknown-verb")

    def test_a_verb_that_is_no_text(self) -> None:
        """A list cannot be looked up."""
        self.assertEqual(self.refused(b'{"version": 1, "verb": []}\n'), "no-verb")

    def test_an_unknown_argument(self) -> None:
        """No argument is ignored."""
        self.assertEqual(self.refused(b'{"version": 1, "verb": "status", "all": true}\n'), "bad-argument")

    def test_an_argument_of_another_kind(self) -> None:
        """A number is no id."""
        self.assertEqual(self.refused(b'{"version": 1, "verb": "kick", "id": 7}\n'), "bad-argument")

    def test_a_line_without_an_end(self) -> None:
        """The bytes that are kept have a bound, and reading stops there."""
        program = Program(self)
        program.send(b"a" * (REQUEST_BYTES - 1))
        self.assertEqual(program.lines(), [])
        program.send(b"a" * 65536)
        self.assertEqual(program.lines()[0]["error"]["code"], "too-long")
        self.assertTrue(program.closed)

    def test_the_longest_line(self) -> None:
        """A line of the bound, its end included, is read."""
        program = Program(self)
        request = b'{"version": 1, "verb": "sessions"}'
        program.send(request.ljust(REQUEST_BYTES - 1) + b"\n")
        self.assertEqual(program.lines()[0]["result"], [])

    def test_an_end_within_a_line(self) -> None:
        """The line is not carried out."""
        program = Program(self)
        program.send(b'{"version": 1, "verb": "drain"}')
        program.conversation.readConnectionLost()
        self.assertEqual(program.lines()[0]["error"]["code"], "no-line")
        self.assertEqual(self.service.asked, [])

    def test_requests_that_come_while_one_is_carried_out(self) -> None:
        """No more than a line is kept: reading stops until the answer."""
        self.service.result = None
        program = Program(self)
        program.send(b'{"version": 1, "verb": "reload"}\n')
        program.send(b" " * (REQUEST_BYTES + 1))
        self.assertEqual(program.transport.producerState, "paused")


class FaultTests(DeskCase):
    """A fault of the program itself."""

    def test_it_is_told(self) -> None:
        """The program gets an error without its text, and the log gets the traceback."""
        self.service.reloading.errback(ValueError("secret"))
        self.service.result = None
        program = Program(self)
        self.assertEqual(program.ask("reload")["error"]["code"], "fault")
        self.assertNotIn(b"secret", program.transport.value())
        self.assertTrue(program.closed)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)


class TimeTests(DeskCase):
    """The time that a program has."""

    def test_nothing_comes(self) -> None:
        """A connection without a request ends."""
        program = Program(self)
        self.clock.advance(REQUEST_SECONDS)
        self.assertEqual(program.lines()[0]["error"]["code"], "too-slow")
        self.assertTrue(program.closed)

    def test_a_line_in_drops(self) -> None:
        """A byte now and then does not renew the time."""
        program = Program(self)
        program.send(b"{")
        self.clock.advance(REQUEST_SECONDS / 2)
        program.send(b'"')
        self.clock.advance(REQUEST_SECONDS / 2)
        self.assertTrue(program.closed)

    def test_a_pause_between_requests(self) -> None:
        """A program that asks again and again may take its time."""
        program = Program(self)
        program.result("status")
        self.clock.advance(BETWEEN_SECONDS - 1)
        program.result("status")
        self.clock.advance(BETWEEN_SECONDS)
        self.assertTrue(program.closed)

    def test_a_line_in_drops_after_an_answer(self) -> None:
        """The rest of a line has the time of a first line."""
        program = Program(self)
        program.result("status")
        program.send(b"{")
        self.clock.advance(REQUEST_SECONDS)
        self.assertTrue(program.closed)

    def test_a_program_that_takes_nothing(self) -> None:
        """It loses the connection; the service has written no more than what fits."""
        self.add()
        program = Program(self)
        program.take_nothing()
        program.send(b'{"version": 1, "verb": "sessions"}\n')
        self.clock.advance(TAKEN_SECONDS - 1)
        self.assertFalse(program.closed)
        self.clock.advance(1)
        self.assertTrue(program.transport.aborted)

    def test_a_program_that_takes_late(self) -> None:
        """It gets the rest."""
        self.add()
        program = Program(self)
        program.take_nothing()
        program.send(b'{"version": 1, "verb": "sessions"}\n')
        self.clock.advance(TAKEN_SECONDS - 1)
        program.take()
        self.assertEqual(len(program.lines()[0]["result"]), 1)

    def test_a_program_that_does_not_take_the_last_bytes(self) -> None:
        """The connection ends all the same."""
        program = Program(self)
        program.send(b"x\n")
        self.clock.advance(TAKEN_SECONDS)
        self.assertTrue(program.transport.aborted)


class CallerTests(DeskCase):
    """The users that may ask, and how many connections each may have."""

    def test_another_user(self) -> None:
        """The kernel says who asks; root asks here, so the rule is tested by itself."""
        program = Program(self)
        caller = program.conversation.caller
        self.assertTrue(caller.may_ask(None))
        stranger = type(caller)(process_id=1, user_id=caller.user_id + 1, group_ids=frozenset({7}))
        self.assertEqual([stranger.may_ask(group) for group in (None, 6, 7)], [False, False, True])

    def test_a_user_without_rights_is_refused(self) -> None:
        """The connection ends, and the log tells of the user once."""
        stranger = Caller(process_id=7, user_id=os.geteuid() + 1, group_ids=frozenset({1}))
        self.group_id = 2
        self.patch(conversation, "caller_at", lambda connected: stranger)
        programs = [Program(self), Program(self)]
        self.assertEqual([one.lines()[0]["error"]["code"] for one in programs], ["forbidden", "forbidden"])
        self.assertEqual([one.closed for one in programs], [True, True])
        self.assertEqual(self.told(), ["connect refused: no right to ask"])

    def test_the_log_has_the_user_and_the_process(self) -> None:
        """With the name of the user."""
        Program(self).result("drain")
        name = pwd.getpwuid(os.geteuid()).pw_name
        (event,) = self.recorder.of(Administered)
        self.assertEqual(event.who, f"{name} (uid {os.geteuid()}), pid {os.getpid()}")

    def test_a_directory_of_users_that_hangs(self) -> None:
        """The log has the number alone, and the answer comes all the same."""
        self.blocking = hanging
        program = Program(self)
        program.send(b'{"version": 1, "verb": "drain"}\n')
        self.clock.advance(NAME_SECONDS)
        self.assertEqual(program.lines()[0]["result"]["state"], "draining")
        self.assertEqual(self.recorder.of(Administered)[0].who, f"uid {os.geteuid()}, pid {os.getpid()}")

    def test_the_connections_of_a_user_are_bounded(self) -> None:
        """A further connection is refused, and one that ends makes room."""
        programs = [Program(self) for _ in range(MOST_OF_USER)]
        refused = Program(self)
        self.assertEqual(refused.lines()[0]["error"]["code"], "too-many")
        refused.leave()
        programs[0].leave()
        self.assertEqual(Program(self).result("sessions"), [])

    def test_the_end_of_the_service(self) -> None:
        """Idle connections end, and a request that is carried out is answered first."""
        self.service.result = None
        idle, busy = Program(self), Program(self)
        busy.send(b'{"version": 1, "verb": "reload"}\n')
        closing = self.desk.close()
        closing.send(None)
        self.assertEqual((idle.lines(), idle.closed, busy.closed), ([], True, False))
        self.service.reloading.callback(ReloadResult(applied=True))
        self.assertEqual((len(busy.lines()), busy.closed), (1, True))
        closing.close()
