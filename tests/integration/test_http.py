"""The checker `http` with a web service on loopback: requests, answers, connections, TLS."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from twisted.cred.error import UnauthorizedLogin
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.posixbase import PosixReactorBase
from twisted.web.server import NOT_DONE_YET, Request

from ftpd_service.account import AccountSettings
from ftpd_service.auth.checkers.http import HttpAsking
from ftpd_service.auth.credentials import Accepted, HeldName, SessionCredentials
from ftpd_service.auth.plugins import find_checker
from ftpd_service.auth.settings import HttpChecker
from ftpd_service.errors import LoginUnavailable
from ftpd_service.web.web_service import LARGEST_ANSWER_BYTES
from tests.auth.making import parts_with
from tests.auth.strangers import PEER
from tests.integration.web import WebCase


class HttpCase(WebCase):
    """Checkers of the service."""

    def checker(self, url: str, **more: Any) -> HttpAsking:  # Any: the fields of the settings
        """A checker of a URL."""
        found = find_checker(HttpChecker(url=url, **more))
        checker = found.make(replace(parts_with(), reactor=cast(PosixReactorBase, reactor)))
        assert isinstance(checker, HttpAsking)
        self.addCleanup(checker.end)
        return checker

    def plain(self, **more: Any) -> HttpAsking:  # Any: as above
        """A checker of the service without TLS."""
        return self.checker(f"http://127.0.0.1:{self.listen()}/logins?from=ftp", **more)

    def written(self, text: str) -> str:
        """The path of a new file."""
        path = str(self.mktemp())
        Path(path).write_text(text)
        return path

    def asking(self, checker: HttpAsking, password: bytes = b"hunter2") -> Deferred[Any]:  # Any: see `refused`
        """One login."""
        credentials = SessionCredentials(username=b"alice", password=password, peer=PEER, session="s7")
        return checker.requestAvatarId(credentials)

    async def refused(self, kind: type[Exception], checker: HttpAsking) -> str:
        """The text of the refusal of a login."""
        return str(await self.assertFailure(self.asking(checker), kind))


class AnswerTests(HttpCase):
    """Requests and their answers."""

    async def test_request(self) -> None:
        """The fields of the protocol of programs, posted as JSON to the URL."""
        self.assertEqual(await self.asking(self.plain()), b"alice")
        ((uri, headers, body),) = self.logins.asked
        expected = {"user": "alice", "password": "hunter2", "address": "192.0.2.1", "tls": True, "session": "s7"}
        self.assertEqual((uri, json.loads(body)), (b"/logins?from=ftp", expected))
        self.assertEqual(headers[b"content-type"], b"application/json")

    async def test_headers_of_the_file(self) -> None:
        """Each request has them, in place of our own."""
        path = self.written("Authorization: Bearer s3cret\n\nUser-Agent: x\n")
        await self.asking(self.plain(headers_file=path))
        _, headers, _ = self.logins.asked[0]
        self.assertEqual((headers[b"authorization"], headers[b"user-agent"]), (b"Bearer s3cret", b"x"))

    async def test_settings(self) -> None:
        """They become those of the account, and its name may be another."""
        self.say(b'{"accept": true, "user": "al", "home": "/srv/al", "group": "staff"}')
        answer = await self.asking(self.plain())
        assert isinstance(answer, Accepted)
        self.assertEqual((answer, answer.settings), (b"al", AccountSettings(home="/srv/al", group="staff")))

    async def test_refused(self) -> None:
        """By the answer, or by the status."""
        checker = self.plain()
        self.say(b'{"accept": false}')
        await self.refused(HeldName, checker)
        for status in (401, 403):
            self.say(b"<h1>no</h1>", status)
            await self.refused(HeldName, checker)

    async def test_not_its_name(self) -> None:
        """The next checker is asked."""
        self.say(b'{"accept": null}')
        error = await self.assertFailure(self.asking(self.plain()), UnauthorizedLogin)
        self.assertNotIsInstance(error, HeldName)

    async def test_other_status(self) -> None:
        """A wrong URL or a broken service says nothing about a password."""
        checker = self.plain()
        for status in (201, 204, 400, 404, 429, 500, 502, 503):
            self.say(b'{"accept": false}' if status != 204 else b"", status)
            self.assertIn(str(status), await self.refused(LoginUnavailable, checker))

    async def test_redirect(self) -> None:
        """The password goes to no other URL."""
        checker = self.plain()
        for status in (301, 302, 303, 307, 308):
            self.say(b"", status, location="/elsewhere")
            self.assertIn("not followed", await self.refused(LoginUnavailable, checker))
        self.assertEqual({uri for uri, _, _ in self.logins.asked}, {b"/logins?from=ftp"})

    async def test_nonsense(self) -> None:
        """It is no answer."""
        checker = self.plain()
        for body in (b"", b"yes", b"[]", b"{}", b'{"accept": 1}', b'{"accept": "true"}', b"[" * 50000, b"\xff"):
            self.say(body)
            self.assertIn("answer is wrong", await self.refused(LoginUnavailable, checker))

    async def test_wrong_settings(self) -> None:
        """The log names the key."""
        self.say(b'{"accept": true, "permissions": "everything"}')
        self.assertIn("permissions", await self.refused(LoginUnavailable, self.plain()))

    async def test_largest_answer(self) -> None:
        """One byte more is refused."""
        checker = self.plain()
        whole = b'{"accept": true}'.ljust(LARGEST_ANSWER_BYTES)
        self.say(whole)
        self.assertEqual(await self.asking(checker), b"alice")
        self.say(whole + b" ")
        self.assertIn("too large", await self.refused(LoginUnavailable, checker))

    async def test_packed_answer(self) -> None:
        """It is not asked for, and not unpacked, as a small one may hold a large one."""
        self.say(gzip.compress(b'{"accept": true}'), content_encoding="gzip")
        await self.refused(LoginUnavailable, self.plain())
        self.assertNotIn(b"accept-encoding", self.logins.asked[0][1])

    async def test_answer_that_is_cut_short(self) -> None:
        """It is none, although it begins well."""

        def cut(request: Request) -> int:
            request.setHeader("content-length", "100")
            request.write(b'{"accept": true}')
            request.loseConnection()
            return NOT_DONE_YET

        self.logins.answer = cut
        self.assertIn("cut short", await self.refused(LoginUnavailable, self.plain()))

    async def test_cookies(self) -> None:
        """Nothing of an answer is sent with another login."""
        checker = self.plain()
        self.say(b'{"accept": true}', set_cookie="session=1; Path=/")
        await self.asking(checker)
        await self.asking(checker)
        self.assertNotIn(b"cookie", self.logins.asked[1][1])


class ConnectionTests(HttpCase):
    """Connections are kept, bounded and closed."""

    async def test_connection_is_kept(self) -> None:
        """For the next login, whatever the answer was."""
        checker = self.plain()
        await self.asking(checker)
        self.say(b"no", 403)
        await self.refused(HeldName, checker)
        await self.refused(HeldName, checker)
        self.assertEqual(self.site.connections, 1)

    async def test_kept_connection_that_the_service_has_closed(self) -> None:
        """The login is sent once more, on a new one."""
        checker = self.plain()
        first = True

        def closing(request: Request) -> bytes | int:
            nonlocal first
            if first or len(self.logins.asked) > 2:
                first = False
                return b'{"accept": true}'
            request.loseConnection()
            return NOT_DONE_YET

        self.logins.answer = closing
        await self.asking(checker)
        self.assertEqual(await self.asking(checker), b"alice")
        self.assertEqual((self.site.connections, len(self.logins.asked)), (2, 3))

    async def test_service_that_always_closes(self) -> None:
        """It is asked twice, and not for ever."""

        def closing(request: Request) -> int:
            request.loseConnection()
            return NOT_DONE_YET

        self.logins.answer = closing
        await self.refused(LoginUnavailable, self.plain())
        self.assertEqual(len(self.logins.asked), 2)

    async def test_no_service(self) -> None:
        """Nobody listens."""
        self.assertIn("refused", await self.refused(LoginUnavailable, self.checker("http://127.0.0.1:1/")))

    async def test_bound(self) -> None:
        """Logins beyond it wait for their turn; a host gets half."""
        self.hang()
        checker = self.plain(connections=4)
        waiting = [self.asking(checker, b"%d" % number) for number in range(6)]
        while len(self.logins.asked) < 2:
            await self.turn()
        self.assertEqual(self.site.connections, 2)
        await cast(Deferred[None], checker.end())  # a Deferred by `deferred`
        for one in waiting:
            await self.assertFailure(one, LoginUnavailable)

    async def test_login_that_is_given_up(self) -> None:
        """Its connection is closed, and it is not sent again."""
        self.hang()
        checker = self.plain()
        waiting = self.asking(checker)
        while not self.logins.asked:
            await self.turn()
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)
        while not self.logins.left:
            await self.turn()
        self.assertEqual(len(self.logins.asked), 1)

    async def test_login_that_is_given_up_in_the_middle_of_its_answer(self) -> None:
        """Likewise."""

        def begin(request: Request) -> int:
            request.write(b'{"accept": true')
            return NOT_DONE_YET

        self.logins.answer = begin
        waiting = self.asking(self.plain())
        while not self.logins.asked:
            await self.turn()
        for _ in range(20):
            await self.turn()
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)
        while not self.logins.left:
            await self.turn()

    async def turn(self) -> None:
        """Let the reactor turn once."""
        turned: Deferred[None] = Deferred()
        cast(PosixReactorBase, reactor).callLater(0, turned.callback, None)
        await turned


class TlsTests(HttpCase):
    """Connections with TLS."""

    async def test_certificate_of_the_authorities(self) -> None:
        """It names the host."""
        port, path = self.listen_tls()
        self.assertEqual(await self.asking(self.checker(f"https://localhost:{port}/", authorities=path)), b"alice")

    async def test_certificate_for_another_name(self) -> None:
        """No password is sent."""
        port, path = self.listen_tls()
        checker = self.checker(f"https://127.0.0.1:{port}/", authorities=path)
        self.assertIn("certificate", await self.refused(LoginUnavailable, checker))
        self.assertEqual(self.logins.asked, [])

    async def test_certificate_of_an_unknown_authority(self) -> None:
        """Likewise."""
        port, _ = self.listen_tls()
        checker = self.checker(f"https://localhost:{port}/")
        self.assertIn("certificate", await self.refused(LoginUnavailable, checker))
        self.assertEqual(self.logins.asked, [])
