"""docs/configuration.rst, made of the keys and their descriptions: ``python -m ftpd_service.config.reference``."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

from ftpd_service.config.keys import Key, all_keys
from ftpd_service.config.sections import LATER

_WIDTH = 110

_INTRODUCTION = """\
.. Made by ``python -m ftpd_service.config.reference``; change the descriptions in ``ftpd_service/config/sections.py``.

Configuration
=============

``twistd ftpd -c FILE`` reads one file in YAML. Every section and every key may be left out; with an empty file the
server listens on the loopback address, port 2121, and nobody can log in. ``twistd ftpd -c FILE --check`` reports every
mistake of a file with its line and exits with 0 or 1 without opening a port. At SIGHUP the file is read again: new
sessions get the new settings, running ones keep theirs but for rates, which change under running transfers too. Ports
that are listened on change at a restart only, and a file with a mistake changes nothing.

How the file is read
--------------------

- An unknown key is an error, a key given twice is one, and so is a key of a feature that this version does not have:
  no key is ever accepted and ignored. A section without content is as if it were absent.
- Words are read by YAML 1.2's core schema: only ``true`` and ``false`` (also with capitals) are booleans, so that
  ``off`` and ``no`` are words; ``1:30`` and ``2027-01-31`` are text; ``027`` is the number 27. A number in quotes is
  text, and an error where a number is due. Tags (``!name``) and merge keys (``<<``) are refused; aliases may repeat
  10,000 values in all.
- A duration is ``30s``, ``5m``, ``2h`` or ``1d``, or a number of seconds.
- A rate is ``64KiB/s``, ``10MiB/s`` or ``2GB/s``.
- Relative paths are relative to the directory of the file. ``~`` is not expanded.
- ``${NAME}`` in a value is replaced by the environment variable, once, after the YAML has been read.
  ``${NAME:-default}`` gives the default where the variable is unset or empty; an unset variable without default is an
  error; ``$${`` is a literal ``${``. The result is text, so that a password of digits stays one; where a number or a
  boolean is due it is read as one.
- Secrets can stand in files of their own: ``password_file``. No message shows a password, nor what came from the
  environment.

"""

_LATER = """\
Not in this version
-------------------

These keys belong to features that this version does not have. A file that uses one is refused with
``not available in this version``:

"""


def reference() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for key in all_keys():
        parts.append("\n".join(_section(key) if "." not in key.path else _entry(key)) + "\n\n")
    names = ", ".join(f"``{_shown(path)}``" for path in sorted(LATER))
    parts += [_LATER, textwrap.fill(names + ".", _WIDTH, break_on_hyphens=False), "\n"]
    return "".join(parts)


def _section(key: Key) -> Iterator[str]:
    title = f"``{_shown(key.path)}``"
    yield title
    yield "-" * len(title)
    yield ""
    yield _wrapped(" ".join(filter(None, (_values(key), key.description))), "")


def _entry(key: Key) -> Iterator[str]:
    yield f"``{_shown(key.path)}``"
    yield _wrapped(" ".join(filter(None, (_values(key), key.description))), "    ")


def _values(key: Key) -> str:
    if key.form is None:
        return ""
    if key.required:
        return f"*{key.form.text}*; must be given."
    default = as_in_file(key.default)
    return f"*{key.form.text}*; default ``{default}``." if default else f"*{key.form.text}*."


def as_in_file(default: object) -> str:
    """A default as the file would have it; nothing where it has no short form."""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, str):
        return f'"{default}"' if not default.isascii() or (default[:1].isdigit() and default.isdigit()) else default
    if isinstance(default, list) and all(isinstance(item, str) for item in default):
        return f"[{', '.join(default)}]"
    return str(default) if isinstance(default, int) else ""


def _shown(path: str) -> str:
    parts = path.split(".")
    if parts[0] == "accounts" and len(parts) > 1:
        parts[1] = "NAME"
    if parts[:2] == ["tls", "names"] and len(parts) > 2:
        parts[2] = "NAME"
    return ".".join(parts).replace(".*", "[]")


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


if __name__ == "__main__":
    sys.stdout.write(reference())
