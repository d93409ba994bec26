"""How the file looks: every key with its form, its default as an operator would write it, and what it does.

pydantic checks the shape and collects all mistakes; what one value may be is said by the functions of ``units.py``,
``addresses.py`` and ``words.py``.  A key enters with its feature: until then it is in `LATER`.  The descriptions are
what ``reference.py`` makes docs/configuration.rst of.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Network
from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from ftpd_service.config import addresses, units, words
from ftpd_service.config.problems import found
from ftpd_service.config.schema import DEFAULT_ENDPOINT
from ftpd_service.config.section import Form, Section, absent, key, required, some, word
from ftpd_service.config.tls_sections import OwnProtection, OwnResumption, TlsSection
from ftpd_service.values import Permissions

LATER = frozenset(
    {
        *("database", "metrics", "admin", "logging.transfers"),
        "data_connections.foreign_peers",
        *("auth.checkers.*.pam", "auth.checkers.*.database"),
        *(f"accounts.*.{key}" for key in ("rules", "folders", "networks", "expires")),
        *(f"account_defaults.{key}" for key in ("rules", "folders", "networks", "expires")),
        *("limits.failed_commands", "limits.bans"),
    }
)
"""Keys of features that this version does not have; ``*`` stands for any account, and any position in a list."""


Boolean = Annotated[bool, PlainValidator(units.boolean), Form("true or false")]
Count = Annotated[int, PlainValidator(units.whole_number), Form("number, 1 or more")]
Ipv6Prefix = Annotated[int, PlainValidator(units.ipv6_prefix), Form("number, 1 to 128")]
Cap = Annotated[int | None, PlainValidator(units.whole_number_or_null), Form("number, 1 or more, or null for no cap")]
Rate = Annotated[int | None, PlainValidator(units.rate_or_null), Form("rate, or null for no limit")]
Duration = Annotated[float, PlainValidator(units.duration), Form("duration")]
DurationOrZero = Annotated[float, PlainValidator(units.duration_or_zero), Form("duration, 0 too")]
HomePath = Annotated[str | None, PlainValidator(words.home), Form("path, {name} in it is the account's name")]
Rights = Annotated[
    Permissions | None, PlainValidator(words.permissions), Form("all, read, write, none, or a list of permissions")
]


class RatesSection(Section):
    """How fast octets may go, listings too: of all sessions that the limits are for, and of each of them."""

    upload: Rate = key(None, "The rate of all their uploads together.")
    download: Rate = key(None, "The rate of all their downloads and listings together.")
    upload_per_session: Rate = key(None, "The rate of each session's uploads.")
    download_per_session: Rate = key(None, "The rate of each session's downloads and listings.")


class ListenerSection(Section):
    """One port that is listened on."""

    endpoint: Annotated[str, PlainValidator(addresses.endpoint), Form("Twisted server endpoint")] = key(
        DEFAULT_ENDPOINT,
        "Where to listen: ``tcp:`` (IPv4), ``tcp6:``, ``systemd:domain=INET:name=...`` (socket activation), or "
        "``haproxy:tcp:...`` behind a proxy that sends the PROXY header. A colon inside a value is written ``\\:``, "
        'so that both families together are ``"tcp6:21:interface=\\\\:\\\\:"``.',
    )
    tls: Annotated[
        str | None,
        PlainValidator(word("off", "explicit", "required", "implicit")),
        Form("off, explicit, required or implicit"),
    ] = key(
        None,
        "TLS on the control connection. ``explicit``: offered (AUTH TLS). ``required``: as that, and USER and PASS are "
        "refused without it. ``implicit``: from the first byte on (port 990). Absent: ``explicit`` where "
        "``tls.certificate`` is set, else ``off``.",
    )
    data_resumption: OwnResumption = key(
        None,
        "As ``tls.data_resumption``, for the sessions on this listener; accounts may say otherwise. Absent: what that "
        "says.",
    )
    banner: Annotated[str, PlainValidator(words.banner), Form("one line of text")] = key(
        "FTP server ready.", "The greeting (220) on this listener."
    )
    limits: Annotated[RatesSection, BeforeValidator(absent)] = key({}, "Rates of the sessions on this listener.")


class AddressSection(Section):
    """What clients of one network are told."""

    network: Annotated[
        IPv4Network | IPv6Network | None, PlainValidator(addresses.network_or_any), Form("network or any")
    ] = required("The clients that are meant: ``10.0.0.0/8``, or ``any``.")
    address: Annotated[
        IPv4Address | str | None, PlainValidator(addresses.passive_address), Form("auto, address or host name")
    ] = required("What they are told, as for ``passive_address`` itself.")


def _address_list(value: object) -> object:
    if isinstance(value, list):
        return some(value)
    if isinstance(value, dict):
        raise ValueError("expected auto, an IPv4 address, a host name or a list of {network, address}; found a mapping")
    return [AddressSection.model_construct(network=None, address=addresses.passive_address(value))]


class DataSection(Section):
    """Where files and listings travel."""

    passive_ports: Annotated[
        tuple[tuple[int, int], ...], PlainValidator(addresses.port_ranges), Form("ranges of ports")
    ] = key(
        None,
        'Ports of passive data connections, with holes: ``"50000-50099, 50200"``; chosen at random. '
        "Absent: any free port. Open the same ports in the firewall.",
    )
    passive_address: Annotated[
        list[AddressSection],
        BeforeValidator(_address_list),
        Form("auto, IPv4 address, host name, or a list of {network, address}"),
    ] = key(
        "auto",
        "The address that PASV answers: ``auto`` (where the client's control connection arrived), the public address "
        "of a NAT gateway, or a host name that is looked up anew each time. In a list the first entry whose "
        "``network`` holds the client decides.",
    )
    active: Boolean = key(True, "Whether PORT and EPRT are carried out (the server connects to the client).")


class CheckerSection(Section):
    """One entry of `auth.checkers` that is more than a word.  With neither of its first keys: the word accounts."""

    strcred: Annotated[str | None, PlainValidator(words.text), Form("type:arguments")] = key(
        None, "Any installed ``twisted.cred.strcred`` plug-in: ``file:/etc/ftpd/passwd``."
    )
    python: Annotated[str | None, PlainValidator(words.text), Form("package.module:Name")] = key(
        None, "Any importable ``ICredentialsChecker``: ``acme.directory:DirectoryChecker``."
    )
    options: Annotated[dict[str, object], PlainValidator(words.options), Form("mapping")] = key(
        {}, "Only with ``python``: keyword arguments of its constructor."
    )
    timeout: Duration = key("10s", "How long an answer may take; without one the login fails for now (421).")
    final: Boolean = key(False, "Whether its refusal ends the search, instead of asking the next checker.")


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
        list[Annotated[CheckerSection, BeforeValidator(_checker)]], BeforeValidator(some), Form("list of checkers")
    ] = key(["accounts"], "Asked in order; ``accounts`` means those of this file.")
    verified_for: DurationOrZero = key(
        "5m", "A correct password of an account of this file is not hashed again within this time; 0: each time."
    )


class AccountLimitsSection(RatesSection):
    """Caps and rates of one account."""

    sessions: Annotated[int | None, PlainValidator(units.whole_number), Form("number, 1 or more")] = key(
        None, "The most sessions at once. Absent: as ``limits.sessions_per_account`` says."
    )


class AccountDefaultsSection(Section):
    """What accounts get that do not say otherwise, and names that another checker accepted."""

    home: HomePath = key(
        None,
        "The directory that the account sees as ``/``. A name that is empty, begins with a dot, or holds a slash or a "
        "control character is refused where ``{name}`` stands. Without a home nobody logs in.",
    )
    permissions: Rights = key(
        None,
        "``read`` is list and read; ``write`` is read, create, append and make-directory; or a list of ``list``, "
        "``read``, ``create``, ``overwrite``, ``append``, ``delete``, ``rename``, ``make-directory``, "
        "``remove-directory``, ``attributes``, in which each word means itself alone. Without any: ``read``.",
    )
    create_home: Annotated[bool | None, PlainValidator(units.boolean), Form("true or false")] = key(
        None, "Whether a missing home is made at login; else that login is refused (530). Without any: ``false``."
    )
    tls: Annotated[str | None, PlainValidator(word("optional", "required")), Form("optional or required")] = key(
        None,
        "``required``: nobody logs in to the account in clear. As soon as it stands anywhere, the passwords of unknown "
        "names are not looked at in clear either. Without any: ``optional``.",
    )
    data_resumption: OwnResumption = key(
        None,
        "As ``tls.data_resumption``, for the account's data connections, on whatever listener. Without any: what the "
        "listener says.",
    )
    data_protection: OwnProtection = key(
        None, "As ``tls.data_protection``, for the account's transfers. Without any: what ``tls.data_protection`` says."
    )
    limits: Annotated[AccountLimitsSection, BeforeValidator(absent)] = key(
        {}, "Caps and rates of each such account. Absent: those of ``account_defaults``."
    )


class AccountSection(AccountDefaultsSection):
    """One account of the file.  What it leaves out stands in `account_defaults`."""

    password: Annotated[str | None, PlainValidator(words.password), Form("hash, {plain}secret or any")] = key(
        None,
        "A hash (``$argon2id$``, ``$argon2i$``, ``$scrypt$``, ``$2b$``, ``$6$``, ``$5$``), ``{plain}secret``, or "
        "``any``. Without one the account cannot log in by the checker ``accounts``.",
    )
    password_file: Annotated[str | None, PlainValidator(words.password_file), Form("path")] = key(
        None, "A file whose only line is what ``password`` would be; read when the configuration is."
    )


class UploadsSection(Section):
    """How uploads are written."""

    mode: Annotated[str, PlainValidator(word("atomic", "in-place")), Form("atomic or in-place")] = key(
        "atomic",
        "``atomic``: a file appears under its name when it is whole, a broken upload leaves no trace. ``in-place``: "
        "it is written under its name from the first byte, a broken upload can be resumed.",
    )
    umask: Annotated[int, PlainValidator(words.umask), Form("octal digits in quotes")] = key(
        "027", "Permission bits that new files and directories do not get."
    )
    hidden_prefix: Annotated[str, PlainValidator(words.hidden_prefix), Form("beginning of a file name")] = key(
        ".ftpd-", "How temporary names begin; clients can neither see nor name such files."
    )


class ListingSection(Section):
    """How listings look."""

    dot_files: Boolean = key(True, "Whether names that begin with a dot are listed without ``-a``, by MLSD too.")


class CommandsSection(Section):
    """How commands are read."""

    strict_line_ends: Boolean = key(False, "Whether only CRLF ends a line; else a bare LF does too.")


class LimitsSection(RatesSection):
    """Caps, rates and time limits of the whole service."""

    sessions: Count = key(10000, "The most sessions at once.")
    sessions_per_host: Count = key(100, "The most sessions at once from one host.")
    ipv6_prefix: Ipv6Prefix = key(
        64,
        "How many bits of an IPv6 address name the host: clients that agree in them are one host wherever hosts are "
        "counted. An IPv4 address is a host of its own.",
    )
    sessions_per_account: Cap = key(None, "The most sessions at once of each account. Absent: no cap.")
    failed_logins: Count = key(3, "The failure with this number in one session is answered 421 and closes it.")
    login_timeout: Duration = key("60s", "From connecting to being logged in; TLS and slow checkers count too.")
    idle_timeout: Duration = key("15m", "Without a command and without data.")
    data_timeout: Duration = key("60s", "Opening a data connection: to accept, to connect, to begin TLS, each.")
    stall_timeout: Duration = key("5m", "A transfer in which no byte moves.")
    drain_timeout: DurationOrZero = key("30s", "What running transfers get when the service is told to end.")


class LoggingSection(Section):
    """What is logged, and how."""

    level: Annotated[
        str, PlainValidator(word("debug", "info", "warn", "error")), Form("debug, info, warn or error")
    ] = key("info", "The lowest level that is written; ``debug`` has every command.")
    format: Annotated[str, PlainValidator(word("text", later=("json", "journald"))), Form("text")] = key(
        "text", "The form of the lines."
    )


class FileSections(Section):
    """The whole file."""

    listeners: Annotated[list[ListenerSection], BeforeValidator(some), Form("list")] = key(
        [{}], "The ports that are listened on. Absent: one, on the loopback address."
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
