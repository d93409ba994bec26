"""The action `http` with services that behave badly, names that lead to this host, and TLS."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from twisted.web.server import NOT_DONE_YET, Request

from ftpd_service.hook_interfaces import IAction
from tests.integration.hooking import EVENT, action_parts
from tests.integration.hostile_web import HostileConnection, hostile_server
from tests.integration.webhook_case import WebhookCase


class HostileTests(WebhookCase):
    """Servers that behave badly hold neither memory nor a connection for longer than a try."""

    async def outcome(self, behave: Any, *, timeout: float = 30.0) -> str:  # Any: see `hostile_server`
        """The text of a failed try, after which the connection has ended."""
        port, server = hostile_server(self, behave)
        failure = await self.failed(self.webhook(f"http://127.0.0.1:{port}/", timeout_seconds=timeout))
        await server.end
        self.assertFalse(failure.final)
        return str(failure)

    async def test_slow_drip_of_a_head(self) -> None:
        """The time is that of the whole try."""

        def drip(connection: HostileConnection) -> None:
            connection.send(b"HTTP/1.1 200 OK\r\n")
            connection.pour(b"X: 1\r\n", 0.01)

        self.assertEqual(await self.outcome(drip, timeout=0.1), "no answer within 0.1 s")

    async def test_slow_drip_of_a_body(self) -> None:
        """Likewise."""

        def drip(connection: HostileConnection) -> None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
            connection.pour(b"x", 0.01)

        self.assertEqual(await self.outcome(drip, timeout=0.1), "no answer within 0.1 s")

    async def test_endless_head(self) -> None:
        """It is cut off, and the event is not sent again at once."""

        def endless(connection: HostileConnection) -> None:
            connection.send(b"HTTP/1.1 200 OK\r\n")
            connection.pour(b"X-%d: 1\r\n" % 7 * 1000)

        self.assertEqual(await self.outcome(endless), "the answer is too large")

    async def test_endless_informational_answers(self) -> None:
        """Likewise."""

        def endless(connection: HostileConnection) -> None:
            connection.pour(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000)

        self.assertEqual(await self.outcome(endless), "the answer is too large")

    async def test_endless_body(self) -> None:
        """Likewise."""

        def endless(connection: HostileConnection) -> None:
            connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
            connection.pour(b"x" * 10000)

        self.assertEqual(await self.outcome(endless), "the answer is too large")

    async def test_many_requests_of_a_connection(self) -> None:
        """The bound is that of a request: a kept connection serves more bytes than it."""
        self.say(b"x" * 60000)
        action = self.plain()
        for _ in range(6):
            await action.run(EVENT, 1)
        self.assertEqual(self.site.connections, 1)

    async def test_early_end(self) -> None:
        """An answer that was cut short is none."""

        def cut(connection: HostileConnection) -> None:
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nxx")
            connection.end()

        self.assertEqual(await self.outcome(cut), "the answer was cut short")

    async def test_no_http(self) -> None:
        """The text says so in one line."""

        def other(connection: HostileConnection) -> None:
            connection.send(b"220 smtp.example.net\r\n")
            connection.end()

        self.assertNotIn("\n", await self.outcome(other))


class AddressTests(WebhookCase):
    """The address to which a name leads."""

    def named(self, *hosts: str, networks: tuple[str, ...] = ()) -> IAction:
        """An action whose host has some addresses."""
        url = f"http://hooks.example.net:{self.listen()}/"
        parts = action_parts(names={"hooks.example.net": hosts})
        return self.webhook(url, parts, networks=tuple(ip_network(network) for network in networks))

    async def test_name_that_leads_to_this_host(self) -> None:
        """No connection is made, and the text says which key allows it."""
        failure = await self.failed(self.named("127.0.0.1"))
        self.assertIn("networks", str(failure))
        self.assertIn("127.0.0.1", str(failure))
        self.assertEqual(self.site.connections, 0)

    async def test_mapped_address(self) -> None:
        """Likewise."""
        self.assertIn("networks", str(await self.failed(self.named("::ffff:127.0.0.1"))))
        self.assertEqual(self.site.connections, 0)

    async def test_refused_address_among_others(self) -> None:
        """The others are tried."""
        await self.named("127.0.0.2", "127.0.0.1", networks=("127.0.0.1/32",)).run(EVENT, 1)
        self.assertEqual(self.site.connections, 1)

    async def test_localhost(self) -> None:
        """The word in the URL says that the operator means this host."""
        await self.webhook(f"http://localhost:{self.listen()}/").run(EVENT, 1)


class TlsTests(WebhookCase):
    """Connections with TLS."""

    async def test_certificate_of_the_authorities(self) -> None:
        """It names the host, and the connection is kept."""
        port, path = self.listen_tls()
        action = self.webhook(f"https://localhost:{port}/", authorities=path)
        await action.run(EVENT, 1)
        await action.run(EVENT, 2)
        self.assertEqual(self.site.connections, 1)

    async def test_certificate_for_another_name(self) -> None:
        """Nothing is sent."""
        port, path = self.listen_tls()
        failure = await self.failed(self.webhook(f"https://127.0.0.1:{port}/", authorities=path))
        self.assertIn("certificate", str(failure))
        self.assertEqual((failure.final, self.logins.asked), (False, []))

    async def test_certificate_of_an_unknown_authority(self) -> None:
        """Likewise."""
        port, _ = self.listen_tls()
        failure = await self.failed(self.webhook(f"https://localhost:{port}/"))
        self.assertIn("certificate", str(failure))
        self.assertEqual(self.logins.asked, [])

    async def test_service_that_hangs_in_its_answer(self) -> None:
        """The connection ends with the try, although nobody closes TLS in order."""

        def begin(request: Request) -> int:
            request.write(b"x")
            return NOT_DONE_YET

        self.logins.answer = begin
        port, path = self.listen_tls()
        failure = await self.failed(self.webhook(f"https://localhost:{port}/", authorities=path, timeout_seconds=0.3))
        self.assertIn("within", str(failure))
        while not self.logins.left:
            await self.turn()
