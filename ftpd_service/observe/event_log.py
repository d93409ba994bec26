"""The event log: a structured, readable line for each event, and tracebacks of unexpected errors.

Fields such as ``session``, ``peer``, ``account``, ``verb``, ``path``, ``octets``, ``seconds`` and ``outcome`` are keys
of the log event, so a JSON observer can write them separately; the text observer shows the same in a line.

Each line begins with the session, followed by the client's address and the account.  Texts that a client may have
chosen come last, quoted and escaped, so that no name can imitate a line or a different part of its line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from twisted.logger import Logger, LogLevel
from twisted.python.failure import Failure
from zope.interface import implementer

from ftpd_service import events
from ftpd_service.interfaces import IObserver
from ftpd_service.observe.escapes import escaped, quoted

E = TypeVar("E", bound=events.Event)


@implementer(IObserver)
class EventLog:
    """An observer that writes events to `twisted.logger`, at or above a level."""

    def __init__(self, *, level: str = "info", log: Logger | None = None) -> None:
        self._log = Logger(namespace="ftpd") if log is None else log
        least = LogLevel.levelWithName(level)
        self._levels = {constant.name: constant for constant in LogLevel.iterconstants() if constant >= least}
        self._passed_over = (_DEBUG if least > LogLevel.debug else frozenset()) | (
            _INFO if least > LogLevel.info else frozenset()
        )

    def observe(self, event: events.Event) -> None:
        """Write the line of an event; events of some classes have no line."""
        kind = type(event)
        if self.wants(kind):
            _WRITERS[kind](self, event)

    def wants(self, kind: type[events.Event]) -> bool:
        """Return whether events of this class have a line at the current level."""
        return kind in _WRITERS and kind not in self._passed_over

    def line(self, level: str, text: str, **fields: object) -> None:
        """Log a line, with its facts as fields.

        :param text: the finished line, in which names are already `quoted` and other texts `escaped`.
        """
        constant = self._levels.get(level)
        if constant is not None:
            # Twisted would fill in braces, which takes ten times as long as this whole method (measured).
            if "{" in text or "}" in text:
                text = text.replace("{", "{{").replace("}", "}}")
            self._log.emit(constant, text, **_printable(fields))

    def failure(self, text: str, exception: BaseException, **fields: object) -> None:
        """Log a line with a traceback; the fields fill the text's braces."""
        failure = Failure(exception)
        self._log.emit(LogLevel.critical, text, log_failure=failure, **_printable(fields))


def _printable(fields: dict[str, object]) -> dict[str, object]:
    """Return fields that every observer can write; a lone surrogate cannot be encoded, and would lose the line."""
    return {name: escaped(value) if isinstance(value, str) else value for name, value in fields.items()}


def _account(name: str | None) -> str:
    return "-" if name is None else quoted(name)


def _command_line(verb: str, argument: str) -> str:
    return f"{verb} {quoted(argument)}" if argument else verb


def _started(log: EventLog, event: events.SessionStarted) -> None:
    address, port = event.peer.address, event.peer.port
    peer = f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"
    log.line("info", f"{event.session} connected from {peer}", session=event.session, peer=peer)


def _refused_session(log: EventLog, event: events.SessionRefused) -> None:
    if event.untold is None:
        return
    peer = str(event.peer.address)
    untold = f" ({event.untold} refusals before it were left out of the log)" if event.untold else ""
    text = f"refused {peer}: {escaped(event.reason)}{untold}"
    log.line("warn", text, peer=peer, reason=event.reason)


def _banned(log: EventLog, event: events.BanMade) -> None:
    until = "until an operator lifts it" if event.seconds is None else f"for {event.seconds:.0f} s"
    text = f"ban of {event.kind} {quoted(event.subject)} {until}: {escaped(event.reason)}"
    log.line("warn", text, kind=event.kind, subject=event.subject, reason=event.reason)


def _unbanned(log: EventLog, event: events.BanLifted) -> None:
    text = f"ban of {event.kind} {quoted(event.subject)} was lifted"
    log.line("info", text, kind=event.kind, subject=event.subject)


def _ignored(log: EventLog, event: events.ConnectionIgnored) -> None:
    text = f"no session for {event.address}: {escaped(event.reason)}"
    log.line("debug", text, peer=event.address, reason=event.reason)


