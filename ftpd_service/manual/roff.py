"""Text as roff, in the macros of man(7) that both groff and mandoc know.

The descriptions of keys and the help of sub-commands have little markup: ``literal``, `literal`, *emphasis*, lists with
a dash, and paragraphs that are indented, which stay as they are.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator

_WIDTH = 79

_ESCAPES = {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti"}
"""The characters that roff would change or read as its own."""

_MARKUP = re.compile(r"``(?P<literal>.+?)``|`(?P<name>[^`]+)`|(?<!\w)\*(?P<emphasis>[^*\s][^*]*)\*", re.DOTALL)


def escaped(text: str) -> str:
    """Return a text that roff prints as it is."""
    return "".join(_ESCAPES.get(character, character) for character in text)


def bold(text: str) -> str:
    """Return a text in bold, for words that are typed as they are."""
    return rf"\fB{escaped(text)}\fR"


def italic(text: str) -> str:
    """Return a text in italics, for words that stand for others."""
    return rf"\fI{escaped(text)}\fR"


def inline(text: str) -> str:
    """Return one paragraph with its markup as fonts."""
    parts, end = [], 0
    for found in _MARKUP.finditer(text):
        parts.append(escaped(text[end : found.start()]))
        emphasis = found["emphasis"]
        parts.append(italic(emphasis) if emphasis else bold(found["literal"] or found["name"]))
        end = found.end()
    return "".join((*parts, escaped(text[end:])))


def filled(text: str) -> Iterator[str]:
    """Yield a paragraph, which is roff already, as lines."""
    for line in textwrap.wrap(" ".join(text.split()), _WIDTH - 4, break_long_words=False, break_on_hyphens=False):
        # A dot or a quote at the margin would make the line a request.  The end of a sentence at the end of a line
        # would put two spaces behind it.
        start, end = r"\&" if line.startswith((".", "'")) else "", r"\&" if line.endswith((".", ":", ")")) else ""
        yield f"{start}{line}{end}"


def title(name: str, section: int, *, source: str, volume: str) -> str:
    """Return the first lines of a page, whose text is left-aligned and without hyphenation."""
    return f'.TH {escaped(name.upper())} {section} "" "{escaped(source)}" "{volume}"\n.nh\n.ad l\n'


def section(heading: str, lines: Iterable[str]) -> str:
    """Return a section of a page."""
    return "\n".join((f".SH {heading}", *lines)) + "\n"


def subsection(heading: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield a part of a section."""
    yield f'.SS "{escaped(heading)}"'
    yield from lines


def entry(tag: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield an entry of a list, whose tag is roff already."""
    yield ".TP"
    yield tag
    yield from lines


def blocks(text: str) -> Iterator[str]:
    """Yield paragraphs, lists and examples; the first paragraph has no macro before it."""
    first = True
    for block in re.split(r"\n\s*\n", text.strip("\n")):
        if block.startswith("- "):
            yield from _list(block)
        elif block.startswith(" "):
            yield from example(textwrap.dedent(block).splitlines())
        else:
            yield from () if first else (".PP",)
            # In rst, two colons announce an example.
            yield from filled(inline(re.sub("::$", ":", block)))
        first = False


def example(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines that keep their ends."""
    yield from (".PP", ".RS 4", ".nf")
    for line in lines:
        shown = escaped(line)
        yield rf"\&{shown}" if shown.startswith((".", "'")) or not shown else shown
    yield from (".fi", ".RE")


def _list(block: str) -> Iterator[str]:
    for item in re.split(r"^- ", block, flags=re.MULTILINE)[1:]:
        yield from ('.IP "\\(bu" 2', *filled(inline(item)))
