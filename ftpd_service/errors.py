"""What can go wrong, by name and without reply codes.

``commands/for_errors.py`` alone turns these into replies.  An adapter (storage, data, auth) translates foreign
exceptions into these at its edge and chains them with ``from``.  The text of a `RequestError` is written for the
client; the text of every other error is for the log and never leaves the server.

::

    FtpdError
     +-- RequestError          the command line itself
     |    +-- BadSyntax, BadArgument, BadSequence, UnsupportedParameter, Unsupported
     +-- LoginError            who the client is
     |    +-- NotLoggedIn, LoginRefused, LoginUnavailable, LoginsSaturated, TlsRequired, PolicyDenied
     +-- DataError             the data connection
     |    +-- NoDataConnection, NoDataResources (is such), TransferAborted
     |    +-- DataProtectionRequired, DataHandshakeFailed, ResumptionRequired
     +-- StorageError          files and directories
     |    +-- NotFound, PermissionDenied, AlreadyExists, IsADirectory, NotADirectory, NotEmpty, NotAPlainFile
     |    +-- NameNotAllowed, RestartBeyondEnd, StorageFull, QuotaExceeded, TemporarilyUnavailable, StorageFailed
     |    +-- TooManyEntries, NameUntellable
     |    +-- OutOfResources (is TemporarilyUnavailable)
     +-- LimitReached
"""

from __future__ import annotations

from ftpd_service.values import Permissions, VirtualPath


class FtpdError(Exception):
    """The root of everything this package raises on purpose."""


class RequestError(FtpdError):
    """The command line cannot be carried out as it was sent; the text is shown to the client."""


class BadSyntax(RequestError):
    """The line is no command: undecodable, too long, or its verb is unknown."""


class BadArgument(RequestError):
    """The argument is missing, malformed or out of range."""


class BadSequence(RequestError):
    """The verb does not fit what came before it."""


class UnsupportedParameter(RequestError):
    """The argument is well formed and its value is not supported."""


class Unsupported(RequestError):
    """The storage of this login cannot do this."""


class LoginError(FtpdError):
    """Who the client is does not suffice."""


class NotLoggedIn(LoginError):
    """The verb needs a login."""


class LoginRefused(LoginError):
    """Name and password do not fit, or the account may not log in."""


class LoginUnavailable(LoginError):
    """A checker failed or gave no answer in time: nothing is known about the password."""


class LoginsSaturated(LoginUnavailable):
    """So many passwords wait to be checked that another one is not looked at."""


class TlsRequired(LoginError):
    """The name or the password may not be sent in clear."""


class PolicyDenied(LoginError):
    """AUTH, PROT or CCC is refused by policy."""


class DataError(FtpdError):
    """The data connection failed."""


class NoDataConnection(DataError):
    """Nobody connected, the connect failed, or neither PORT nor PASV came before."""


class NoDataResources(NoDataConnection):
    """The server itself is short of something that a data connection needs, as `OutOfResources`."""


class TransferAborted(DataError):
    """The data connection broke, stalled, or was given up by ABOR or with the control connection."""


class DataProtectionRequired(DataError):
    """The data connection must be protected and PROT is C."""


class DataHandshakeFailed(DataError):
    """The TLS handshake of the data connection failed or did not end in time."""


class ResumptionRequired(DataError):
    """The data connection must resume the TLS session of the control connection."""


class StorageError(FtpdError):
    """Files and directories: what the storage refused or could not do."""


class NotFound(StorageError):
    """No such name, or a path that leads through something that is no directory."""


class PermissionDenied(StorageError):
    """The account, or the operating system, does not permit it.

    :ivar rule: the id of the deciding rule, for the log, or None where the operating system said no.
    :ivar missing: the permissions that the account lacks there, where a rule decided.
    :ivar path: where, if that may be another path than the command's.
    """

    def __init__(
        self,
        text: str = "",
        *,
        rule: str | None = None,
        missing: Permissions = Permissions.NONE,
        path: VirtualPath | None = None,
    ) -> None:
        super().__init__(text)
        self.rule = rule
        self.missing = missing
        self.path = path


class AlreadyExists(StorageError):
    """The name is taken."""


class IsADirectory(StorageError):
    """A directory stands where a file is needed."""


class NotADirectory(StorageError):
    """The last name of the path is no directory and one is needed."""


class NotEmpty(StorageError):
    """The directory to be removed holds something."""


class NotAPlainFile(StorageError):
    """A FIFO, a socket or a device, which this server never opens."""


class NameNotAllowed(StorageError):
    """The name may not be made here: hidden prefix, a control character in it, or too long."""


class NameUntellable(StorageError):
    """The name holds a control character, and the reply would have to name it."""


class RestartBeyondEnd(StorageError):
    """The restart offset lies beyond the end of the file."""


class StorageFull(StorageError):
    """No space is left on the device."""


class QuotaExceeded(StorageError):
    """The account's own quota is used up."""


class TemporarilyUnavailable(StorageError):
    """Locked or busy: trying again later helps."""


class OutOfResources(TemporarilyUnavailable):
    """The server itself is short of something: descriptors, memory, threads.  The operator has to hear of it."""


class StorageFailed(StorageError):
    """An input or output error of the device, or any other failure of the storage."""


class TooManyEntries(StorageError):
    """A pattern matches more entries than a listing may hold."""


class LimitReached(FtpdError):
    """A cap on sessions, in all, by host or by account, is reached."""
