"""The codes of the catalogue are listed, for the labels of metrics."""

from __future__ import annotations

import ast
from inspect import getsource

from ftpd_service.wire import file_replies, replies
from ftpd_service.wire.reply import FINAL_CODES
from tests.cases import SynchronousTestCase


class FinalCodeTests(SynchronousTestCase):
    """`FINAL_CODES`."""

    def test_all_codes_of_the_catalogue_are_listed(self) -> None:
        """A new reply needs its code there."""
        used = {
            keyword.value.value
            for module in (replies, file_replies)
            for node in ast.walk(ast.parse(getsource(module)))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Final"
            for keyword in node.keywords
            if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
        }
        self.assertEqual(used, FINAL_CODES)
