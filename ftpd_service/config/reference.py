"""The generator of docs/configuration.rst: ``python -m ftpd_service.config.reference``."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator

from ftpd_service.config.keys import Key, all_keys
from ftpd_service.config.sections import LATER

_WIDTH = 110

_TITLE = """\
.. Made by ``python -m ftpd_service.config.reference``; change the descriptions in ``ftpd_service/config/sections.py``.

Configuration
=============

"""

ABOUT = """\
``twistd ftpd -c FILE`` reads a YAML file. Every section and every key may be left out; with an empty file the server
listens on the loopback address, port 2121, and no client can log in. ``twistd ftpd -c FILE --check`` reports every
mistake in a file with its line and exits with 0 or 1 without opening a port. At SIGHUP the server reads the file again:
new sessions get the new settings, and running sessions keep their settings, except throttles and the settings of their
account. The sessions of an account that is gone end with 421. A reload opens and closes ports, and those of
listeners without a change stay open. A file with a mistake changes nothing.
"""
"""The first paragraph of every reference."""

FILE_RULES = """\
- Three kinds of keys are errors: unknown keys, keys that occur twice, and keys of features that this version does not
  have. The server never accepts a key and ignores it. An empty section counts as absent.
- Words follow YAML 1.2's core schema. Only ``true`` and ``false`` (also with capitals) are booleans, so ``off`` and
  ``no`` are words; ``1:30`` and ``2027-01-31`` are text; ``027`` is the number 27. A number in quotes is text, and an
  error where a number is expected. Tags (``!name``) and merge keys (``<<``) are refused; aliases may repeat 10,000
  values in all.
- A duration is ``30s``, ``5m``, ``2h`` or ``1d``, or a number of seconds.
- A rate is ``64KiB/s``, ``10MiB/s`` or ``2GB/s``.
- Relative paths are relative to the directory of the file. ``~`` is not expanded.
- The environment variable replaces ``${NAME}`` in a value, once, after the YAML has been read. ``${NAME:-default}``
  gives the default if the variable is unset or empty. An unset variable without a default is an error. ``$${`` is a
  literal ``${``. The result is text, so a password of digits stays text; where a number or a boolean is expected, the
  text is converted.
- Secrets can be in separate files: ``password_file``. No message shows a password or a value from the environment.
"""
"""The rules that hold for all keys, as a list."""

EDITORS = """\
``ftpd-service print schema > ftpd.schema.json`` writes the JSON Schema of the file. An editor with yaml-language-server
then completes keys, shows their descriptions, and marks mistakes, if the file begins with this line::

    # yaml-language-server: $schema=ftpd.schema.json

The schema accepts a value of the environment everywhere. It accepts some files that ``--check`` refuses, such as those
with keys that contradict each other, but it refuses no right file.
"""
"""The use of the JSON Schema."""

_AS_DEFAULTS = "groups.*"
"""The keys that a reference does not repeat: they are those of `account_defaults`."""

_LATER = """\
Not in this version
-------------------

These keys belong to features that this version does not have. A file that uses one is refused with
``not available in this version``:

"""


def reference() -> str:
    """Return the whole page."""
    parts = [_TITLE, ABOUT, "\nRules of the file\n-----------------\n\n", FILE_RULES]
    parts += ["\nEditors\n-------\n\n", EDITORS, "\n"]
    for key in shown_keys():
        parts.append("\n".join(_section(key) if "." not in key.path else _entry(key)) + "\n\n")
    names = ", ".join(f"``{shown_path(path)}``" for path in sorted(LATER))
    parts += [_LATER, textwrap.fill(names + ".", _WIDTH, break_on_hyphens=False), "\n"]
    return "".join(parts)


def shown_keys() -> Iterator[Key]:
    """Yield the keys that a reference describes."""
    return (key for key in all_keys() if not key.path.startswith(_AS_DEFAULTS))


def _section(key: Key) -> Iterator[str]:
    title = f"``{shown_path(key.path)}``"
    yield title
    yield "-" * len(title)
    yield ""
    yield _wrapped(entry_of(key), "")


def _entry(key: Key) -> Iterator[str]:
    yield f"``{shown_path(key.path)}``"
    yield _wrapped(entry_of(key), "    ")


def entry_of(key: Key) -> str:
    """Return form, default and description of a key, as rst."""
    return " ".join(filter(None, (_values(key), key.description)))


def _values(key: Key) -> str:
    if key.form is None:
        return ""
    if key.required:
        return f"*{key.form.text}*; must be given."
    default = as_in_file(key.default)
    return f"*{key.form.text}*; default ``{default}``." if default else f"*{key.form.text}*."


def as_in_file(default: object) -> str:
    """Return a default as the file would write it, or an empty text if it has no short form."""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, str):
        return f'"{default}"' if not default.isascii() or (default[:1].isdigit() and default.isdigit()) else default
    if isinstance(default, list) and all(isinstance(item, str) for item in default):
        return f"[{', '.join(default)}]"
    return str(default) if isinstance(default, int) else ""


def shown_path(path: str) -> str:
    """Return a path as operators read it: ``[]`` for entries of a list, and NAME or PLACE for names of their choice."""
    parts = path.split(".")
    if parts[0] == "accounts" and len(parts) > 1:
        parts[1] = "NAME"
    if parts[:2] == ["tls", "names"] and len(parts) > 2:
        parts[2] = "NAME"
    if "folders" in parts and parts[-1] != "folders":
        parts[parts.index("folders") + 1] = "PLACE"
    return ".".join(parts).replace(".*", "[]")


def _wrapped(text: str, indent: str) -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False
    )


if __name__ == "__main__":
    sys.stdout.write(reference())
