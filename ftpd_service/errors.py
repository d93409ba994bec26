"""The errors of this package, by name and without reply codes.

Only ``commands/for_errors.py`` turns errors into replies.  An adapter (storage, data, auth) translates foreign
exceptions into these errors at its edge and chains them with ``from``.  The text of a `RequestError` is written for the
client; the text of every other error is for the log and never leaves the server.

::

    FtpdError
     +-- RequestError          the command line itself
     |    +-- BadSyntax, BadArgument, BadSequence, UnsupportedParameter, Unsupported
     +-- LoginError            the client's identity
     |    +-- NotLoggedIn, LoginRefused, LoginUnavailable, LoginsSaturated, TlsRequired, PolicyDenied
     +-- DataError             the data connection
     |    +-- NoDataConnection, NoDataResources (is such), TransferAborted
     |    +-- DataProtectionRequired, DataHandshakeFailed, ResumptionRequired
     |    +-- UploadIncomplete (is TransferAborted), UploadUnproved
     |    +-- UploadRefused, StageRefused (is such), UploadPostponed
     +-- StorageError          files and directories
     |    +-- NotFound, PermissionDenied, AlreadyExists, IsADirectory, NotADirectory, NotEmpty, NotAPlainFile
     |    +-- NameNotAllowed, RestartBeyondEnd, StorageFull, QuotaExceeded, TemporarilyUnavailable, StorageFailed
     |    +-- TooManyEntries, NameUntellable, AcrossFolders, RangeExceeded, RangeNotUsable, RangeRefused
     |    +-- TooManyEntries, NameUntellable, AcrossFolders, UploadUnfinished
     |    +-- OutOfResources, DatabaseUnavailable, DatabaseFull (are TemporarilyUnavailable)
     +-- LimitReached
"""

from __future__ import annotations

from typing import ClassVar

from ftpd_service.reasons import DataFailure, LoginOutcome, SessionRefusal
from ftpd_service.values import Permissions, VirtualPath


class FtpdError(Exception):
    """The root of all exceptions that this package raises on purpose."""


class RequestError(FtpdError):
    """The command line cannot be carried out as it was sent; the text is shown to the client."""


class BadSyntax(RequestError):
    """The line is not a command: it cannot be decoded, is too long, or has an unknown verb."""


class BadArgument(RequestError):
    """The argument is missing, malformed or out of range."""


class BadSequence(RequestError):
    """The verb does not fit the commands before it."""


class UnsupportedParameter(RequestError):
    """The argument is well formed, but its value is not supported."""


class Unsupported(RequestError):
    """The storage of this login does not support the operation."""


class LoginError(FtpdError):
    """The client's identity does not suffice.

    :ivar checker: the kind of the checker that refused or failed, with a number if there are several of this kind; or
        empty.
    :ivar outcome: the class of the refusal.
    """

    usual: ClassVar[LoginOutcome] = LoginOutcome.DENIED

    def __init__(self, text: str = "", *, outcome: LoginOutcome | None = None, checker: str = "") -> None:
        super().__init__(text)
        self.outcome = self.usual if outcome is None else outcome
        self.checker = checker


class NotLoggedIn(LoginError):
    """The verb needs a login."""


class LoginRefused(LoginError):
    """The name and the password do not match, or the account may not log in."""


class LoginUnavailable(LoginError):
    """A checker failed or timed out, so nothing is known about the password."""

    usual = LoginOutcome.UNAVAILABLE


class LoginsSaturated(LoginUnavailable):
    """The queue of password checks is full, so this password was not checked."""

    usual = LoginOutcome.SATURATED


class TlsRequired(LoginError):
    """The name or the password may not be sent in clear."""

    usual = LoginOutcome.TLS_REQUIRED


class PolicyDenied(LoginError):
    """The server's policy refuses AUTH, PROT or CCC."""


class DataError(FtpdError):
    """The data connection failed."""


class NoDataConnection(DataError):
    """The client did not connect, the connect failed, or there was no PORT or PASV before.

    :ivar cause: the class of the failure.
    """

    def __init__(self, text: str = "", *, cause: DataFailure = DataFailure.OTHER) -> None:
        super().__init__(text)
        self.cause = cause


class NoDataResources(NoDataConnection):
    """The server itself lacks a resource for a data connection, as in `OutOfResources`."""

    def __init__(self, text: str = "", *, cause: DataFailure = DataFailure.RESOURCES) -> None:
        super().__init__(text, cause=cause)


