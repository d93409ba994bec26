"""Events as frozen records.  Sessions emit them, `observe/` logs them, and observers cannot change anything."""

from __future__ import annotations

from dataclasses import dataclass

from ftpd_service.reasons import DataFailure, LoginOutcome, SessionRefusal, TransferOutcome, UploadEvidence, UploadGrade
from ftpd_service.values import Direction, Peer, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The root of all events.  Those that are no `SessionEvent` are about the server itself, and have no session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent(Event):
    """The root of all events of a session; `peer` is its client."""

    session: SessionId
    peer: Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(SessionEvent):
    """A client connected and was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRefused(Event):
    """A client connected and was refused; `reason` begins with the key of the limit."""

    peer: Peer
    reason: str
    cause: SessionRefusal = SessionRefusal.SESSIONS
    untold: int | None = 0
    """How many refusals like this were left out of the log before it; None leaves out this one too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BanMade(Event):
    """A host, a subnet or an account was banned, by the server or by an operator."""

    kind: str
    """``host``, ``subnet`` or ``account``."""
    subject: str
    seconds: float | None
    """The duration; None means until an operator lifts it."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BanLifted(Event):
    """An operator lifted a ban."""

    kind: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionIgnored(Event):
    """A connection ended before it became a session, like a load balancer's health check."""

    address: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyRefused(Event):
    """A connection was closed because its address is not that of a proxy of the listener."""

    address: str
    listener: str
    untold: int = 0
    """How many such connections were left out of the log since the last one in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationReloaded(Event):
    """The configuration was read again and is in force; `differences` are lines for the operator, without secrets."""

    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadFailed(Event):
    """The configuration could not be put into force, and nothing has changed; `mistakes` are lines for the operator."""

    mistakes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesReplaced(Event):
    """The certificate's files had changed, and later handshakes use the new certificates."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificatesRefused(Event):
    """The certificate's files had changed, but cannot be used, so the old certificates stay in force."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Administered(Event):
    """An operator asked the running service to do something, with effect or without."""

    who: str
    """The operator: the name or id of the user, as the system knows it."""
    verb: str
    argument: str = ""
    outcome: str = "done"
    """``done``, or why not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(SessionEvent):
    """The control connection has ended; `seconds` is its duration, and `reason` says why in a few words."""

    seconds: float
    reason: str
    account: str | None = None
    tls: str = ""
    """A short summary of its protected data connections; empty if there was no such connection."""
    untold: int = 0
    """How many refusals were left out of the log since the last refusal in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsStarted(SessionEvent):
    """The control connection is now protected; `text` names version, cipher, server name and certificate."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsEnded(SessionEvent):
    """The control connection is in clear from here on, after CCC or REIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFailed(SessionEvent):
    """The handshake of the control connection failed; the event of the session's end says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoSharedCipher(SessionEvent):
    """A client's handshake failed, for the first time from its host, because no cipher suite is shared.

    `text` lists the client's suites and names a remedy.
    """

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginSucceeded(SessionEvent):
    """A name and a password were accepted for this account."""

    account: str
    checker: str = ""
    """The checker that accepted, as `ftpd_service.errors.LoginError.checker`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginFailed(SessionEvent):
    """A login was refused or could not be decided; `name` is the client's text, and `reason` is for the operator."""

    name: str
    reason: str
    wrong: bool = True
    """Whether name and password did not match; false if a checker failed or a cap was reached."""
    outcome: LoginOutcome = LoginOutcome.WRONG
    checker: str = ""
    """The checker that refused or failed, as `ftpd_service.errors.LoginError.checker`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFinished(SessionEvent):
    """A verb was answered after `seconds`.  The argument is left out for verbs with a secret."""

    verb: str
    argument: str
    code: int
    seconds: float
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferStarted(SessionEvent):
    """The preliminary reply of a transfer was sent."""

    account: str
    verb: str
    direction: Direction
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFinished(SessionEvent):
    """A transfer ended, after `octets` bytes on the data connection; `outcome` is ``complete`` or the error."""

    account: str
    verb: str
    direction: Direction
    path: str
    octets: int
    seconds: float
    outcome: str
    protected: bool = False
    """Whether the data connection was protected by TLS."""
    kind: TransferOutcome = TransferOutcome.COMPLETE
    """The class of `outcome`."""
    ascii: bool = False
    """Whether line ends were converted (TYPE A)."""
    grade: UploadGrade | None = None
    """How certain it is that all bytes of an upload have come; None for other transfers."""
    evidence: UploadEvidence | None = None
    """The sign that decided about the grade."""
    quarantined: str | None = None
    """The name of an upload in the quarantine, below the directory there, or None if it is not there."""

    @property
    def grade_word(self) -> str | None:
        """Return the word for the grade, or None."""
        return None if self.grade is None else self.grade.value

    @property
    def evidence_word(self) -> str | None:
        """Return the word for the sign, or None."""
        return None if self.evidence is None else self.evidence.value


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineFailed(SessionEvent):
    """A broken upload could not be put into the quarantine, so it was aborted; `reason` is for the operator."""

    account: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRemoved(SessionEvent):
    """A file was deleted (DELE)."""

    account: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChanged(SessionEvent):
    """A directory was made or removed; `verb` is MKD or RMD."""

    account: str
    verb: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeRemoved(SessionEvent):
    """A directory was removed with everything below it: the `whole`, or `files` (and links) and `directories` of it."""

    account: str
    verb: str
    path: str
    files: int
    directories: int
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Renamed(SessionEvent):
    """A file or directory was renamed."""

    account: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCopied(SessionEvent):
    """A file was copied on the server."""

    account: str
    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributesChanged(SessionEvent):
    """The time or the permission bits of a file or directory were set; `verb` is MFMT, MFF, MDTM or a SITE verb."""

    account: str
    verb: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused(SessionEvent):
    """A verb was refused; `reason` is for the operator and says more than the reply."""

    account: str | None
    verb: str
    argument: str
    code: int
    reason: str
    untold: int | None = 0
    """How many refusals of the session before it were left out of the log; None leaves out this one too."""
    path: str | None = None
    """The absolute virtual path, if the verb has already read its argument as a path."""
    rule: str | None = None
    """The id of the account's rule that decided, or None if no rule did."""
    quota: bool = False
    """Whether the account's quota, or the largest size of a file, was the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataConnectionFailed(SessionEvent):
    """A data connection failed to open, or came from a wrong address; `reason` is for the operator."""

    reason: str
    account: str | None = None
    cause: DataFailure = DataFailure.OTHER


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourcesExhausted(SessionEvent):
    """A verb failed because the server is short of descriptors, memory or threads; `reason` names the resource."""

    verb: str
    reason: str
    account: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnexpectedError(SessionEvent):
    """An unexpected exception occurred; the log gets its traceback, and the client a 451."""

    verb: str
    exception: BaseException
    account: str | None = None
