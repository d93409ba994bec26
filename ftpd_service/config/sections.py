"""How the file looks: each key is declared once, with its form, its default, what it does, and the field that takes it.

pydantic checks the shape and collects all mistakes; ``forms.py`` says what one value may be.  What is built, what the
log tells of a reload, docs/configuration.rst, the JSON Schema and etc/ftpd.yaml follow from the declarations.  A key
enters with its feature: until then it is in `LATER`.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from ftpd_service.config import forms, networks
from ftpd_service.config.account_sections import AccountDefaultsSection, AccountSection, RatesSection
from ftpd_service.config.forms import Form, choice, member, word
from ftpd_service.config.problems import found
from ftpd_service.config.schema import DEFAULT_ENDPOINT
from ftpd_service.config.section import Section, absent, key, required, some
from ftpd_service.config.tls_sections import TlsSection
from ftpd_service.storage.settings import UploadMode

LATER = frozenset(
    {
        *("database", "metrics", "admin", "logging.transfers"),
        "data_connections.foreign_peers",
        *("auth.checkers.*.pam", "auth.checkers.*.database"),
        *(f"accounts.*.{key}" for key in ("rules", "folders", "networks", "expires")),
        *(f"account_defaults.{key}" for key in ("rules", "folders", "networks", "expires")),
        "limits.bans",
    }
)
"""Keys of features that this version does not have; ``*`` stands for any account, and any position in a list."""


class ListenerSection(Section):
    """One port that is listened on."""

    named_by = "endpoint"

    endpoint: forms.Endpoint = key(
        DEFAULT_ENDPOINT,
        "Where to listen: ``tcp:`` (IPv4), ``tcp6:``, ``systemd:domain=INET:name=...`` (socket activation), or "
        "``haproxy:tcp:...`` behind a proxy that sends the PROXY header. A colon inside a value is written ``\\:``, "
        'so that both families together are ``"tcp6:21:interface=\\\\:\\\\:"``.',
        to="endpoint",
        restart=True,
    )
    tls: forms.OwnTls = key(
        None,
        "TLS on the control connection. ``explicit``: offered (AUTH TLS). ``required``: as that, and USER and PASS are "
        "refused without it. ``implicit``: from the first byte on (port 990). Absent: ``explicit`` where "
        "``tls.certificate`` is set, else ``off``.",
        to="tls",
        example="explicit",
    )
    ciphers: forms.OwnCiphers = key(
        None,
        "As ``tls.ciphers``, for the sessions on this listener: a port for old devices. Absent: what that says.",
        to="ciphers",
        example="compatible",
    )
    data_resumption: forms.OwnResumption = key(
        None,
        "As ``tls.data_resumption``, for the sessions on this listener; accounts may say otherwise. Absent: what that "
        "says.",
        to="data_resumption",
        example="report",
    )
    banner: forms.Banner = key("FTP server ready.", "The greeting (220) on this listener.", to="banner")
    limits: Annotated[RatesSection, BeforeValidator(absent)] = key({}, "Rates of the sessions on this listener.")


class AddressSection(Section):
    """What clients of one network are told."""

    network: forms.Network = required("The clients that are meant: ``10.0.0.0/8``, or ``any``.", to="network")
    address: Annotated[
        IPv4Address | str | None,
        PlainValidator(networks.passive_address),
        Form("auto, address or host name", {"type": "string"}),
    ] = required("What they are told, as for ``passive_address`` itself.", to="address")


def _address_list(value: object) -> object:
    if isinstance(value, list):
        return some(value)
    if isinstance(value, dict):
        raise ValueError("expected auto, an IPv4 address, a host name or a list of {network, address}; found a mapping")
    return [AddressSection.model_construct(network=None, address=networks.passive_address(value))]


class DataSection(Section):
    """Where files and listings travel."""

    passive_ports: forms.PortRanges = key(
        None,
        'Ports of passive data connections, with holes: ``"50000-50099, 50200"``; chosen at random. '
        "Absent: any free port. Open the same ports in the firewall.",
        to="data.passive_ports",
        example='"50000-50099, 50200"',
    )
    passive_address: Annotated[
        list[AddressSection],
        BeforeValidator(_address_list),
        Form("auto, IPv4 address, host name, or a list of {network, address}", told=None),
    ] = key(
        "auto",
        "The address that PASV answers: ``auto`` (where the client's control connection arrived), the public address "
        "of a NAT gateway, or a host name that is looked up anew each time. In a list the first entry whose "
        "``network`` holds the client decides.",
        to="data.passive_addresses",
        example="[{network: 10.0.0.0/8, address: auto}, {network: any, address: 203.0.113.7}]",
    )
    active: forms.Boolean = key(
        True, "Whether PORT and EPRT are carried out (the server connects to the client).", to="session.active"
    )


class CheckerSection(Section):
    """One entry of `auth.checkers` that is more than a word.  With neither of its first keys: the word accounts."""

    strcred: Annotated[str | None, forms.text(), Form("type:arguments", {"type": "string"}, told=None)] = key(
        None, "Any installed ``twisted.cred.strcred`` plug-in: ``file:/etc/ftpd/passwd``.", to="description"
    )
    python: Annotated[str | None, forms.text(), Form("package.module:Name", {"type": "string"}, told=None)] = key(
        None, "Any importable ``ICredentialsChecker``: ``acme.directory:DirectoryChecker``.", to="path"
    )
    options: forms.Options = key({}, "Only with ``python``: keyword arguments of its constructor.", to="options")
    timeout: forms.Duration = key(
        "10s", "How long an answer may take; without one the login fails for now (421).", to="timeout_seconds"
    )
    final: forms.Boolean = key(
        False, "Whether its refusal ends the search, instead of asking the next checker.", to="final"
    )


def _checker(value: object) -> object:
    if isinstance(value, dict):
        return value
    if value == "accounts":
        return CheckerSection.model_construct(strcred=None, python=None, options={}, timeout=10.0, final=False)
    if value in ("database", "pam"):
        raise ValueError(f"{value}: not available in this version")
    raise ValueError(f'expected accounts, strcred: "..." or python: "...", found {found(value)}')


class AuthSection(Section):
    """Who decides a login."""

    checkers: Annotated[
        list[Annotated[CheckerSection, BeforeValidator(_checker)]],
        BeforeValidator(some),
        Form("list of checkers", told=None),
    ] = key(
        ["accounts"],
        "Asked in order; ``accounts`` means those of this file.",
        to="auth.checkers",
        example='[accounts, {strcred: "file:/etc/ftpd/passwd", timeout: 10s, final: false}, '
        '{python: "acme.directory:DirectoryChecker", options: {url: "ldaps://dir.example.net"}}]',
    )
    verified_for: forms.DurationOrZero = key(
        "5m",
        "A correct password of an account of this file is not hashed again within this time; 0: each time.",
        to="auth.verified_seconds",
    )


class UploadsSection(Section):
    """How uploads are written."""

    mode: Annotated[UploadMode, member(UploadMode), choice(UploadMode)] = key(
        "atomic",
        "``atomic``: a file appears under its name when it is whole, a broken upload leaves no trace. ``in-place``: "
        "it is written under its name from the first byte, a broken upload can be resumed.",
        to="storage.mode",
    )
    umask: forms.Umask = key("027", "Permission bits that new files and directories do not get.", to="storage.umask")
    hidden_prefix: forms.HiddenPrefix = key(
        ".ftpd-",
        "How temporary names begin: a dot and at least three characters more. Clients can neither see nor name files "
        "whose names begin so.",
        to="storage.hidden_prefix",
    )


class ListingSection(Section):
    """How listings look."""

    dot_files: forms.Boolean = key(
        True, "Whether names that begin with a dot are listed without ``-a``, by MLSD too.", to="session.dot_files"
    )


class CommandsSection(Section):
    """How commands are read."""

    strict_line_ends: forms.Boolean = key(
        False, "Whether only CRLF ends a line; else a bare LF does too.", to="control.strict_line_ends"
    )


class LimitsSection(RatesSection):
    """Caps, rates and time limits of the whole service."""

    sessions: forms.Count = key(10000, "The most sessions at once.", to="limits.sessions")
    sessions_per_host: forms.Count = key(100, "The most sessions at once from one host.", to="limits.sessions_per_host")
    ipv6_prefix: forms.Ipv6Prefix = key(
        64,
        "How many bits of an IPv6 address name the host: clients that agree in them are one host wherever hosts are "
        "counted. An IPv4 address is a host of its own.",
        to="control.ipv6_prefix",
    )
    sessions_per_account: forms.Cap = key(
        None, "The most sessions at once of each account. Absent: no cap.", to="accounts.sessions", example="10"
    )
    failed_commands: forms.Count = key(
        20,
        "Before a login, the refusal with this number in one session is answered 421 and closes it: unknown, refused, "
        "malformed and too long lines.",
        to="control.failed_commands",
    )
    failed_logins: forms.Count = key(
        3, "The failure with this number in one session is answered 421 and closes it.", to="session.failed_logins"
    )
    login_timeout: forms.Duration = key(
        "60s", "From connecting to being logged in; TLS and slow checkers count too.", to="control.login_seconds"
    )
    idle_timeout: forms.Duration = key("15m", "Without a command and without data.", to="session.idle_seconds")
    data_timeout: forms.Duration = key(
        "60s", "Opening a data connection: to accept, to connect, to begin TLS, each.", to="data.opening_seconds"
    )
    stall_timeout: forms.Duration = key("5m", "A transfer in which no byte moves.", to="data.stall_seconds")
    drain_timeout: forms.DurationOrZero = key(
        "30s", "What running transfers get when the service is told to end.", to="limits.drain_seconds"
    )


class LoggingSection(Section):
    """What is logged, and how."""

    level: Annotated[
        str,
        word("debug", "info", "warn", "error"),
        Form("debug, info, warn or error", {"enum": ["debug", "info", "warn", "error"]}),
    ] = key("info", "The lowest level that is written; ``debug`` has every command.", to="logging.level")
    format: Annotated[str, word("text", later=("json", "journald")), Form("text", {"enum": ["text"]})] = key(
        "text", "The form of the lines."
    )
    queue: forms.Count = key(
        100000,
        "How many lines may wait, 32 MiB at most, while nobody reads the log or its disk hangs; clients never wait for "
        "it. Further lines are dropped, and a line tells how many. Without effect under twistd's ``--logger``.",
        to="logging.queue",
        restart=True,
    )


class FileSections(Section):
    """The whole file."""

    listeners: Annotated[list[ListenerSection], BeforeValidator(some), Form("list")] = key(
        [{}], "The ports that are listened on. Absent: one, on the loopback address.", to="listeners"
    )
    tls: Annotated[TlsSection, BeforeValidator(absent)] = key({}, "Certificates, and how TLS is spoken.")
    data_connections: Annotated[DataSection, BeforeValidator(absent)] = key({}, "Where files and listings travel.")
    auth: Annotated[AuthSection, BeforeValidator(absent)] = key({}, "Who decides a login.")
    accounts: Annotated[
        dict[str, Annotated[AccountSection, BeforeValidator(absent)]], BeforeValidator(absent), Form("mapping")
    ] = key({}, "Accounts by name. ``anonymous`` answers to ``ftp`` too, in any case.")
    account_defaults: Annotated[AccountDefaultsSection | None, BeforeValidator(absent)] = key(
        None, "What accounts get that do not say otherwise, and names that another checker accepted."
    )
    uploads: Annotated[UploadsSection, BeforeValidator(absent)] = key({}, "How uploads are written.")
    listing: Annotated[ListingSection, BeforeValidator(absent)] = key({}, "How listings look.")
    commands: Annotated[CommandsSection, BeforeValidator(absent)] = key({}, "How commands are read.")
    limits: Annotated[LimitsSection, BeforeValidator(absent)] = key(
        {},
        "Caps, rates and time limits of the whole service. Of all rates that are for a transfer the lowest decides, "
        "and transfers that want more than there is get equal shares.",
    )
    logging: Annotated[LoggingSection, BeforeValidator(absent)] = key({}, "What is logged, and how.")
