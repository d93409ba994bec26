"""An action that publishes events at a broker of MQTT 3.1.1, each acknowledged (QoS 1)."""

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.protocol import Protocol
from zope.interface import implementer

from ftpd_service.hook_interfaces import ActionFailed, IAction
from ftpd_service.hooks.event_json import event_json

CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"  # a clean session without a name, 60 s
CONNECTED = b"\x20\x02\x00\x00"
ACKNOWLEDGED = b"\x40\x02\x00\x01"
DISCONNECT = b"\xe0\x00"


def publish(topic, payload):
    """Return a packet PUBLISH with QoS 1 and the packet identifier 1."""
    body = len(topic).to_bytes(2, "big") + topic + b"\x00\x01" + payload
    length, digits = len(body), b""
    while length > 127:
        digits += bytes([length % 128 + 128])
        length //= 128
    return b"\x32" + digits + bytes([length]) + body


class Publication(Protocol):
    """One connection for one event."""

    def __init__(self, packet):
        self._packet, self._answer = packet, b""
        self.ended = Deferred()

    def connectionMade(self):
        self.transport.write(CONNECT + self._packet)

    def dataReceived(self, data):
        self._answer += data
        if self._answer == CONNECTED + ACKNOWLEDGED:
            self.transport.write(DISCONNECT)
            self._end()
        elif not (CONNECTED + ACKNOWLEDGED).startswith(self._answer):
            self._end(ActionFailed("the broker refuses the event"))

    def connectionLost(self, reason):
        self._end(ActionFailed("the broker has closed the connection"))

    def _end(self, problem=None):
        if self.ended.called:
            return
        if problem is None:
            self.ended.callback(None)
        else:
            self.ended.errback(problem)


@implementer(IAction)
class Publish:
    def __init__(self, broker, topic):
        self._endpoint = clientFromString(reactor, broker)
        self._topic = topic.encode("utf-8")

    async def run(self, event, attempt):
        publication = Publication(publish(self._topic, event_json(event, attempt)))
        try:
            await connectProtocol(self._endpoint, publication)
        except (ConnectError, DNSLookupError) as problem:
            raise ActionFailed(f"the broker cannot be reached: {problem}") from None
        try:
            await publication.ended
        finally:
            publication.transport.loseConnection()

    async def close(self):
        pass
