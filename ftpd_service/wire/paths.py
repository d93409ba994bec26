"""The only place that makes virtual paths, so that no other part ever meets ``..``.

``.``, ``..`` and repeated slashes are removed from the text, before any look-up; ``..`` at the root is the root.  The
storage resolves links.  ``~`` is an ordinary character.
"""

from __future__ import annotations

from ftpd_service.values import ROOT, VirtualPath

_CLEAN = {code: "?" for code in (*range(0x20), 0x7F) if code != 0x09}
"""The control characters except the tab; curl refuses a 257 that contains any of them."""


def join(cwd: VirtualPath, text: str) -> VirtualPath:
    """Return the path for a client's text, relative to a working directory (RFC 3659 section 6, TVFS)."""
    parts = [] if text.startswith("/") else [part for part in cwd.split("/") if part]
    for part in text.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return VirtualPath("/" + "/".join(parts))


def parent(path: VirtualPath) -> VirtualPath:
    """Return the directory of a path; the root's directory is the root."""
    return VirtualPath(path.rpartition("/")[0] or ROOT)


def name(path: VirtualPath) -> str:
    """Return the last name of a path, or an empty text for the root."""
    return path.rpartition("/")[2]


def child(path: VirtualPath, name: str) -> VirtualPath:
    """Return the path of an entry in a directory.

    :raises ValueError: the text is not a single name; no storage may return such a text.
    """
    if "/" in name or name in ("", ".", ".."):
        raise ValueError("an entry's name is a single name")
    return VirtualPath(f"{path}{name}" if path == ROOT else f"{path}/{name}")


def tellable(text: str) -> bool:
    """Return whether a reply can contain a text unchanged: the tab is its only control character (see curl above)."""
    return text.isprintable() or text.translate(_CLEAN) == text


def display(path: str) -> str:
    """Return a path for the text of a reply: control characters become ``?``, and all other characters stay."""
    # Nearly every text is printable, and a translation would look up each of its characters in vain.
    return path if path.isprintable() else path.translate(_CLEAN)


def quoted(path: str) -> str:
    """Return a path in double quotes for 257; quotes within it are doubled (RFC 959 appendix II)."""
    return '"' + display(path).replace('"', '""') + '"'
