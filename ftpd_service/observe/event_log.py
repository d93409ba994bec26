"""One structured log line an event, readable as it stands; tracebacks of what nobody expected.

Fields: ``session``, ``peer``, ``account``, ``verb``, ``path``, ``octets``, ``seconds``, ``outcome`` and the like stand
in the event as keys, so that a JSON observer writes them one by one; the text observer shows the same in one line.
Names from clients are shown with control characters replaced, so no client can forge a line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service import events
from ftpd_service.interfaces import IObserver
from ftpd_service.wire.paths import display

E = TypeVar("E", bound=events.Event)


@implementer(IObserver)
class EventLog:
    """Writes events to `twisted.logger` at or above a level."""

    def __init__(self, *, level: str = "info", log: Logger | None = None) -> None:
        self._log = Logger(namespace="ftpd") if log is None else log
        self._least = LogLevel.levelWithName(level)
        self._passed_over = (_DEBUG if self._least > LogLevel.debug else frozenset()) | (
            _INFO if self._least > LogLevel.info else frozenset()
        )

    def observe(self, event: events.Event) -> None:
        """Write the line of an event that has one."""
        kind = type(event)
        write = _WRITERS.get(kind)
        if write is not None and kind not in self._passed_over:
            write(self, event)

    def line(self, level: str, text: str, **fields: object) -> None:
        """One line: the text's braces are filled from the fields."""
        constant = LogLevel.levelWithName(level)
        if constant >= self._least:
            shown = _shown(fields)
            # Twisted's own filling in takes ten times as long (measured); braces are text from here on.
            filled = text.format(**shown).replace("{", "{{").replace("}", "}}")
            self._log.emit(constant, filled, **shown)

    def failure(self, text: str, exception: BaseException, **fields: object) -> None:
        """A line with a traceback."""
        failure = Failure(exception)
        self._log.emit(LogLevel.critical, text, log_failure=failure, **_shown(fields))


def _shown(fields: dict[str, object]) -> dict[str, object]:
    """Fields as a log can hold them: control characters become ``?``, bytes that are no UTF-8 are written out.

    A lone surrogate cannot be encoded: the log file's observer would fail, and the line be lost.
    """
    return {name: readable(value) if isinstance(value, str) else value for name, value in fields.items()}


def readable(text: str) -> str:
    """A text as a log can hold it, see `_shown`."""
    if text.isprintable():
        return text
    return display(text).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _started(log: EventLog, event: events.SessionStarted) -> None:
    peer = event.peer
    log.line("info", "{session} connected from {peer}", session=event.session, peer=f"{peer.address}:{peer.port}")


def _refused_session(log: EventLog, event: events.SessionRefused) -> None:
    peer = str(event.peer.address)
    log.line("warn", "refused {peer}: {reason}", session=event.session, peer=peer, reason=event.reason)


def _ended(log: EventLog, event: events.SessionEnded) -> None:
    log.line(
        "info",
        "{session} ended after {seconds:.1f} s: {reason}" + (" ({tls})" if event.tls else ""),
        session=event.session,
        peer=str(event.peer.address),
        account=event.account,
        seconds=event.seconds,
        reason=event.reason,
        tls=event.tls,
    )


def _tls(log: EventLog, event: events.TlsStarted) -> None:
    log.line("info", "{session} TLS begins: {tls}", session=event.session, peer=str(event.peer.address), tls=event.text)


def _login(log: EventLog, event: events.LoginSucceeded) -> None:
    log.line(
        "info",
        "{session} login of {account} from {peer}",
        session=event.session,
        account=event.account,
        peer=str(event.peer.address),
    )


def _login_failed(log: EventLog, event: events.LoginFailed) -> None:
    log.line(
        "warn",
        "{session} login of {name} from {peer} failed: {reason}",
        session=event.session,
        name=event.name,
        peer=str(event.peer.address),
        reason=event.reason,
    )


