"""The checks of several keys of a checker together."""

from __future__ import annotations

from collections.abc import Container, Iterator

from ftpd_service.auth.settings import AuthSettings, LdapChecker
from ftpd_service.config.account_sections import AccountDefaultsSection
from ftpd_service.config.problems import KeyPath
from ftpd_service.config.service_urls import is_on_this_host, ldap_url


def in_ldap(ldap: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Yield the contradictions of an entry `ldap`, from its plain values."""
    if not isinstance(ldap, dict):
        return
    if ("bind" in ldap) == ("search" in ldap):
        yield path, "expected either bind or search" + (", found both" if "bind" in ldap else "")
    yield from _about_tls(ldap, path)
    search = ldap.get("search")
    if isinstance(search, dict) and ("bind_dn" in search) != ("password_file" in search):
        missing = "password_file" if "bind_dn" in search else "bind_dn"
        yield (*path, "search"), f"{missing} is missing: the two go together"
    attributes = ldap.get("attributes")
    for name in attributes if isinstance(attributes, dict) else ():
        if name not in AccountDefaultsSection.model_fields or name in ("limits", "storage"):
            yield (*path, "attributes", str(name)), "expected the key of an account that takes a single value"


def in_http(http: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Yield the contradictions of an entry `http`, from its plain values."""
    if isinstance(http, dict) and str(http.get("url")).startswith("http:") and http.get("authorities") is not None:
        yield (*path, "authorities"), "goes only with https://"


def _about_tls(ldap: dict[object, object], path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    try:
        url = ldap_url(ldap.get("url"))
    except ValueError:
        return
    by_start = ldap.get("start_tls") is True
    if url.startswith("ldaps:") and by_start:
        yield (*path, "start_tls"), "goes only with ldap://, because ldaps:// begins with TLS"
    if url.startswith("ldap:") and not by_start:
        if not is_on_this_host(url):
            yield (*path, "url"), "passwords would leave this host in clear: write ldaps://, or add start_tls: true"
        if ldap.get("authorities") is not None:
            yield (*path, "authorities"), "goes only with ldaps:// or start_tls: true"


def undefined_groups(auth: AuthSettings, groups: Container[str]) -> Iterator[tuple[KeyPath, str]]:
    """Yield the groups of accounts that a checker names and the file does not define."""
    for position, checker in enumerate(auth.checkers):
        for dn, group in checker.groups if isinstance(checker, LdapChecker) else ():
            if group not in groups:
                yield ("auth", "checkers", position, "ldap", "groups", dn), f"{group} is not defined in groups"