def _no_proxy(log: EventLog, event: events.ProxyRefused) -> None:
    untold = f" ({event.untold} more were left out of the log)" if event.untold else ""
    log.line(
        "warn",
        f"refused {event.address} at {escaped(event.listener)}: it may not send a PROXY header; "
        f"if it is a proxy, add it to the listener's key proxies{untold}",
        peer=event.address,
        listener=event.listener,
    )


def _replaced(log: EventLog, event: events.CertificatesReplaced) -> None:
    log.line("info", f"the certificates were read again: {escaped(event.path)}", path=event.path)


def _certificates_refused(log: EventLog, event: events.CertificatesRefused) -> None:
    text = f"{escaped(event.reason)}; the old certificates stay in force"
    log.line("error", text, path=event.path, reason=event.reason)


def _ended(log: EventLog, event: events.SessionEnded) -> None:
    tls = f" ({event.tls})" if event.tls else ""
    untold = f" ({event.untold} refusals were left out of the log)" if event.untold else ""
    log.line(
        "info",
        f"{event.session} ended after {event.seconds:.1f} s: {escaped(event.reason + tls)}{untold}",
        session=event.session,
        peer=str(event.peer.address),
        account=event.account,
        seconds=event.seconds,
        reason=event.reason,
        tls=event.tls,
    )


def _tls(log: EventLog, event: events.TlsStarted) -> None:
    peer = str(event.peer.address)
    text = f"{event.session} {peer} TLS begins: {escaped(event.text)}"
    log.line("info", text, session=event.session, peer=peer, tls=event.text)


def _tls_ended(log: EventLog, event: events.TlsEnded) -> None:
    peer = str(event.peer.address)
    log.line(
        "info", f"{event.session} {peer} TLS ends: the control connection is in clear", session=event.session, peer=peer
    )


def _unshared(log: EventLog, event: events.NoSharedCipher) -> None:
    peer = str(event.peer.address)
    text = f"{event.session} {peer} TLS handshake failed: {escaped(event.text)} (said once for each address)"
    log.line("warn", text, session=event.session, peer=peer, reason=event.text)


def _login(log: EventLog, event: events.LoginSucceeded) -> None:
    peer = str(event.peer.address)
    text = f"{event.session} {peer} login of {quoted(event.account)}"
    log.line("info", text, session=event.session, account=event.account, peer=peer)


def _login_failed(log: EventLog, event: events.LoginFailed) -> None:
    """Log only wrong guesses as ``login failed``, so that no client is banned because a checker is down."""
    peer = str(event.peer.address)
    outcome = "login failed" if event.wrong else "login not granted"
    log.line(
        "warn",
        f"{event.session} {peer} {outcome} for {quoted(event.name)}: {escaped(event.reason)}",
        session=event.session,
        name=event.name,
        peer=peer,
        reason=event.reason,
    )


def _command(log: EventLog, event: events.CommandFinished) -> None:
    text = f"{event.session} {_account(event.account)} {_command_line(event.verb, event.argument)}"
    log.line(
        "debug",
        f"{text} -> {event.code} in {event.seconds:.4f} s",
        session=event.session,
        account=event.account,
        verb=event.verb,
        argument=event.argument,
        code=event.code,
        seconds=event.seconds,
    )


def _refused(log: EventLog, event: events.Refused) -> None:
    if event.untold is None:
        return
    untold = f" ({event.untold} refusals before it were left out of the log)" if event.untold else ""
    peer = str(event.peer.address)
    text = f"{event.session} {peer} {_account(event.account)} {_command_line(event.verb, event.argument)}"
    place = "" if event.path is None else f" at {quoted(event.path)}"
    log.line(
        "info",
        f"{text} refused with {event.code}{place}: {escaped(event.reason)}{untold}",
        session=event.session,
        peer=peer,
        account=event.account,
        verb=event.verb,
        argument=event.argument,
        path=event.path,
        code=event.code,
        reason=event.reason,
        rule=event.rule,
    )


def _transfer_started(log: EventLog, event: events.TransferStarted) -> None:
    log.line(
        "debug",
        f"{event.session} {quoted(event.account)} {event.verb} {quoted(event.path)} begins",
        session=event.session,
        account=event.account,
        verb=event.verb,
        path=event.path,
    )


