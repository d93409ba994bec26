"""The private pieces of pyOpenSSL: each by its name, so that a release that moves it is told of here first."""

from __future__ import annotations

import ast
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from tests.cases import SynchronousTestCase
from tests.test_layers import PACKAGE, sources

HERE = "ftpd_service.tls.openssl"
"""The only module that may use them."""

PIECES = {
    "OpenSSL._util": ("exception_from_error_queue", "ffi", "lib"),
    "OpenSSL._util.ffi": ("buffer", "from_buffer", "new"),
    "OpenSSL._util.lib": (
        "BIO_get_mem_data",
        "BIO_read",
        "BIO_write",
        "SSL_CTX_add_extra_chain_cert",
        "SSL_CTX_set_session_cache_mode",
        "SSL_CTX_use_PrivateKey",
        "SSL_CTX_use_certificate",
        "SSL_MODE_ENABLE_PARTIAL_WRITE",
        "SSL_clear_mode",
        "SSL_read",
        "SSL_session_reused",
        "SSL_set_options",
        "SSL_write",
        "X509_up_ref",
    ),
}
"""What ``tls/openssl.py`` takes of the binding, by the object that has it."""

FIELDS = {
    "_context": "Context",
    "_from_ssl": "Connection",
    "_into_ssl": "Connection",
    "_pkey": "PKey",
    "_raise_ssl_error": "Connection",
    "_ssl": "Connection",
    "_x509": "X509",
}
"""The private attributes that it reads, and the class whose source has to set them."""


def binding(tree: ast.Module) -> set[str]:
    """The names that a module takes of pyOpenSSL's private module and of its binding, with the object's name."""
    found = {
        f"OpenSSL._util.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "OpenSSL._util"
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"_ffi", "_lib"}:
            found.add(f"OpenSSL._util.{node.value.id[1:]}.{node.attr}")
    return found


def fields(tree: ast.Module) -> set[str]:
    """The private attributes that a module reads of objects other than its own."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }


def of_pyopenssl() -> dict[str, ast.ClassDef]:
    """The classes of pyOpenSSL, as its source has them."""
    found: dict[str, ast.ClassDef] = {}
    for module in ("OpenSSL.SSL", "OpenSSL.crypto"):
        path = import_module(module).__file__
        assert path is not None
        for node in ast.walk(ast.parse(Path(path).read_text())):
            if isinstance(node, ast.ClassDef):
                found[node.name] = node
    return found


def own(of: ast.ClassDef) -> set[str]:
    """The methods of a class, and the attributes that it sets in itself or in an object that it makes."""
    methods = {node.name for node in ast.walk(of) if isinstance(node, ast.FunctionDef)}
    set_here = {
        node.attr for node in ast.walk(of) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    return methods | set_here


class PrivateTests(SynchronousTestCase):
    """What ``tls/openssl.py`` uses of pyOpenSSL beyond its public side."""

    def setUp(self) -> None:
        """Read the package."""
        self.modules = dict(sources(PACKAGE))

    @classmethod
    def tearDownClass(cls) -> None:
        """Free the trees, which the collector would look through in all tests behind these."""
        sources.cache_clear()

    def test_the_list_is_complete(self) -> None:
        """Whoever uses another piece names it here."""
        named = {f"{place}.{name}" for place, names in PIECES.items() for name in names}
        self.assertEqual(binding(self.modules[HERE]), named)
        self.assertEqual(fields(self.modules[HERE]), set(FIELDS))

    def test_no_other_module_uses_any(self) -> None:
        """They stand in one file."""
        others = [
            name
            for name, tree in self.modules.items()
            if name != HERE and (binding(tree) or fields(tree) & set(FIELDS))
        ]
        self.assertEqual(others, [])

    def test_this_release_has_every_piece_of_the_binding(self) -> None:
        """Else its name and the release are told."""
        util = import_module("OpenSSL._util")
        places = {"OpenSSL._util": util, "OpenSSL._util.ffi": util.ffi, "OpenSSL._util.lib": util.lib}
        gone = [
            f"{place}.{name}" for place, names in PIECES.items() for name in names if not hasattr(places[place], name)
        ]
        self.assertEqual(gone, [], f"pyOpenSSL {version('pyOpenSSL')} has moved what {HERE} uses")

    def test_this_release_has_every_attribute(self) -> None:
        """Likewise."""
        classes = of_pyopenssl()
        gone = [f"{of}.{name}" for name, of in FIELDS.items() if of not in classes or name not in own(classes[of])]
        self.assertEqual(gone, [], f"pyOpenSSL {version('pyOpenSSL')} has moved what {HERE} uses")
