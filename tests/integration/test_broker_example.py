"""The action of examples/mqtt.py with a broker that speaks as much MQTT as it needs."""

from __future__ import annotations

import sys
from typing import Any, cast

from twisted.internet.defer import Deferred

from ftpd_service.hook_interfaces import ActionFailed, IAction
from ftpd_service.hooks.action_parts import find_action
from ftpd_service.hooks.event_json import event_json
from ftpd_service.hooks.settings import PythonAction
from tests.cases import TestCase
from tests.integration.hooking import EVENT, action_parts
from tests.integration.hostile_web import HostileConnection, HostileServer, hostile_server
from tests.integration.test_examples import EXAMPLES

CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"
"""MQTT 3.1.1 section 3.1, with an empty client identifier, which needs a clean session."""


def published(packet: bytes) -> tuple[bytes, bytes]:
    """The topic and the payload of a packet PUBLISH with QoS 1 and the identifier 1 (section 3.3)."""
    assert packet[0] == 0x32
    length, shift, place = 0, 0, 1
    while True:
        length |= (packet[place] & 0x7F) << shift
        shift += 7
        place += 1
        if packet[place - 1] < 0x80:
            break
    body = packet[place : place + length]
    topic = 2 + int.from_bytes(body[:2], "big")
    assert body[topic : topic + 2] == b"\x00\x01"
    return body[2:topic], body[topic + 2 :]


class BrokerTests(TestCase):
    """The broker, and events."""

    def setUp(self) -> None:
        sys.path.insert(0, str(EXAMPLES))
        self.addCleanup(sys.path.remove, str(EXAMPLES))
        self.addCleanup(sys.modules.pop, "mqtt", None)

    def action(self, port: int, timeout: float = 30.0) -> IAction:
        """The action, as a configuration names it."""
        options = {"broker": f"tcp:127.0.0.1:{port}", "topic": "ftpd/files"}
        settings = PythonAction(path="mqtt:Publish", options=options, timeout_seconds=timeout)
        return find_action(settings).make(action_parts())

    def broker(self, answer: bytes, *, ends: bool = False) -> tuple[int, HostileServer]:
        """A broker that answers a connection with some bytes."""

        def behave(connection: HostileConnection) -> None:
            connection.send(answer)
            if ends:
                connection.end()

        return hostile_server(self, behave)

    async def failed(self, action: IAction) -> str:
        """The text of a failed try."""
        running: Deferred[Any] = Deferred.fromCoroutine(cast(Any, action.run(EVENT, 1)))  # Any: for assertFailure
        return str(await self.assertFailure(running, ActionFailed))

    async def test_acknowledged_event(self) -> None:
        """The event's JSON is published to the topic, and the session ends in order."""
        port, server = self.broker(b"\x20\x02\x00\x00\x40\x02\x00\x01")
        await self.action(port).run(EVENT, 2)
        await server.end
        self.assertEqual(server.received[: len(CONNECT)], CONNECT)
        self.assertEqual(published(server.received[len(CONNECT) :]), (b"ftpd/files", event_json(EVENT, 2)))
        self.assertTrue(server.received.endswith(b"\xe0\x00"))

    async def test_refused_session(self) -> None:
        """The try fails (section 3.2.2.3: not authorized)."""
        port, _ = self.broker(b"\x20\x02\x00\x05")
        self.assertIn("refuses", await self.failed(self.action(port)))

    async def test_event_without_an_acknowledgement(self) -> None:
        """It may be lost, so the try fails."""
        port, _ = self.broker(b"\x20\x02\x00\x00", ends=True)
        self.assertIn("closed", await self.failed(self.action(port)))

    async def test_broker_that_hangs(self) -> None:
        """The try and its connection end after the time of the action."""
        port, server = self.broker(b"\x20\x02\x00\x00")
        self.assertIn("within 0.1 s", await self.failed(self.action(port, timeout=0.1)))
        await server.end

    async def test_no_broker(self) -> None:
        """The try fails."""
        self.assertIn("refused", await self.failed(self.action(1)))