def _command(log: EventLog, event: events.CommandFinished) -> None:
    log.line(
        "debug",
        "{session} {verb} {argument} -> {code} in {seconds:.4f} s",
        session=event.session,
        account=event.account,
        verb=event.verb,
        argument=event.argument,
        code=event.code,
        seconds=event.seconds,
    )


def _refused(log: EventLog, event: events.Refused) -> None:
    log.line(
        "info",
        "{session} {verb} {argument} refused with {code}: {reason}",
        session=event.session,
        account=event.account,
        verb=event.verb,
        argument=event.argument,
        code=event.code,
        reason=event.reason,
    )


def _transfer_started(log: EventLog, event: events.TransferStarted) -> None:
    log.line(
        "debug",
        "{session} {verb} {path} begins",
        session=event.session,
        account=event.account,
        verb=event.verb,
        path=event.path,
    )


def _transfer_finished(log: EventLog, event: events.TransferFinished) -> None:
    log.line(
        "info",
        "{session} {account} {verb} {path}: {outcome}, {octets} bytes in {seconds:.3f} s",
        session=event.session,
        account=event.account,
        verb=event.verb,
        path=event.path,
        octets=event.octets,
        seconds=event.seconds,
        outcome=event.outcome,
    )


def _removed(log: EventLog, event: events.FileRemoved) -> None:
    _changed(log, event.session, event.account, "DELE", event.path)


def _directory(log: EventLog, event: events.DirectoryChanged) -> None:
    _changed(log, event.session, event.account, event.verb, event.path)


def _changed(log: EventLog, session: str, account: str, verb: str, path: str) -> None:
    log.line(
        "info",
        "{session} {account} {verb} {path}",
        session=session,
        account=account,
        verb=verb,
        path=path,
    )


def _renamed(log: EventLog, event: events.Renamed) -> None:
    log.line(
        "info",
        "{session} {account} RNTO {path} -> {target}",
        session=event.session,
        account=event.account,
        verb="RNTO",
        path=event.source,
        target=event.target,
    )


def _data_failed(log: EventLog, event: events.DataConnectionFailed) -> None:
    log.line(
        "info",
        "{session} data connection of {peer}: {reason}",
        session=event.session,
        peer=str(event.peer.address),
        reason=event.reason,
    )


def _unexpected(log: EventLog, event: events.UnexpectedError) -> None:
    log.failure("{session} {verb} failed", event.exception, session=event.session, verb=event.verb)


_DEBUG: frozenset[type[events.Event]] = frozenset({events.CommandFinished, events.TransferStarted})
"""What is written at the level debug alone: so many that they are passed over before a line is made."""

_INFO: frozenset[type[events.Event]] = frozenset(
    {
        events.SessionStarted,
        events.SessionEnded,
        events.TlsStarted,
        events.LoginSucceeded,
        events.Refused,
        events.TransferFinished,
        events.FileRemoved,
        events.DirectoryChanged,
        events.Renamed,
        events.DataConnectionFailed,
    }
)
"""What is written at the level info at most, and passed over likewise."""

_WRITERS: dict[type[events.Event], Callable[[EventLog, events.Event], None]] = {}


def _writes(kind: type[E], write: Callable[[EventLog, E], None]) -> None:
    def checked(log: EventLog, event: events.Event) -> None:
        if isinstance(event, kind):
            write(log, event)

    _WRITERS[kind] = checked


_writes(events.SessionStarted, _started)
_writes(events.SessionRefused, _refused_session)
_writes(events.SessionEnded, _ended)
_writes(events.TlsStarted, _tls)
_writes(events.LoginSucceeded, _login)
_writes(events.LoginFailed, _login_failed)
_writes(events.CommandFinished, _command)
_writes(events.Refused, _refused)
_writes(events.TransferStarted, _transfer_started)
_writes(events.TransferFinished, _transfer_finished)
_writes(events.FileRemoved, _removed)
_writes(events.DirectoryChanged, _directory)
_writes(events.Renamed, _renamed)
_writes(events.DataConnectionFailed, _data_failed)
_writes(events.UnexpectedError, _unexpected)
