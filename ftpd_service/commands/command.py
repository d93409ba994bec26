"""The Command record and the decorator that makes one: a verb's declaration stands beside its code.

A declaration carries every fact about a verb; the guards, the dispatcher, FEAT, HELP and the README's table read it.
`table.py` joins the topic modules; nothing registers itself at import.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from ftpd_service.commands.context import Context
from ftpd_service.session.sequence import OneShot
from ftpd_service.session.session import Session
from ftpd_service.wire.reply import Final

A = TypeVar("A")


class Timing(Enum):
    """When a verb runs while another does."""

    QUEUED = "queued"
    AT_ONCE = "at once"
    REMEMBERED = "remembered"
    """QUIT: noted at once, carried out in its turn, what follows it is discarded."""


class Column(Enum):
    """Which column of the error table a verb's replies come from."""

    READS = "reads"
    WRITES = "writes"
    LISTS = "lists"


def queued(argument: str) -> Timing:
    """Wait for the verbs before: what nearly all verbs do."""
    return Timing.QUEUED


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything about a verb but its code and its argument parser."""

    verb: str
    help: str
    """Its argument as HELP shows it; empty where it takes none."""
    source: str
    """Where the verb is defined: RFC and section."""
    replies: tuple[int, ...]
    """Every code that the verb itself may end in, beyond those of the guards, the parser and the error table."""
    aliases: tuple[str, ...] = ()
    needs_login: bool = True
    timing: Callable[[str], Timing] = queued
    transfer: bool = False
    """Opens a data connection: ABOR answers 426 for it."""
    abortable: bool = False
    """May run long and is stopped by ABOR (451); a transfer is, without saying so."""
    keeps: OneShot = OneShot.RESTART
    """One-shot state that outlives this verb."""
    needs: OneShot = OneShot.NONE
    """One-shot state without which the verb is out of sequence (503)."""
    column: Column = Column.READS
    names_account: bool = False
    """Part of the login: refused in clear where the listener demands TLS."""
    begins_tls: bool = False
    """Switches TLS on: no byte behind its line is looked at before it has been answered."""
    ends_tls: bool = False
    """Switches TLS off, likewise."""
    chooses_port: bool = False
    """Refused once EPSV ALL is in force."""
    dials: bool = False
    """Has the server connect to the client: disabled where active mode is off."""
    secret: bool = False
    """The argument never reaches a log or an event."""
    features: Callable[[Session], tuple[str, ...]] | None = None
    """Its lines in FEAT, without the leading space."""

    @property
    def may_be_aborted(self) -> bool:
        """Whether ABOR ends it, and so whether lines are always read while it runs."""
        return self.transfer or self.abortable


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(Generic[A]):
    """One verb: its facts, the parser of its argument, and the coroutine that carries it out."""

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
