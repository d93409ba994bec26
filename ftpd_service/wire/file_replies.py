"""The second half of the reply catalogue: one function for each outcome of transfers, file commands and refused paths.

Texts that clients parse have the form that the RFCs and the deployed parsers want: 150 has ``(N bytes)`` as its only
parenthesis and no file name (curl takes the first number before ``bytes``), and 257 has no quote after the path (lftp
looks for the last quote).
"""

from __future__ import annotations

from collections.abc import Iterable

from ftpd_service.values import Representation, RepresentationType, VirtualPath
from ftpd_service.wire.paths import display, quoted
from ftpd_service.wire.reply import Final, Preliminary

# Transfers


def opening(representation: Representation, octets: int | None) -> Preliminary:
    """A download begins; the text has the exact number of bytes on this connection, if it is known."""
    mode = "ASCII" if representation.type is RepresentationType.ASCII else "BINARY"
    count = "" if octets is None else f" ({octets} bytes)"
    return Preliminary(code=150, lines=(f"Opening {mode} mode data connection{count}.",))


def opening_listing(verb: str) -> Preliminary:
    """A listing begins."""
    return Preliminary(code=150, lines=(f"Opening data connection for {verb}.",))


def opening_unique(name: str) -> Preliminary:
    """STOU begins; the text has exactly this form, with nothing after the name (RFC 1123 section 4.1.2.9)."""
    return Preliminary(code=150, lines=(f"FILE: {name}",))


def transfer_complete() -> Final:
    """The transfer is complete, and an upload is committed."""
    return Final(code=226, lines=("Transfer complete.",))


def no_data_connection() -> Final:
    """The data connection could not be opened."""
    return Final(code=425, lines=("Cannot open data connection.",))


def no_data_resources() -> Final:
    """The data connection could not be opened because the server has no descriptors left."""
    return Final(code=425, lines=("Cannot open data connection: the server is short of resources.",))


def port_wanted() -> Final:
    """A transfer had no PORT or PASV before it."""
    return Final(code=425, lines=("Use PORT or PASV first.",))


def transfer_aborted() -> Final:
    """The data connection broke, stalled or was abandoned."""
    return Final(code=426, lines=("Transfer aborted.",))


def not_proved() -> Final:
    """The operator takes no upload of which nothing proves that it is whole."""
    return Final(code=451, lines=("Upload discarded: nothing proves that it is complete.",))


def abort_done() -> Final:
    """ABOR stopped a transfer."""
    return Final(code=226, lines=("ABOR successful.",))


def nothing_to_abort() -> Final:
    """ABOR found no running transfer."""
    return Final(code=225, lines=("No transfer to abort.",))


# Files


def file_done(text: str) -> Final:
    """A file action is completed."""
    return Final(code=250, lines=(text,))


def directory_changed() -> Final:
    """CWD or CDUP was carried out."""
    return file_done("Directory changed.")


def working_directory(path: VirtualPath) -> Final:
    """PWD shows the path, without a quote after it (lftp)."""
    return Final(code=257, lines=(f"{quoted(path)} is the current directory.",))


def directory_made(path: VirtualPath) -> Final:
    """MKD made a directory; the text has the absolute path."""
    return Final(code=257, lines=(f"{quoted(path)} created.",))


def rename_pending() -> Final:
    """RNFR found the source."""
    return Final(code=350, lines=("Ready for RNTO.",))


def copy_pending() -> Final:
    """CPFR found the source."""
    return Final(code=350, lines=("Ready for CPTO.",))


def file_size(octets: int) -> Final:
    """SIZE shows a size (RFC 3659 section 4)."""
    return Final(code=213, lines=(str(octets),))


def modification_time(value: str) -> Final:
    """MDTM shows a time (RFC 3659 section 3)."""
    return Final(code=213, lines=(value,))


def facts_set(facts: str, path: str) -> Final:
    """MFMT, MFF or the set form of MDTM changed facts; the text has their new values."""
    return Final(code=213, lines=(f"{facts} {display(path)}",))


def free_bytes(count: int) -> Final:
    """AVBL shows the free space."""
    return Final(code=213, lines=(str(count),))


def tree_size(count: int) -> Final:
    """DSIZ shows the bytes below a directory."""
    return Final(code=213, lines=(str(count),))


