"""The declaration of ``digests``: the digests of files that clients can ask for."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Annotated

from pydantic import PlainValidator

from ftpd_service.config import forms
from ftpd_service.config.forms import Form
from ftpd_service.config.problems import KeyPath, found
from ftpd_service.config.section import Section, key
from ftpd_service.session.settings import SessionSettings

ALL_ALGORITHMS = SessionSettings().digests


def algorithms(value: object) -> tuple[str, ...]:
    """Read a list of algorithms, each at most once; an empty list is allowed."""
    expected = f"expected a list of some of {', '.join(ALL_ALGORITHMS)}"
    if not isinstance(value, list):
        raise ValueError(f"{expected}; found {found(value)}")
    wrong = [one for number, one in enumerate(value) if one not in ALL_ALGORITHMS or one in value[:number]]
    if wrong:
        raise ValueError(f"{expected}, each once; found {found(wrong[0])} in the list")
    return tuple(value)


def _listed(value: object) -> str:
    return f"[{', '.join(value)}]" if isinstance(value, tuple) else str(value)


Algorithms = Annotated[
    tuple[str, ...],
    PlainValidator(algorithms),
    Form(
        "list of algorithms",
        {"type": "array", "items": {"enum": list(ALL_ALGORITHMS)}, "uniqueItems": True},
        told=_listed,
    ),
]


class DigestsSection(Section):
    """The digests of files that clients can ask for."""

    algorithms: Algorithms = key(
        list(ALL_ALGORITHMS),
        "The algorithms of HASH, XSHA256, XSHA512, XSHA1, XMD5, MD5 and XCRC: some of ``sha256``, ``sha1``, ``md5``, "
        "``crc32``, ``sha512``. HASH uses the first until the client chooses another by OPTS HASH. A command whose "
        "algorithm is not in the list answers 502.",
        to="session.digests",
    )
    facts: forms.Boolean = key(
        False,
        "Whether MLST tells the digest of a file, if it is known without reading the file and the client has asked for "
        "the fact by OPTS MLST: ``x.sha256`` and so on. MLSD never does.",
        to="session.digest_facts",
    )
    keep: forms.Boolean = key(
        True,
        "Whether the digest of a file is kept until the file changes, and taken of uploads while they arrive if their "
        "client asks for digests: docs/digests.rst.",
        to="digests.keep",
    )
    precompute: forms.Boolean = key(
        False,
        "Whether the first of ``algorithms`` is computed for each upload of 1 MiB or more, while the processors have "
        "nothing else to do. It needs ``keep``.",
        to="digests.precompute",
    )
    file: forms.FilePathOrNull = key(
        None,
        "An SQLite file in which digests are kept over a restart, for a service without ``database``; its folder must "
        "exist and belong to the service. Null: the database, and without it memory only.",
        to="digests.file",
        example="/var/lib/ftpd/digests.sqlite",
        restart=True,
    )


_NEEDS_KEEP = "does nothing with keep: false, as no digest is kept: remove this key, or set keep: true"


def in_digests(section: object) -> Iterator[tuple[KeyPath, str]]:
    """Yield keys that do nothing without others; values of a wrong shape are skipped."""
    if not isinstance(section, dict) or section.get("keep", True) is not False:
        return
    for name in ("facts", "precompute"):
        if section.get(name) is True:
            yield ("digests", name), _NEEDS_KEEP
    if section.get("file") is not None:
        yield ("digests", "file"), _NEEDS_KEEP


def about_digest_file(file: str | None) -> Iterator[tuple[KeyPath, str]]:
    """Yield a warning if the file of kept digests cannot be made on this host."""
    folder = None if file is None else os.path.dirname(file)
    if folder is not None and not os.path.isdir(folder):
        yield ("digests", "file"), f"{folder} is missing: digests are kept in memory only; make it"
