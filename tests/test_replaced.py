"""No method of Twisted or pyOpenSSL is replaced at run time: what they do is what their documentation says."""

from __future__ import annotations

import ast

from OpenSSL import SSL
from twisted.internet import tcp
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.protocols.haproxy._wrapper import HAProxyProtocolWrapper
from twisted.protocols.tls import TLSMemoryBIOProtocol

from tests.cases import SynchronousTestCase
from tests.test_layers import PACKAGE, sources

CLASSES = (
    SSL.Connection,
    SSL.Context,
    Factory,
    HAProxyProtocolWrapper,
    Protocol,
    TCP4ServerEndpoint,
    TLSMemoryBIOProtocol,
    tcp.Client,
    tcp.Port,
    tcp.Server,
)
"""Those whose objects this server has in hand, and their kin."""

METHODS = {
    name for of in CLASSES for name in dir(of) if callable(getattr(of, name, None)) and not name.startswith("__")
} - {"protocol", "factory"}
"""Their methods; what `Factory` and its kin document as attributes to be set is none."""


def own(tree: ast.Module) -> set[int]:
    """The attributes of `self` in classes that extend no other: nothing of Twisted's is behind them."""
    return {
        id(node)
        for of in ast.walk(tree)
        if isinstance(of, ast.ClassDef) and not of.bases
        for node in ast.walk(of)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"
    }


def replaced(tree: ast.Module) -> list[tuple[int, str]]:
    """Where a module assigns to, or deletes, an attribute that is named as such a method: line and name."""
    found = []
    spared = own(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load) and node.attr in METHODS:
            found += [] if id(node) in spared else [(node.lineno, node.attr)]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"setattr", "delattr"}:
            found.append((node.lineno, node.func.id))
    return found


class ReplacedTests(SynchronousTestCase):
    """The package's source."""

    def test_no_method_is_replaced(self) -> None:
        """Neither on transports and connections, nor on our own objects that are Twisted's."""
        found = [(module, *place) for module, tree in sources(PACKAGE) for place in replaced(tree)]
        self.assertEqual(found, [])

    def test_a_replaced_method_is_found(self) -> None:
        """By an assignment, a deletion, or `setattr`."""
        text = "protocol.transport.doWrite = nothing\ndel connection.do_handshake\nsetattr(connection, 'recv', nothing)"
        self.assertEqual(replaced(ast.parse(text)), [(1, "doWrite"), (2, "do_handshake"), (3, "setattr")])
