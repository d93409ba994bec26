"""The catalogue, first half: one function per outcome of sessions, logins, parameters and information.

Transfers, files and refusals about paths are in `file_replies`.  Nothing else builds a reply.  The functions are named
for what happened, not for numbers; texts that clients parse are literal (227 and 229).
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address

from ftpd_service.values import Peer, Progress, Representation
from ftpd_service.wire.addresses import format_epsv, format_pasv
from ftpd_service.wire.paths import display
from ftpd_service.wire.reply import After, Final

# The session


def greeting(text: str) -> Final:
    """A client was let in (RFC 959 section 5.4)."""
    return Final(code=220, lines=(text,))


def goodbye() -> Final:
    """QUIT was accepted; the connection closes."""
    return Final(code=221, lines=("Goodbye.",), after=After.CLOSE)


def reinitialised(text: str) -> Final:
    """REIN: everything is as after connecting."""
    return Final(code=220, lines=(text,))


def reinitialised_in_clear(text: str) -> Final:
    """REIN under TLS: the same, and this reply is the last one under TLS (RFC 4217 section 13)."""
    return Final(code=220, lines=(text,), after=After.END_TLS)


def host_selected(text: str) -> Final:
    """HOST was accepted (RFC 7151 section 3.3)."""
    return Final(code=220, lines=(text,))


def host_unknown() -> Final:
    """HOST named a host that is not served here."""
    return Final(code=504, lines=("Unknown host.",))


def closing(text: str) -> Final:
    """The service ends the session, for the reason in the text."""
    return Final(code=421, lines=(text,), after=After.CLOSE)


def service_closing() -> Final:
    """The service stops."""
    return closing("Service is shutting down, closing control connection.")


def idle_timeout(seconds: float) -> Final:
    """Neither a command nor data came for too long."""
    return closing(f"Idle timeout ({seconds:.0f} seconds): closing control connection.")


def login_timeout() -> Final:
    """No login within the time it may take."""
    return closing("Login timeout: closing control connection.")


def too_much_before_login() -> Final:
    """More was said, or refused, than clients need before a login."""
    return closing("Too many commands before login: closing control connection.")


def foreign_protocol() -> Final:
    """An HTTP or SMTP client knocked."""
    return closing("This is an FTP server: closing control connection.")


def limit_reached() -> Final:
    """A cap on sessions."""
    return closing("Too many sessions, try again later.")


# Login


def password_wanted() -> Final:
    """USER: the same for every name, existing or not (RFC 2577 section 7)."""
    return Final(code=331, lines=("Password required.",))


def logged_in() -> Final:
    """PASS was right."""
    return Final(code=230, lines=("Logged in.",))


def logged_in_by_certificate() -> Final:
    """USER names the account of the client's certificate (RFC 2228 section 5)."""
    return Final(code=232, lines=("Logged in by certificate.",))


def login_refused() -> Final:
    """PASS was wrong, or the account may not log in: the same text for both."""
    return Final(code=530, lines=("Login incorrect.",))


def too_many_logins() -> Final:
    """The last failed login that a session may have."""
    return closing("Too many failed logins, closing control connection.")


def login_unavailable() -> Final:
    """A checker failed or was silent."""
    return closing("Login is temporarily unavailable, try again later.")


def not_logged_in() -> Final:
    """The verb needs a login."""
    return Final(code=530, lines=("Please login with USER and PASS.",))


def tls_wanted() -> Final:
    """Name and password are not taken in clear."""
    return Final(code=530, lines=("Please use AUTH TLS first.",))


def tls_begins() -> Final:
    """AUTH was accepted; not one more octet goes out in clear (RFC 4217 section 4)."""
    return Final(code=234, lines=("TLS begins.",), after=After.START_TLS)


def tls_ends() -> Final:
    """CCC was accepted; this reply is the last one under TLS (RFC 4217 section 12)."""
    return Final(code=200, lines=("TLS ends.",), after=After.END_TLS)


def data_after_auth() -> Final:
    """Something was sent behind AUTH that an attacker may have put there; it is not carried out."""
    return Final(code=503, lines=("Data after AUTH.",), after=After.CLOSE)


def no_certificate() -> Final:
    """AUTH, and there is no certificate (RFC 2228 section 5.1)."""
    return Final(code=431, lines=("TLS is not available: the server has no certificate.",))


def not_protected() -> Final:
    """CCC in clear."""
    return Final(code=533, lines=("The control connection is not protected.",))


def unsupported_protection() -> Final:
    """PROT with a level that TLS does not have (RFC 4217 section 9)."""
    return Final(code=536, lines=("TLS knows the levels C and P only.",))


def policy_denied(text: str) -> Final:
    """AUTH, PROT or CCC is refused by policy."""
    return Final(code=534, lines=(text or "Request denied for policy reasons.",))


def account_superfluous() -> Final:
    """ACCT, where no account is asked for."""
    return Final(code=202, lines=("ACCT is not needed here.",))


# The command line


def unknown_verb() -> Final:
    """The verb is not in the table."""
    return Final(code=500, lines=("Unknown command.",))


def bad_syntax(text: str) -> Final:
    """The line is no command."""
    return Final(code=500, lines=(text or "Syntax error.",))


