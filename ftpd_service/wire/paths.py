"""Virtual paths: made here and nowhere else, so that no other part ever meets ``..``.

``.``, ``..`` and repeated slashes go lexically, before anything is looked up; ``..`` at the root is the root.  Links
are the storage's matter.  ``~`` is an ordinary character here.
"""

from __future__ import annotations

from ftpd_service.values import ROOT, VirtualPath

_CLEAN = {code: "?" for code in (*range(0x20), 0x7F) if code != 0x09}
"""Tab alone is harmless in a reply; curl refuses a 257 with any other control character."""


def join(cwd: VirtualPath, text: str) -> VirtualPath:
    """The path that a client's text means from a working directory (RFC 3659 section 6, TVFS)."""
    parts = [] if text.startswith("/") else [part for part in cwd.split("/") if part]
    for part in text.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return VirtualPath("/" + "/".join(parts))


def parent(path: VirtualPath) -> VirtualPath:
    """The directory that holds a path; the root holds itself."""
    return VirtualPath(path.rpartition("/")[0] or ROOT)


def name(path: VirtualPath) -> str:
    """The last name of a path; empty for the root."""
    return path.rpartition("/")[2]


def child(path: VirtualPath, name: str) -> VirtualPath:
    """The path of an entry in a directory.

    :raises ValueError: when the name is no single name, which no storage may give out.
    """
    if "/" in name or name in ("", ".", ".."):
        raise ValueError("an entry's name is a single name")
    return VirtualPath(f"{path}{name}" if path == ROOT else f"{path}/{name}")


def tellable(text: str) -> bool:
    """Whether a reply can hold a text as it is: no control character but the tab (curl refuses a 257 with any)."""
    return text.isprintable() or text.translate(_CLEAN) == text


def display(path: str) -> str:
    """A path for the text of a reply: control characters become ``?``, all other bytes stay as they are."""
    # Nearly every text is printable; translating looks up each of its characters, in vain.
    return path if path.isprintable() else path.translate(_CLEAN)


def quoted(path: str) -> str:
    """A path in double quotes, those within it doubled, for 257 (RFC 959 appendix II)."""
    return '"' + display(path).replace('"', '""') + '"'
