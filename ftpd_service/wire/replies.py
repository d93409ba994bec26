"""The first half of the reply catalogue: one function for each outcome of sessions, logins, parameters and information.

`file_replies` has transfers, files and refused paths.  No other module builds a reply.  The functions are named for the
outcome, not for numbers; texts that clients parse are literal (227 and 229).
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
    """A client was accepted (RFC 959 section 5.4)."""
    return Final(code=220, lines=(text,))


def goodbye() -> Final:
    """QUIT was accepted; the connection closes."""
    return Final(code=221, lines=("Goodbye.",), after=After.CLOSE)


def reinitialised(text: str) -> Final:
    """REIN reset the session to its state after connecting."""
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


def audit_behind() -> Final:
    """The acts of the session cannot be recorded."""
    return closing("Service is overloaded, closing control connection.")


def account_ended() -> Final:
    """The account was removed or disabled, or has expired."""
    return closing("Your account has ended, closing control connection.")


def ended_by_operator() -> Final:
    """An operator has ended the session."""
    return closing("The operator has ended this session, closing control connection.")


def idle_timeout(seconds: float) -> Final:
    """No command and no data arrived within the idle timeout."""
    return closing(f"Idle timeout ({seconds:.0f} seconds): closing control connection.")


def login_timeout() -> Final:
    """There was no login within the login timeout."""
    return closing("Login timeout: closing control connection.")


def too_much_before_login() -> Final:
    """A client without a login sent too many commands."""
    return closing("Too many commands before login: closing control connection.")


def foreign_protocol() -> Final:
    """The client speaks HTTP or SMTP."""
    return closing("This is an FTP server: closing control connection.")


def limit_reached() -> Final:
    """A cap on sessions is reached."""
    return closing("Too many sessions, try again later.")


# Login


def password_wanted() -> Final:
    """USER needs a password; the reply is the same for names that exist and names that do not (RFC 2577 section 7)."""
    return Final(code=331, lines=("Password required.",))


def logged_in() -> Final:
    """PASS was right."""
    return Final(code=230, lines=("Logged in.",))


def logged_in_by_certificate() -> Final:
    """USER names the account of the client's certificate (RFC 2228 section 5)."""
    return Final(code=232, lines=("Logged in by certificate.",))


def login_refused() -> Final:
    """PASS was wrong, or the account may not log in; the text is the same for both."""
    return Final(code=530, lines=("Login incorrect.",))


def too_many_logins() -> Final:
    """A session had its last permitted failed login."""
    return closing("Too many failed logins, closing control connection.")


def login_unavailable() -> Final:
    """A checker failed or timed out."""
    return closing("Login is temporarily unavailable, try again later.")


def not_logged_in() -> Final:
    """The verb needs a login."""
    return Final(code=530, lines=("Please login with USER and PASS.",))


def tls_wanted() -> Final:
    """Name and password are not accepted in clear."""
    return Final(code=530, lines=("Please use AUTH TLS first.",))


def tls_begins() -> Final:
    """AUTH was accepted; no further byte is sent in clear (RFC 4217 section 4)."""
    return Final(code=234, lines=("TLS begins.",), after=After.START_TLS)


def tls_ends() -> Final:
    """CCC was accepted; this reply is the last one under TLS (RFC 4217 section 12)."""
    return Final(code=200, lines=("TLS ends.",), after=After.END_TLS)


def data_after_auth() -> Final:
    """Bytes arrived after AUTH that an attacker may have injected; they are not carried out."""
    return Final(code=503, lines=("Data after AUTH.",), after=After.CLOSE)


def no_certificate() -> Final:
    """AUTH is not possible without a certificate (RFC 2228 section 5.1)."""
    return Final(code=431, lines=("TLS is not available: the server has no certificate.",))


def not_protected() -> Final:
    """CCC arrived in clear."""
    return Final(code=533, lines=("The control connection is not protected.",))


def unsupported_protection() -> Final:
    """PROT has a level that TLS does not have (RFC 4217 section 9)."""
    return Final(code=536, lines=("TLS knows the levels C and P only.",))


def policy_denied(text: str) -> Final:
    """The server's policy refuses AUTH, PROT or CCC."""
    return Final(code=534, lines=(text or "Request denied for policy reasons.",))


def account_superfluous() -> Final:
    """ACCT is superfluous, because the server asks for no account."""
    return Final(code=202, lines=("ACCT is not needed here.",))


# The command line


def unknown_verb() -> Final:
    """The verb is not in the table."""
    return Final(code=500, lines=("Unknown command.",))


def bad_syntax(text: str) -> Final:
    """The line is not a command."""
    return Final(code=500, lines=(text or "Syntax error.",))


def line_too_long() -> Final:
    """The line is too long."""
    return Final(code=500, lines=("Command line too long.",))


