"""The Command record and its decorator, so that a verb's declaration stands beside its code.

A declaration has every fact about a verb; the guards, the dispatcher, FEAT, HELP and docs/verbs.rst read it.
`table.py` joins the topic modules; no module registers itself at import.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from zope.interface import Interface

from ftpd_service.commands.context import Context
from ftpd_service.commands.needs import Access
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.sequence import OneShot
from ftpd_service.session.session import Session
from ftpd_service.wire.reply import Final

A = TypeVar("A")


class Timing(Enum):
    """The time when a verb runs while another verb runs."""

    QUEUED = "queued"
    AT_ONCE = "at once"
    REMEMBERED = "remembered"
    """QUIT is noted at once and carried out in its turn; later lines are discarded."""


class Column(Enum):
    """The column of the error table that a verb's replies come from."""

    READS = "reads"
    WRITES = "writes"
    LISTS = "lists"


def queued(argument: str) -> Timing:
    """Wait for the earlier verbs, as nearly all verbs do."""
    return Timing.QUEUED


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts about a verb, without its code and its argument parser."""

    verb: str
    help: str
    """Its argument as HELP shows it; empty without an argument."""
    source: str
    """The definition of the verb: RFC and section."""
    replies: tuple[int, ...]
    """The final codes of the verb itself, beyond those of the guards, the parser and the error table."""
    aliases: tuple[str, ...] = ()
    needs_login: bool = True
    timing: Callable[[str], Timing] = queued
    transfer: bool = False
    """Whether it opens a data connection; ABOR answers 426 for it."""
    abortable: bool = False
    """Whether the verb may run long, so that ABOR stops it (451); a transfer needs no such mark."""
    keeps: OneShot = OneShot.RESTART | OneShot.RANGE
    """The one-shot state that outlives this verb."""
    needs: OneShot = OneShot.NONE
    """The one-shot state without which the verb is out of sequence (503)."""
    column: Column = Column.READS
    column_of: Callable[[str], Column] | None = None
    """Returns the column for an argument, of a verb with sub-verbs."""
    names_account: bool = False
    """Whether it is part of a login, and refused in clear if the listener demands TLS."""
    begins_tls: bool = False
    """Whether it switches TLS on; no byte behind its line is processed before its reply."""
    ends_tls: bool = False
    """Whether it switches TLS off, with the same rule."""
    chooses_port: bool = False
    """Whether it is refused after EPSV ALL."""
    dials: bool = False
    """Whether the server connects to the client; disabled if active mode is off."""
    digest: str | None = None
    """The algorithm that it needs, by its name in the configuration; empty for any, None for a verb without digests."""
    access: Access | None = None
    """The permissions that it needs at the path of its argument; None for a verb that touches no file."""
    secret: bool = False
    """Whether its argument must never reach a log or an event."""
    features: Callable[[Session], tuple[str, ...]] | None = None
    """Its lines in FEAT, without the leading space."""

    @property
    def may_be_aborted(self) -> bool:
        """Whether ABOR ends it, so that lines are read while it runs."""
        return self.transfer or self.abortable


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[A]):
    """A verb: its facts, the parser of its argument, and the coroutine that carries it out."""

    facts: Facts
    parse: Callable[[str], A]
    """The argument parser; raises BadArgument or UnsupportedParameter."""
    run: Callable[[Context, A], Awaitable[Final]]


AnyCommand = Command[Any]  # Any: a table holds verbs of every argument type


def command(
    parse: Callable[[str], A], facts: Facts
) -> Callable[[Callable[[Context, A], Awaitable[Final]]], Command[A]]:
    """Declare a verb: the decorated coroutine becomes its frozen `Command`."""

    def declare(run: Callable[[Context, A], Awaitable[Final]]) -> Command[A]:
        return Command(facts=facts, parse=parse, run=run)

    return declare


def features(*lines: str) -> Callable[[Session], tuple[str, ...]]:
    """Lines of FEAT that are the same in every session."""
    return lambda session: lines


def features_of_storage(
    ability: type[Interface], *lines: str, otherwise: tuple[str, ...] = ()
) -> Callable[[Session], tuple[str, ...]]:
    """Return the lines of FEAT that need an ability of the login's storage; before a login they count as there.

    :param otherwise: the lines of a login whose storage lacks it.
    """

    def told(session: Session) -> tuple[str, ...]:
        login = session.login
        return otherwise if isinstance(login, LoggedIn) and not ability.providedBy(login.storage) else lines

    return told
