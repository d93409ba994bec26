"""The table of all verbs, joined from the topic modules; FEAT and HELP read it.

A new verb is a declaration in a topic module and its name in that module's ``COMMANDS``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from ftpd_service.commands import (
    access,
    copies,
    data_port,
    digests,
    files,
    information,
    listings,
    navigation,
    parameters,
    ranges,
    retrieve_store,
    security,
    site,
    trees,
)
from ftpd_service.commands.command import AnyCommand
from ftpd_service.session.session import Session

DISABLED = frozenset(
    {
        # Protected replies and GSSAPI exchanges (RFC 2228): TLS needs neither.
        "ADAT",
        "MIC",
        "CONF",
        "ENC",
        # Foreign structures (RFC 959 section 4.1.1), long addresses (RFC 1639), distributed servers, FXP with TLS.
        "SMNT",
        "LPRT",
        "LPSV",
        "PRET",
        "SSCN",
        "CPSV",
        # No system call sets the time at which a file was made (draft-somers-ftp-mfxx-03 section 4).
        "MFCT",
        # Meant for gateways (RFC 6384), thumbnails, and the mail verbs from before 1985.
        "ALGS",
        "THMB",
        # Joins files whose parts it removes: GlobalSCAPE's.
        "COMB",
        "MAIL",
        "MLFL",
        "MSND",
        "MSOM",
        "MSAM",
        "MRSQ",
        "MRCP",
        "XRSQ",
        "XRCP",
        "XSEN",
        "XSEM",
        "XMAS",
    }
)
"""Verbs that are known and refused on purpose: 502."""

MODULES = (
    access,
    security,
    navigation,
    data_port,
    parameters,
    retrieve_store,
    ranges,
    listings,
    files,
    copies,
    information,
    site,
    trees,
    digests,
)


class Table:
    """The immutable map from verbs and aliases to `Command`.

    :ivar changes_tls: the verbs behind whose lines no byte is processed before their replies.
    """

    def __init__(self, commands: Iterable[AnyCommand], disabled: frozenset[str] = DISABLED) -> None:
        by_name: dict[str, AnyCommand] = {}
        for command in commands:
            for name in (command.facts.verb, *command.facts.aliases):
                if name in by_name or name in disabled:
                    raise ValueError(f"{name} is declared twice")
                by_name[name] = command
        self._by_name: Mapping[str, AnyCommand] = MappingProxyType(by_name)
        self._disabled = disabled
        self.changes_tls = frozenset(
            name.encode() for name, command in by_name.items() if command.facts.begins_tls or command.facts.ends_tls
        )

    def find(self, verb: str) -> AnyCommand | None:
        """Return the command of a verb or alias in upper case, or None if it is unknown or disabled."""
        return self._by_name.get(verb)

    def disabled(self, verb: str) -> bool:
        """Whether the verb is known and refused on purpose."""
        return verb in self._disabled

    def commands(self) -> tuple[AnyCommand, ...]:
        """Return all commands, each once, by verb."""
        unique = {command.facts.verb: command for command in self._by_name.values()}
        return tuple(unique[verb] for verb in sorted(unique))

    def feature_lines(self, session: Session) -> tuple[str, ...]:
        """Return the lines of FEAT for this session, sorted, without the leading space (RFC 2389 section 3.2)."""
        lines: list[str] = []
        for command in self.commands():
            if command.facts.features is not None:
                lines.extend(command.facts.features(session))
        return tuple(sorted(lines))

    def names(self) -> tuple[str, ...]:
        """Return all verbs and aliases, sorted, with ``*`` behind those that are refused on purpose."""
        return tuple(sorted([*self._by_name, *(f"{verb}*" for verb in self._disabled)]))

    def site_names(self) -> tuple[str, ...]:
        """Return the sub-verbs of SITE, sorted."""
        return tuple(site.SUB_VERBS)

    def syntax(self, verb: str) -> str | None:
        """Return the syntax line of a verb that is carried out, or None."""
        command = self._by_name.get(verb)
        return None if command is None else f"{verb} {command.facts.help}".rstrip()


def standard_table() -> Table:
    """Return the table of this server, with every verb of the topic modules."""
    return Table(command for module in MODULES for command in module.COMMANDS)
