"""URLs of servers that the service asks, and DNs, filters and attributes of directories, as the file writes them."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from ftpd_service.auth.directory.dn_text import attribute_of_dn
from ftpd_service.auth.directory.filter_text import parse_filter
from ftpd_service.config.problems import found, kind

_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}")
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*(;[A-Za-z0-9-]+)*")


def ldap_url(value: object) -> str:
    """Return the URL of an LDAP server, which names only its host and port."""
    text = _url(value, ("ldap", "ldaps"), "ldaps://dir.example.net")
    if urlsplit(text).path not in ("", "/") or urlsplit(text).query:
        raise ValueError(f"expected a host and a port only, such as ldaps://dir.example.net; found {found(value)}")
    return text


def http_url(value: object) -> str:
    """Return the URL to which logins are posted; a password goes beyond this host by TLS only."""
    text = _url(value, ("http", "https"), "https://login.example.net/ftp")
    if text.startswith("http:") and not is_on_this_host(text):
        raise ValueError("expected https://: passwords would leave this host in clear")
    return text


def webhook_url(value: object) -> str:
    """Return the URL to which events are posted."""
    return _url(value, ("http", "https"), "https://hooks.example.net/ftp")


def is_on_this_host(url: str) -> bool:
    """Return whether the host of a URL is this host, by its text."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _url(value: object, schemes: tuple[str, str], example: str) -> str:
    expected = f"expected a URL such as {example}"
    if not isinstance(value, str) or not value.isprintable() or " " in value or not value.isascii():
        raise ValueError(f"{expected}, found {found(value)}")
    parts = _split(value, expected)
    if "@" in parts.netloc:
        # The text is not shown, because it may hold a password.
        raise ValueError(f"{expected}, without a name and a password in it")
    if parts.scheme not in schemes or not _is_host(parts.hostname or "") or parts.fragment:
        raise ValueError(f"{expected}, found {found(value)}")
    return str(value)


def _split(value: str, expected: str) -> SplitResult:
    try:
        parts = urlsplit(str(value))
        if parts.port == 0:
            raise ValueError
    except ValueError:
        raise ValueError(f"{expected}; the host or the port of this URL is wrong") from None
    return parts


def _is_host(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return _HOST.fullmatch(host) is not None and not host.replace(".", "").isdigit()


def dn_template(value: object) -> str:
    """Return a DN in which ``{name}`` is one of the values."""
    text = dn(value)
    try:
        attribute_of_dn(text)
    except ValueError:
        raise ValueError(
            f'expected a DN with {{name}} as one value, such as "uid={{name}},ou=people", found {found(value)}'
        ) from None
    return text


def dn(value: object) -> str:
    """Return a DN; the server has the last word on its form."""
    if not isinstance(value, str) or "=" not in value or not value.isprintable():
        raise ValueError(f'expected a DN such as "ou=people,dc=example,dc=net", found {found(value)}')
    return str(value)


def search_filter(value: object) -> str:
    """Return a filter in which ``{name}`` stands for the name."""
    if not isinstance(value, str) or "{name}" not in value:
        raise ValueError(f'expected a filter with {{name}}, such as "(uid={{name}})", found {found(value)}')
    try:
        parse_filter(str(value))
    except ValueError as problem:
        raise ValueError(f"{found(value)} is no filter: {problem}") from None
    return str(value)


def ldap_groups(value: object) -> tuple[tuple[str, str], ...]:
    """Return groups of the directory with the groups of accounts for their members, in the order of the file."""
    return tuple((dn(group), _word(name, "the name of a group")) for group, name in _mapping(value).items())


def ldap_attribute(value: object) -> str:
    """Return the name of an attribute."""
    if not isinstance(value, str) or not _ATTRIBUTE.fullmatch(value):
        raise ValueError(f"expected the name of an attribute such as uid, found {found(value)}")
    return str(value)


def ldap_attributes(value: object) -> dict[str, str]:
    """Return attributes by the settings that they supply."""
    return {_word(key, "the key of an account"): ldap_attribute(name) for key, name in _mapping(value).items()}


def _mapping(value: object) -> dict[object, object]:
    if not isinstance(value, dict):
        raise ValueError(f"expected a mapping, found {kind(value)}")
    return value


def _word(value: object, what: str) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ValueError(f"expected {what}, found {found(value)}")
    return str(value)
