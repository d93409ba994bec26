"""The classes of outcomes that events carry beside their texts, so that programs can count them.

Each class is a closed set: no value depends on the text of a client.
"""

from __future__ import annotations

from enum import Enum


class SessionRefusal(Enum):
    """The reason why a connection was refused before its greeting; the values are the last parts of keys."""

    SESSIONS = "sessions"
    SESSIONS_PER_HOST = "sessions_per_host"
    SESSIONS_PER_SUBNET = "sessions_per_subnet"
    CONNECTIONS_PER_SECOND = "connections_per_second"
    BANS = "bans"
    DRAINING = "draining"
    """The service stops."""


class LoginOutcome(Enum):
    """The end of a login."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    """The name and the password, or the one-time code, do not match."""
    DENIED = "denied"
    """The proof was right, but the account may not log in: its hours, networks, expiry, home or group."""
    BANNED = "banned"
    """The password was not checked, because of a ban."""
    TLS_REQUIRED = "tls_required"
    LIMIT = "limit"
    """A cap on the sessions of the account or of its group was reached."""
    SATURATED = "saturated"
    """The queue of logins was full."""
    UNAVAILABLE = "unavailable"
    """A checker, a database or a disk gave no answer."""
    LEFT = "left"
    """The client left before its password was checked."""


class DataFailure(Enum):
    """The reason why a data connection failed to open."""

    NOT_CHOSEN = "not_chosen"
    """No PASV or PORT came before the transfer."""
    NO_PORT = "no_port"
    """No passive port was free, or none could be opened."""
    TIMEOUT = "timeout"
    """The client did not connect, or did not answer, in time."""
    UNREACHABLE = "unreachable"
    """The client's port could not be reached in active mode."""
    STRANGER = "stranger"
    """A connection to a passive port came from another address."""
    TAKEN_BACK = "taken_back"
    """The passive port was given to another session."""
    RESOURCES = "resources"
    """The server is short of descriptors or memory."""
    TLS = "tls"
    """The handshake failed."""
    NOT_RESUMED = "not_resumed"
    """The client had to resume the TLS session of the control connection, and did not."""
    OTHER = "other"


class TransferOutcome(Enum):
    """The end of a transfer whose preliminary reply was sent."""

    COMPLETE = "complete"
    ABORTED = "aborted"
    """The client or the server ended it, or the connection broke or stalled."""
    CONNECTION = "connection"
    """The data connection failed to open."""
    QUOTA = "quota"
    FULL = "full"
    """The disk has no space left."""
    STORAGE = "storage"
    """The storage failed in any other way."""
    ERROR = "error"
    """The server failed unexpectedly."""
    DISCARDED = "discarded"
    """The policy discards uploads of this grade."""
    QUARANTINED = "quarantined"
    """The upload has ended in the quarantine, because of its grade or of a stage's verdict."""
    REFUSED = "refused"
    """A stage of the operator's does not accept the upload."""


class UploadGrade(Enum):
    """How certain it is that all bytes of an upload have come; the values are the configuration's words."""

    PROVED = "proved"
    LIKELY = "likely"
    DOUBTFUL = "doubtful"
    ABORTED = "aborted"


class UploadEvidence(Enum):
    """The sign that decided about the grade of an upload."""

    CLOSE_NOTIFY = "close_notify"
    """The client ended its TLS connection in order."""
    ANNOUNCED_SIZE = "announced_size"
    """As many bytes have come as ALLO announced."""
    CLEAN_END = "clean_end"
    """The client ended its connection in clear in order."""
    FEWER_THAN_ANNOUNCED = "fewer_than_announced"
    """Fewer bytes have come than ALLO announced."""
    NO_CLOSE_NOTIFY = "no_close_notify"
    """A TLS connection ended without close_notify."""
    SHORTER_THAN_FORMER = "shorter_than_former"
    """The upload is shorter than the file that it replaces, and nothing proves that it is whole."""
    BROKEN = "broken"
    """The data has no end, or the server could not take it."""
