"""The action `http` with web services on loopback: requests, answers, kept connections."""

from __future__ import annotations

import hmac
import json
import time
from hashlib import sha256

from twisted.internet.defer import CancelledError, gatherResults
from twisted.web.server import NOT_DONE_YET, Request

from ftpd_service.hooks.action_parts import find_action
from ftpd_service.hooks.event_json import event_json
from ftpd_service.hooks.settings import HttpAction
from ftpd_service.runtime.imported import PluginProblem
from tests.integration.hooking import EVENT, action_parts
from tests.integration.webhook_case import WebhookCase


class RequestTests(WebhookCase):
    """The request of an event."""

    async def test_request(self) -> None:
        """The event's JSON is posted to the URL, with headers for those who look at nothing else."""
        await self.plain().run(EVENT, 3)
        ((uri, headers, body),) = self.logins.asked
        self.assertEqual((uri, body), (b"/in?from=ftp", event_json(EVENT, 3)))
        self.assertEqual(headers[b"content-type"], b"application/json")
        self.assertEqual((headers[b"ftpd-event"], headers[b"idempotency-key"]), (b"uploaded", b'"0123abc"'))
        self.assertNotIn(b"ftpd-signature", headers)

    async def test_text_of_a_client(self) -> None:
        """A path with CR LF stands in no header, and forges no field."""
        await self.plain().run(EVENT, 1)
        ((_, headers, body),) = self.logins.asked
        self.assertNotIn(b"x-forged", headers)
        self.assertEqual(json.loads(body)["path"], '/in/ä\\xff\r\nX-Forged: 1"')

    async def test_signature(self) -> None:
        """It is that of the time, a dot and the body, by the first line of the file."""
        began = int(time.time())
        await self.plain(secret_file=self.written("hunter2\nmore\n")).run(EVENT, 1)
        ((_, headers, body),) = self.logins.asked
        seconds, _, code = headers[b"ftpd-signature"].removeprefix(b"t=").partition(b",v1=")
        expected = hmac.new(b"hunter2", seconds + b"." + body, sha256).hexdigest()
        self.assertEqual(code.decode(), expected)
        self.assertTrue(began <= int(seconds) <= time.time())

    async def test_secret_is_shown_nowhere(self) -> None:
        """Neither in the action's name nor in its settings."""
        found = find_action(HttpAction(url="http://127.0.0.1/secret-path", secret_file=self.written("hunter2")))
        self.assertEqual(found.name, "http:127.0.0.1")
        self.assertNotIn("hunter2", repr(found.settings))

    async def test_changed_secret(self) -> None:
        """Settings with another content of the file are others, so that a reload makes the action anew."""
        path = self.written("hunter2")
        first, same = (find_action(HttpAction(url="http://h/", secret_file=path)).settings for _ in range(2))
        self.write(path, "hunter3")
        other = find_action(HttpAction(url="http://h/", secret_file=path)).settings
        self.assertEqual((first == same, first == other), (True, False))

    async def test_wrong_files(self) -> None:
        """They are found when the action is, and the text names the file."""
        empty = self.written("\n")
        wrong = (
            (empty, HttpAction(url="https://h/", secret_file=empty)),
            ("/missing", HttpAction(url="https://h/", secret_file="/missing")),
            (empty, HttpAction(url="https://h/", authorities=empty)),
        )
        for named, settings in wrong:
            self.assertIn(named, str(self.assertRaises(PluginProblem, find_action, settings)))


class AnswerTests(WebhookCase):
    """Answers, and what they mean for the next try."""

    async def test_success(self) -> None:
        """Every 2xx, whatever its body is."""
        action = self.plain()
        for status in (200, 201, 202, 204):
            self.say(b"" if status == 204 else b"<p>thanks", status)
            await action.run(EVENT, 1)

    async def test_later(self) -> None:
        """A service that is down, or wants fewer requests, is asked again."""
        action = self.plain()
        for status in (302, 303, 307, 408, 421, 425, 429, 500, 501, 502, 503, 504, 599):
            self.say(b"", status)
            failure = await self.failed(action)
            self.assertEqual((failure.final, failure.retry_after), (False, None))
            self.assertIn(str(status), str(failure))

    async def test_final(self) -> None:
        """A wrong URL, a wrong secret and a refused event do not mend themselves."""
        action = self.plain()
        for status in (300, 301, 308, 400, 401, 403, 404, 405, 409, 410, 413, 422):
            self.say(b"", status, retry_after="7")
            failure = await self.failed(action)
            self.assertEqual((failure.final, failure.retry_after), (True, None))

    async def test_retry_after(self) -> None:
        """The service says when."""
        action = self.plain()
        for status in (429, 503):
            self.say(b"", status, retry_after="120")
            self.assertEqual((await self.failed(action)).retry_after, 120.0)

    async def test_redirect(self) -> None:
        """The event goes to no other URL."""
        action = self.plain()
        for status in (301, 302, 307, 308):
            self.say(b"", status, location="/elsewhere")
            self.assertIn("not followed", str(await self.failed(action)))
        self.assertEqual({uri for uri, _, _ in self.logins.asked}, {b"/in?from=ftp"})


class ConnectionTests(WebhookCase):
    """Connections are kept, bounded and ended."""

    async def test_connection_is_kept(self) -> None:
        """For the next event, also after a failure."""
        action = self.plain()
        await action.run(EVENT, 1)
        self.say(b"", 500)
        await self.failed(action)
        await self.failed(action)
        self.assertEqual(self.site.connections, 1)

    async def test_kept_connection_that_dies(self) -> None:
        """The event is sent once more, on a new connection."""
        action = self.plain()
        await action.run(EVENT, 1)
        closed = False

        def closing(request: Request) -> bytes | int:
            nonlocal closed
            if closed:
                return b""
            closed = True
            request.loseConnection()
            return NOT_DONE_YET

        self.logins.answer = closing
        await action.run(EVENT, 1)
        self.assertEqual((self.site.connections, len(self.logins.asked)), (2, 3))

    async def test_no_service(self) -> None:
        """Nobody listens: the next try may succeed."""
        failure = await self.failed(self.webhook("http://127.0.0.1:1/"))
        self.assertFalse(failure.final)
        self.assertIn("refused", str(failure))

    async def test_bound(self) -> None:
        """So many requests to one URL at once, of all its actions together."""
        self.hang()
        parts = action_parts(concurrency=2)
        url = f"http://127.0.0.1:{self.listen()}/"
        one, other = self.webhook(url, parts), self.webhook(url, parts)
        tries = [self.started(action) for action in (one, other, one, other)]
        await self.until_asked(2)
        for _ in range(20):
            await self.turn()
        self.assertEqual(len(self.logins.asked), 2)
        self.say(b"")
        tries[0].cancel()
        tries[1].cancel()
        await gatherResults([self.assertFailure(one, CancelledError) for one in tries[:2]])
        await gatherResults(tries[2:])
        self.assertEqual(len(self.logins.asked), 4)

    async def test_try_that_is_given_up(self) -> None:
        """Its connection ends."""
        self.hang()
        waiting = self.started(self.plain())
        await self.until_asked(1)
        waiting.cancel()
        await self.assertFailure(waiting, CancelledError)
        while not self.logins.left:
            await self.turn()
