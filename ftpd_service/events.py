"""What happened, as frozen records.  Emitted by sessions, written by `observe/`; observers cannot change anything."""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.values import Direction, Peer, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The root of all events: which session it happened in."""

    session: SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Event):
    """A client connected and was let in."""

    peer: Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRefused(Event):
    """A client connected and a cap turned it away; `reason` names the cap."""

    peer: Peer
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionIgnored(Event):
    """A connection ended before it could become a session, as those of a load balancer's health checks do."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(Event):
    """The control connection is gone.  Seconds since it came; `reason` in a few words."""

    peer: Peer
    seconds: float
    reason: str
    account: str | None = None
    tls: str = ""
    """How its protected data connections went, in a few words; empty where there was none."""
    untold: int = 0
    """How many refusals were left out of the log since the last one that was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsStarted(Event):
    """The control connection is protected from here on; `text` names version, cipher, server name, certificate."""

    peer: Peer
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsEnded(Event):
    """The control connection is in clear from here on, after CCC or REIN."""

    peer: Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSharedCipher(Event):
    """A client's handshake failed as it has no cipher suite in common with us; the first time from its host.

    `text` says what it offered and what would help.
    """

    peer: Peer
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSucceeded(Event):
    """A name and a password were accepted for this account."""

    peer: Peer
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(Event):
    """A login was refused or could not be decided; `name` is what the client typed, `reason` is for the operator."""

    peer: Peer
    name: str
    reason: str
    wrong: bool = True
    """Whether name and password did not fit: a guess.  Not where a checker failed or a cap was reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFinished(Event):
    """A verb was answered.  The argument is left out for verbs that carry a secret.  Seconds from start to reply."""

    verb: str
    argument: str
    code: int
    seconds: float
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferStarted(Event):
    """The preliminary reply of a transfer went out."""

    account: str
    verb: str
    direction: Direction
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFinished(Event):
    """A transfer ended.  `octets` on the data connection; `outcome` is ``complete`` or what went wrong."""

    account: str
    verb: str
    direction: Direction
    path: str
    octets: int
    seconds: float
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRemoved(Event):
    """A file was deleted (DELE)."""

    account: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChanged(Event):
    """A directory was made or removed; `verb` is MKD or RMD."""

    account: str
    verb: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(Event):
    """A file or directory has another name now."""

    account: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(Event):
    """A verb was answered with a refusal; `reason` is for the operator: the reply, and what it does not say."""

    peer: Peer
    account: str | None
    verb: str
    argument: str
    code: int
    reason: str
    untold: int | None = 0
    """How many refusals of the session before it were left out of the log; None leaves out this one too."""
    path: str | None = None
    """The absolute virtual path, where the verb has come so far as to take its argument for a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConnectionFailed(Event):
    """A data connection did not come to be, or a stranger knocked; `reason` is for the operator."""

    peer: Peer
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcesExhausted(Event):
    """A verb failed as the server is short of descriptors, memory or threads; `reason` says of which."""

    verb: str
    reason: str
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexpectedError(Event):
    """An exception that nobody expected: the log shows its traceback, the client a 451."""

    verb: str
    exception: BaseException