class TransferAborted(DataError):
    """The data connection broke or stalled, or was aborted by ABOR or with the control connection."""


class UploadIncomplete(TransferAborted):
    """The policy discards an upload of this grade, and the end of the file seems to be missing."""


class UploadUnproved(DataError):
    """The policy discards an upload of this grade, although it ended in order."""


class UploadRefused(DataError):
    """The operator's stages do not accept an upload."""


class StageRefused(UploadRefused):
    """A stage of the operator's refuses an upload.

    :ivar told: the text for the client.
    :ivar code: the code of the reply, 553 or 550.
    """

    def __init__(self, text: str, *, told: str, code: int) -> None:
        super().__init__(text)
        self.told = told
        self.code = code


class UploadPostponed(DataError):
    """The operator's stages cannot judge an upload now; the client may try again."""


class DataProtectionRequired(DataError):
    """The data connection must be protected, but PROT is C."""


class DataHandshakeFailed(DataError):
    """The TLS handshake of the data connection failed or did not end in time."""


class ResumptionRequired(DataError):
    """The data connection must resume the TLS session of the control connection."""


class StorageError(FtpdError):
    """The storage refused an operation on a file or directory, or could not do it.

    :ivar rule: the id of the rule that decided, for the log, or None if no rule decided.
    """

    def __init__(self, text: str = "", *, rule: str | None = None) -> None:
        super().__init__(text)
        self.rule = rule


class NotFound(StorageError):
    """The name does not exist, or its path leads through an entry that is not a directory."""


class PermissionDenied(StorageError):
    """The account or the operating system does not permit the operation.

    Without a rule the operating system refused.

    :ivar missing: the permissions that the account lacks there, if a rule decided.
    :ivar path: the path, if it may differ from the path of the command.
    """

    def __init__(
        self,
        text: str = "",
        *,
        rule: str | None = None,
        missing: Permissions = Permissions.NONE,
        path: VirtualPath | None = None,
    ) -> None:
        super().__init__(text, rule=rule)
        self.missing = missing
        self.path = path


class AlreadyExists(StorageError):
    """The name is taken."""


class IsADirectory(StorageError):
    """The path is a directory, but a file is needed."""


class NotADirectory(StorageError):
    """The path is not a directory, but a directory is needed."""


class NotEmpty(StorageError):
    """The directory to be removed is not empty."""


class RemovedInPart(StorageError):
    """A directory was to be removed with everything below it, but some entries below it stay."""


class NotAPlainFile(StorageError):
    """The path is a FIFO, a socket or a device, which this server never opens."""


class NameNotAllowed(StorageError):
    """The name is not allowed: it has the hidden prefix or a control character, or is too long."""


class NameUntellable(StorageError):
    """The name contains a control character, but the reply would have to name it."""


class RestartBeyondEnd(StorageError):
    """The restart offset lies beyond the end of the file."""


class RangeExceeded(StorageError):
    """An upload has more bytes than its range."""


class RangeNotUsable(StorageError):
    """A range of bytes was chosen, but the transfer converts the bytes."""


class RangeRefused(StorageError):
    """A range of bytes was chosen before a verb, or for a file, that has no use for it."""


class StorageFull(StorageError):
    """The device has no space left."""


class QuotaExceeded(StorageError):
    """The account's own quota is used up."""


class TemporarilyUnavailable(StorageError):
    """The file is locked or busy; the client may try again later."""


class OutOfResources(TemporarilyUnavailable):
    """The server itself is short of descriptors, memory or threads, and the operator must be told."""


class DatabaseUnavailable(TemporarilyUnavailable):
    """The server's database gave no answer in time, cannot be reached, or refused; the text is for the log."""


class DatabaseFull(DatabaseUnavailable):
    """The disk of the server's database has no space left."""


class StorageFailed(StorageError):
    """The device had an I/O error, or the storage failed for any other reason."""


class AcrossFolders(StorageError):
    """A rename leads from one folder, or file system, to another, where nothing can move at once."""


class UploadUnfinished(StorageError):
    """The name is that of an unfinished upload, which can only be resumed, replaced or removed."""


class TooManyEntries(StorageError):
    """A pattern matches more entries than a listing may hold."""


class LimitReached(FtpdError):
    """A cap on sessions, in all, by host or by account, is reached.

    :ivar cause: the class of the refusal, if it comes before the greeting.
    """

    def __init__(self, text: str = "", *, cause: SessionRefusal = SessionRefusal.SESSIONS) -> None:
        super().__init__(text)
        self.cause = cause
