"""The code that stands on pages of the documentation, for tests that run it."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"

_BLOCK = re.compile(
    r"^(?P<margin> *)(?:\.\. code-block:: (?P<language>\w+)|(?!\.\. ).*::)\n\n(?P<body>(?:(?P=margin) +.*\n|\n)+)",
    re.MULTILINE,
)


def blocks(page: str, language: str | None = None) -> list[str]:
    """Return the code of a page in its order.

    :param language: that of the blocks; None for those behind a double colon.
    """
    found = _BLOCK.finditer((DOCS / f"{page}.rst").read_text("utf-8"))
    return [textwrap.dedent(one["body"]).strip("\n") + "\n" for one in found if one["language"] == language]


def block(page: str, words: str, language: str | None = None) -> str:
    """Return the first block of a page that has some words."""
    return next(text for text in blocks(page, language) if words in text)