def hash_told(algorithm: str, octets: str, digest: str, path: str) -> Final:
    """HASH shows a digest (draft-bryan-ftpext-hash section 3)."""
    return Final(code=213, lines=(f"{algorithm} {octets} {digest} {display(path)}",))


def digest_told(digest: str) -> Final:
    """XCRC or one of its kin shows a digest, and nothing else."""
    return file_done(digest.upper())


def md5_told(path: str, digest: str) -> Final:
    """MD5 shows a digest."""
    return Final(code=251, lines=(f"{display(path)} {digest.upper()}",))


def md5s_told(told: Iterable[tuple[str, str]]) -> Final:
    """MMD5 shows paths with their digests."""
    return Final(code=252, lines=(", ".join(f"{display(path)} {digest.upper()}" for path, digest in told),))


def facts_of_entry(facts: str, path: VirtualPath) -> Final:
    """MLST shows an entry on the second line, after exactly one space (RFC 3659 section 7.2)."""
    shown = display(path)
    return Final(code=250, lines=(f"Listing {shown}", f"{facts} {shown}", "End"))


# Refusals about paths


def not_taken(text: str) -> Final:
    """A path that is read, listed, changed or removed is refused."""
    return Final(code=550, lines=(text,))


def target_refused(text: str) -> Final:
    """The target of an upload or a rename is refused, or a name is not allowed."""
    return Final(code=553, lines=(text,))


def file_refused(code: int, text: str) -> Final:
    """A stage of the operator's refuses the file of an upload, with its own text."""
    return Final(code=code, lines=(f"File not accepted: {text}" if text else "File not accepted.",))


def not_judged() -> Final:
    """The operator's stages could not judge the file of an upload."""
    return Final(code=451, lines=("The file could not be checked, try again later.",))


def no_space() -> Final:
    """There is no space, before the preliminary reply or in a verb without a preliminary reply."""
    return Final(code=452, lines=("No space left on the server.",))


def space_exceeded() -> Final:
    """There is no space, after the preliminary reply."""
    return Final(code=552, lines=("No space left on the server, transfer given up.",))


def quota_exceeded() -> Final:
    """The account's quota, or the largest size of a file, is exceeded."""
    return Final(code=552, lines=("Storage quota exceeded.",))


def restart_refused() -> Final:
    """The restart offset does not fit the file (RFC 1123 section 4.1.3.4)."""
    return Final(code=554, lines=("Restart offset is beyond the end of the file.",))


def range_exceeded() -> Final:
    """An upload had more bytes than the range of RANG; those of the range are written."""
    return Final(code=552, lines=("More bytes than the range of RANG.",))


def image_wanted() -> Final:
    """RANG is for TYPE I and MODE S (draft-bryan-ftp-range-09)."""
    return Final(code=551, lines=("RANG needs TYPE I.",))


def range_refused() -> Final:
    """RANG was followed by an upload that has no range: APPE, STOU, and the end of an unfinished upload."""
    return not_taken("RANG is for RETR, STOR and HASH of files.")


def range_chosen(start: int, end: int) -> Final:
    """RANG was accepted (draft-bryan-ftp-range-09)."""
    return Final(code=350, lines=(f"Restarting at {start}. End byte range at {end}.",))


def range_reset() -> Final:
    """RANG 1 0 was accepted."""
    return Final(code=350, lines=("Byte range is reset.",))


def busy() -> Final:
    """The file is locked or busy, and the client may try again."""
    return Final(code=450, lines=("File is busy, try again later.",))


def short_of_resources() -> Final:
    """The server has no descriptors, memory or threads left."""
    return Final(code=450, lines=("The server is short of resources, try again later.",))


def local_error() -> Final:
    """An operation of the server failed, and the client cannot prevent that."""
    return Final(code=451, lines=("Local error in processing.",))


def no_directory(text: str) -> Final:
    """MLSD names an entry that is not a directory (RFC 3659 section 7.2.1)."""
    return Final(code=501, lines=(text,))


def data_protection_wanted() -> Final:
    """A transfer has PROT C although P is required."""
    return Final(code=522, lines=("Data connection must be protected: use PROT P.",))


def data_handshake_failed() -> Final:
    """TLS on the data connection failed."""
    return Final(code=522, lines=("TLS handshake on the data connection failed.",))


def resumption_wanted() -> Final:
    """The data connection did not resume the control connection's TLS session."""
    return Final(code=522, lines=("Data connection must resume the TLS session of the control connection.",))