def bad_argument(text: str) -> Final:
    """The argument is missing, malformed or out of range."""
    return Final(code=501, lines=(text or "Syntax error in the argument.",))


def not_implemented(text: str = "") -> Final:
    """The verb is known, but refused on purpose."""
    return Final(code=502, lines=(text or "Command not implemented.",))


def bad_sequence(text: str = "") -> Final:
    """The verb does not fit the commands before it."""
    return Final(code=503, lines=(text or "Bad sequence of commands.",))


def unsupported_parameter(text: str) -> Final:
    """The value of the argument is not supported."""
    return Final(code=504, lines=(text or "Parameter not supported.",))


def unknown_site_command() -> Final:
    """SITE has a sub-command that is not in its table."""
    return Final(code=500, lines=("Unknown SITE command.",))


def pre_emptied() -> Final:
    """EPSV ALL forbids the other ways to choose a port (RFC 2428 section 4)."""
    return Final(code=501, lines=("Refused: EPSV ALL is in force.",))


# Parameters


_OK = Final(code=200, lines=("OK",))


def ok(text: str = "") -> Final:
    """The command was carried out; the text may say more."""
    return Final(code=200, lines=(text,)) if text else _OK


def type_set(representation: Representation) -> Final:
    """TYPE was accepted."""
    return ok(f"Type set to {representation.type.value}.")


def facts_chosen(facts: str) -> Final:
    """OPTS MLST was accepted; the text has the facts that are on, in the server's spelling (RFC 3659 section 7.9)."""
    return ok(f"MLST OPTS {facts}".rstrip())


def restarting(offset: int) -> Final:
    """REST was accepted."""
    return Final(code=350, lines=(f"Restarting at {offset}. Send STOR or RETR to initiate transfer.",))


def passive(address: IPv4Address, port: int) -> Final:
    """PASV has a port; clients and NAT helpers parse this literal text."""
    return Final(code=227, lines=(f"Entering Passive Mode ({format_pasv(address, port)}).",))


def extended_passive(port: int) -> Final:
    """EPSV has a port (RFC 2428 section 3)."""
    return Final(code=229, lines=(f"Entering Extended Passive Mode ({format_epsv(port)})",))


def wrong_family(families: str) -> Final:
    """EPRT or EPSV names a family that does not work; the parenthesis lists the families that work."""
    return Final(code=522, lines=(f"Network protocol not supported, use ({families})",))


def use_epsv() -> Final:
    """PASV is not possible over IPv6, or without an IPv4 address."""
    return Final(code=425, lines=("Use EPSV.",))


# Information


def features(lines: Iterable[str]) -> Final:
    """FEAT lists the features (RFC 2389 section 3.2)."""
    return Final(code=211, lines=("Features supported:", *lines, "End"))


def system_type() -> Final:
    """SYST returns exactly the prefix that clients test, with nothing after it."""
    return Final(code=215, lines=("UNIX Type: L8",))


def client_noted(text: str) -> Final:
    """CLNT or CSID was noted."""
    return ok(text)


def help_overview(rows: Iterable[str]) -> Final:
    """HELP without an argument lists all verbs; ``*`` marks verbs that are refused."""
    return Final(code=214, lines=("The following commands are recognized (* =>'s unimplemented).", *rows, "End"))


def help_syntax(text: str) -> Final:
    """HELP describes one verb."""
    return Final(code=214, lines=(f"Syntax: {text}",))


def help_unknown() -> Final:
    """HELP asks for a verb that is not in the table."""
    return Final(code=502, lines=("Unknown command.",))


def status(peer: Peer, account: str | None, representation: Representation, idle_seconds: float) -> Final:
    """STAT without an argument describes an idle session."""
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
    """STAT describes a running verb (RFC 959 section 4.1.3)."""
    if progress is None:
        where = "in progress"
    elif progress.total is None:
        where = f"in progress, {progress.octets} bytes transferred"
    else:
        where = f"in progress, {progress.octets} of {progress.total} bytes transferred"
    return Final(code=211, lines=("Status:", f"{verb} {where}", "End"))


def directory_status(path: str, rows: bytes, *, cut: bool) -> Final:
    """STAT lists a directory, with rows from `ftpd_service.wire.reply.interior_rows`."""
    return Final(code=212, lines=(f"Status of {display(path)}:", _status_end(cut)), rows=rows)


def file_status(path: str, rows: bytes, *, cut: bool) -> Final:
    """STAT shows a file, or the matches of a pattern; see `directory_status`."""
    return Final(code=213, lines=(f"Status of {display(path)}:", _status_end(cut)), rows=rows)


def _status_end(cut: bool) -> str:
    return "End of the part that STAT shows; LIST shows everything." if cut else "End"
