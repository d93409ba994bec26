"""The pages for operators: their configurations load."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from textwrap import indent

from ftpd_service.config.load import load
from tests.cases import SynchronousTestCase
from tests.pages import blocks

PAGES = ("deployment", "firewalls", "tls", "disks", "hooks")


class ConfigurationTests(SynchronousTestCase):
    """The pages about deployment."""

    def test_each_loads(self) -> None:
        """Each block of YAML is a file; the block with the forms of ``passive_address`` is a part of its section."""
        texts = list(chain.from_iterable(blocks(page, "yaml") for page in PAGES))
        self.assertGreater(len(texts), 4)
        for number, text in enumerate(texts):
            path = Path(self.mktemp()).with_name(f"{number}.yaml")
            part = text.startswith("passive_address:")
            path.write_text(f"data_connections:\n{indent(text, '  ')}" if part else text)
            load(str(path), {})