def line_too_long() -> Final:
    """A line of more octets than one may have."""
    return Final(code=500, lines=("Command line too long.",))


def bad_argument(text: str) -> Final:
    """The argument is missing, malformed or out of range."""
    return Final(code=501, lines=(text or "Syntax error in the argument.",))


def not_implemented(text: str = "") -> Final:
    """Known, and not carried out on purpose."""
    return Final(code=502, lines=(text or "Command not implemented.",))


def bad_sequence(text: str = "") -> Final:
    """The verb does not fit what came before."""
    return Final(code=503, lines=(text or "Bad sequence of commands.",))


def unsupported_parameter(text: str) -> Final:
    """The value of the argument is not supported."""
    return Final(code=504, lines=(text or "Parameter not supported.",))


def unknown_site_command() -> Final:
    """SITE with a sub-command that is not in its table."""
    return Final(code=500, lines=("Unknown SITE command.",))


def pre_emptied() -> Final:
    """EPSV ALL forbids the other ways to choose a port (RFC 2428 section 4)."""
    return Final(code=501, lines=("Refused: EPSV ALL is in force.",))


# Parameters


_OK = Final(code=200, lines=("OK",))


def ok(text: str = "") -> Final:
    """The command is carried out and there is nothing more to say, or this."""
    return Final(code=200, lines=(text,)) if text else _OK


def type_set(representation: Representation) -> Final:
    """TYPE was accepted."""
    return ok(f"Type set to {representation.type.value}.")


def facts_chosen(facts: str) -> Final:
    """OPTS MLST: the facts that are on now, in the server's spelling (RFC 3659 section 7.9)."""
    return ok(f"MLST OPTS {facts}".rstrip())


def restarting(offset: int) -> Final:
    """REST was accepted."""
    return Final(code=350, lines=(f"Restarting at {offset}. Send STOR or RETR to initiate transfer.",))


def passive(address: IPv4Address, port: int) -> Final:
    """PASV: the literal text that clients and NAT helpers parse."""
    return Final(code=227, lines=(f"Entering Passive Mode ({format_pasv(address, port)}).",))


def extended_passive(port: int) -> Final:
    """EPSV (RFC 2428 section 3)."""
    return Final(code=229, lines=(f"Entering Extended Passive Mode ({format_epsv(port)})",))


def wrong_family(families: str) -> Final:
    """EPRT or EPSV with a family that does not work here; the parenthesis holds those that do."""
    return Final(code=522, lines=(f"Network protocol not supported, use ({families})",))


def use_epsv() -> Final:
    """PASV on IPv6, or without an IPv4 address to name."""
    return Final(code=425, lines=("Use EPSV.",))


# Information


def features(lines: Iterable[str]) -> Final:
    """FEAT (RFC 2389 section 3.2)."""
    return Final(code=211, lines=("Features supported:", *lines, "End"))


def system_type() -> Final:
    """SYST: exactly the prefix that clients test, nothing behind it."""
    return Final(code=215, lines=("UNIX Type: L8",))


def client_noted(text: str) -> Final:
    """CLNT and CSID."""
    return ok(text)


def help_overview(rows: Iterable[str]) -> Final:
    """HELP without argument; ``*`` marks what is not carried out."""
    return Final(code=214, lines=("The following commands are recognized (* =>'s unimplemented).", *rows, "End"))


def help_syntax(text: str) -> Final:
    """HELP of one verb."""
    return Final(code=214, lines=(f"Syntax: {text}",))


def help_unknown() -> Final:
    """HELP of a verb that is not in the table."""
    return Final(code=502, lines=("Unknown command.",))


def status(peer: Peer, account: str | None, representation: Representation, idle_seconds: float) -> Final:
    """STAT without argument while nothing runs."""
    if account is None:
        return Final(code=211, lines=("Status:", "Not logged in", "End"))
    return Final(
        code=211,
        lines=(
            "Status:",
            f"Connected from {peer.address}",
            f"Logged in as {display(account)}",
            f"TYPE: {representation.type.value} {representation.format}; STRU: F; MODE: S",
            f"Idle timeout: {idle_seconds:.0f} seconds",
            "End",
        ),
    )


def transfer_status(verb: str, progress: Progress | None) -> Final:
    """STAT while a verb runs (RFC 959 section 4.1.3)."""
    if progress is None:
        where = "in progress"
    elif progress.total is None:
        where = f"in progress, {progress.octets} bytes transferred"
    else:
        where = f"in progress, {progress.octets} of {progress.total} bytes transferred"
    return Final(code=211, lines=("Status:", f"{verb} {where}", "End"))


def directory_status(path: str, rows: bytes, *, cut: bool) -> Final:
    """STAT of a directory, with the rows that `ftpd_service.wire.reply.interior_rows` has made."""
    return Final(code=212, lines=(f"Status of {display(path)}:", _status_end(cut)), rows=rows)


def file_status(path: str, rows: bytes, *, cut: bool) -> Final:
    """STAT of a file, or of what a pattern matches; see `directory_status`."""
    return Final(code=213, lines=(f"Status of {display(path)}:", _status_end(cut)), rows=rows)


def _status_end(cut: bool) -> str:
    return "End of the part that STAT shows; LIST shows everything." if cut else "End"