def _transfer_finished(log: EventLog, event: events.TransferFinished) -> None:
    text = f"{event.session} {quoted(event.account)} {event.verb} {quoted(event.path)}"
    log.line(
        "info",
        f"{text}: {escaped(event.outcome)}, {event.octets} bytes in {event.seconds:.3f} s",
        session=event.session,
        account=event.account,
        verb=event.verb,
        path=event.path,
        octets=event.octets,
        seconds=event.seconds,
        outcome=event.outcome,
    )


def _changed(log: EventLog, event: events.FileRemoved | events.DirectoryChanged) -> None:
    verb = event.verb if isinstance(event, events.DirectoryChanged) else "DELE"
    text = f"{event.session} {quoted(event.account)} {verb} {quoted(event.path)}"
    log.line("info", text, session=event.session, account=event.account, verb=verb, path=event.path)


def _renamed(log: EventLog, event: events.Renamed) -> None:
    log.line(
        "info",
        f"{event.session} {quoted(event.account)} RNTO {quoted(event.source)} -> {quoted(event.target)}",
        session=event.session,
        account=event.account,
        verb="RNTO",
        path=event.source,
        target=event.target,
    )


def _data_failed(log: EventLog, event: events.DataConnectionFailed) -> None:
    peer = str(event.peer.address)
    text = f"{event.session} data connection of {peer}: {escaped(event.reason)}"
    log.line("info", text, session=event.session, peer=peer, reason=event.reason)


def _exhausted(log: EventLog, event: events.ResourcesExhausted) -> None:
    log.line(
        "error",
        f"{event.session} {event.verb} failed: the server is short of resources ({escaped(event.reason)}); raise the "
        "limits of the service (LimitNOFILE, MemoryMax, TasksMax), or lower limits.sessions",
        session=event.session,
        account=event.account,
        verb=event.verb,
        reason=event.reason,
    )


def _unexpected(log: EventLog, event: events.UnexpectedError) -> None:
    log.failure("{session} {verb} failed", event.exception, session=event.session, verb=event.verb)


_DEBUG: frozenset[type[events.Event]] = frozenset(
    {events.CommandFinished, events.ConnectionIgnored, events.TransferStarted}
)
"""The events that are logged only at level debug.  They are so many that they are skipped before a line is made."""

_INFO: frozenset[type[events.Event]] = frozenset(
    {
        events.SessionStarted,
        events.BanLifted,
        events.CertificatesReplaced,
        events.SessionEnded,
        events.TlsStarted,
        events.TlsEnded,
        events.LoginSucceeded,
        events.Refused,
        events.TransferFinished,
        events.FileRemoved,
        events.DirectoryChanged,
        events.Renamed,
        events.DataConnectionFailed,
    }
)
"""The events that are logged at level info or debug, and skipped at higher levels before a line is made."""

_WRITERS: dict[type[events.Event], Callable[[EventLog, events.Event], None]] = {}


def _writes(kind: type[E], write: Callable[[EventLog, E], None]) -> None:
    def checked(log: EventLog, event: events.Event) -> None:
        if isinstance(event, kind):
            write(log, event)

    _WRITERS[kind] = checked


_writes(events.SessionStarted, _started)
_writes(events.SessionRefused, _refused_session)
_writes(events.BanMade, _banned)
_writes(events.BanLifted, _unbanned)
_writes(events.ConnectionIgnored, _ignored)
_writes(events.ProxyRefused, _no_proxy)
_writes(events.CertificatesReplaced, _replaced)
_writes(events.CertificatesRefused, _certificates_refused)
_writes(events.SessionEnded, _ended)
_writes(events.TlsStarted, _tls)
_writes(events.TlsEnded, _tls_ended)
_writes(events.NoSharedCipher, _unshared)
_writes(events.LoginSucceeded, _login)
_writes(events.LoginFailed, _login_failed)
_writes(events.CommandFinished, _command)
_writes(events.Refused, _refused)
_writes(events.TransferStarted, _transfer_started)
_writes(events.TransferFinished, _transfer_finished)
_writes(events.FileRemoved, _changed)
_writes(events.DirectoryChanged, _changed)
_writes(events.Renamed, _renamed)
_writes(events.DataConnectionFailed, _data_failed)
_writes(events.ResourcesExhausted, _exhausted)
_writes(events.UnexpectedError, _unexpected)
