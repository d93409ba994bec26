"""The declarations of ``logging``: the log, the audit and the transfer log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import PlainValidator, ValidationInfo

from ftpd_service.config import forms, words
from ftpd_service.config.forms import Form, word
from ftpd_service.config.problems import KeyPath, kind
from ftpd_service.config.section import Section, key
from ftpd_service.observe.event_table import PARTS
from ftpd_service.observe.settings import JOURNALD

_LEVELS = ("debug", "info", "warn", "error")


def _levels(value: object) -> dict[str, str]:
    """Read the levels of parts."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping of parts to levels, found {kind(value)}")
    for part, level in value.items():
        words.one_of(part, words=PARTS)
        try:
            words.one_of(level, words=_LEVELS)
        except ValueError as problem:
            raise ValueError(f"{part}: {problem}") from problem
    return {str(part): str(level) for part, level in value.items()}


def _audit(value: object, info: ValidationInfo) -> str | None:
    """Read the place of the audit."""
    return JOURNALD if value == JOURNALD else words.file_path_or_null(value, info)


class LoggingSection(Section):
    """The log: its levels, form, place and queue; and the audit."""

    level: Annotated[str, word(*_LEVELS), Form("debug, info, warn or error", {"enum": list(_LEVELS)})] = key(
        "info",
        "The lowest level that is logged. ``debug`` logs every command. docs/logging.rst lists the events of each "
        "level.",
        to="logging.level",
    )
    levels: Annotated[
        dict[str, str],
        PlainValidator(_levels),
        Form(
            "mapping of parts to levels",
            {"type": "object", "propertyNames": {"enum": list(PARTS)}, "additionalProperties": {"enum": list(_LEVELS)}},
            told=None,
        ),
    ] = key(
        {},
        f"Parts of the server with levels of their own: {', '.join(f'``{part}``' for part in PARTS)} (all other "
        "libraries).",
        to="logging.levels",
        example="{auth: debug}",
    )
    format: Annotated[
        str, word("text", "json", JOURNALD), Form("text, json or journald", {"enum": ["text", "json", JOURNALD]})
    ] = key(
        "text",
        "``text``: lines for people. ``json``: an object in each line. ``journald``: entries of systemd's journal with "
        "a field for each fact.",
        to="logging.format",
    )
    file: forms.FilePathOrNull = key(
        None,
        "The file of the log. The server opens the file anew at SIGUSR1, and when the file has been moved away. Don't "
        "use twistd's ``--logfile`` together with this key. null: twistd's log, which is standard output under "
        "``ftpd-service serve`` and systemd.",
        to="logging.file",
        example="/var/log/ftpd/ftpd.log",
    )
    audit: Annotated[
        str | None,
        PlainValidator(_audit),
        Form("path, journald, or null for none", {"type": ["string", "null"]}, told=None),
    ] = key(
        None,
        "The file of the audit, as lines of JSON, or ``journald``. The audit has every login, refusal, change of a "
        "file and act of an operator, whatever the levels are. While more than ``queue`` lines wait for its disk, new "
        "logins get 421.",
        to="logging.audit",
        example="/var/log/ftpd/audit.json",
    )
    transfers: forms.FilePathOrNull = key(
        None,
        "The file of the transfer log, in the form of wu-ftpd's xferlog: a line for each transfer and each deletion. "
        "The server opens the file anew as ``file``.",
        to="logging.transfers",
        example="/var/log/ftpd/xferlog",
    )
    queue: forms.Count = key(
        100000,
        "The number of lines (32 MiB at most) that wait while a reader or a disk hangs; clients never wait for "
        "the log. Further lines of the log are dropped, and a line says how many. The key has no effect with twistd's "
        "``--logger``.",
        to="logging.queue",
        restart=True,
    )


def in_logging(section: object) -> Iterator[tuple[KeyPath, str]]:
    """Yield contradictions among the keys of ``logging``."""
    if not isinstance(section, dict):
        return
    file, audit, transfers = (section.get(name) for name in ("file", "audit", "transfers"))
    if file is not None and section.get("format") == JOURNALD:
        yield ("logging", "file"), "has no use with format: journald"
    if isinstance(audit, str) and audit == file:
        yield ("logging", "audit"), "the same file as logging.file: the audit has a file of its own"
    if isinstance(transfers, str) and transfers in (file, audit):
        yield ("logging", "transfers"), "the file of another log: the transfer log has a file of its own"
