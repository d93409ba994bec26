"""The declarations of the kinds of checkers that ask other servers: `ldap` and `http`."""

from __future__ import annotations

from typing import Annotated

from pydantic import PlainValidator

from ftpd_service.config import forms, service_urls
from ftpd_service.config.forms import Form
from ftpd_service.config.section import Section, key, required

_TEXT = {"type": "string", "minLength": 1}
_TEXTS = {"type": "object", "additionalProperties": _TEXT}

HttpUrl = Annotated[str, PlainValidator(service_urls.http_url), Form("URL", _TEXT)]
LdapUrl = Annotated[str, PlainValidator(service_urls.ldap_url), Form("URL", _TEXT)]
DnTemplate = Annotated[str, PlainValidator(service_urls.dn_template), Form("DN with {name}", _TEXT, told=None)]
Dn = Annotated[str, PlainValidator(service_urls.dn), Form("DN", _TEXT, told=None)]
FilterText = Annotated[str, PlainValidator(service_urls.search_filter), Form("filter with {name}", _TEXT, told=None)]
Attribute = Annotated[str | None, PlainValidator(service_urls.ldap_attribute), Form("name of an attribute", _TEXT)]
LdapGroups = Annotated[
    tuple[tuple[str, str], ...] | None,
    PlainValidator(service_urls.ldap_groups),
    Form("mapping of DNs to names of groups", _TEXTS, told=None),
]
LdapAttributes = Annotated[
    dict[str, str] | None,
    PlainValidator(service_urls.ldap_attributes),
    Form("mapping of keys of an account to attributes", _TEXTS, told=None),
]


class LdapSearchSection(Section):
    """The search for the entry of a name."""

    base: Dn = required(
        "The entry at which the search begins; all entries below it are searched.",
        to="search.base",
        example='"ou=people,dc=example,dc=net"',
    )
    filter: FilterText = required(
        "The filter, in which ``{name}`` stands for the name. It must find exactly one entry.",
        to="search.filter",
        example='"(&(objectClass=person)(uid={name}))"',
    )
    bind_dn: Dn = key(
        None,
        "The DN by which the service logs in for the search. Absent: it searches without a login.",
        to="search.bind_dn",
        example='"cn=ftpd,dc=example,dc=net"',
    )
    password_file: forms.FilePath = key(
        None,
        "A file whose first line is the password of ``bind_dn``. The server reads it together with the configuration.",
        to="search.password_file",
        example="ldap.password",
    )


class LdapSection(Section):
    """The keys of the kind `ldap`."""

    url: LdapUrl = required(
        "The server: ``ldaps://HOST``, or ``ldap://HOST`` with ``start_tls``. Without TLS only on this host.",
        to="url",
        example='"ldaps://dir.example.net"',
    )
    start_tls: forms.Boolean = key(
        False, "Whether TLS begins with StartTLS, on a connection ``ldap://``.", to="start_tls"
    )
    authorities: forms.FilePathOrNull = key(
        None,
        "A PEM file with the authorities that may sign the server's certificate, which must name the host of ``url``. "
        "Absent or null: those of the operating system.",
        to="authorities",
        example="ldap-ca.pem",
    )
    bind: DnTemplate = key(
        None,
        "The DN of each person; the person logs in to the directory by it. Either this or ``search``.",
        to="bind",
    )
    search: LdapSearchSection | None = key(
        None, "The search for the entry of a name; the person then logs in to the directory by that entry."
    )
    name: Attribute = key(
        None,
        "The attribute whose value is the account's name, so that ``Alice`` and ``alice`` are one account. Absent: the "
        "attribute that is compared with ``{name}``.",
        to="name",
        example="uid",
    )
    groups: LdapGroups = key(
        None,
        "Groups of the directory, each with a group of the section ``groups``. An account gets the group of the first "
        "of which its entry is a member (``member``, ``uniqueMember`` or ``memberUid``).",
        to="groups",
        example='{"cn=customers,ou=groups,dc=example,dc=net": customers}',
    )
    attributes: LdapAttributes = key(
        None,
        "Attributes of the entry that supply settings of the account.",
        to="attributes",
        example="{home: homeDirectory}",
    )
    connections: forms.Count = key(8, "The most connections at once, each for one login.", to="connections")


class HttpSection(Section):
    """The keys of the kind `http`."""

    url: HttpUrl = required(
        "The URL to which logins are posted. ``http://`` only on this host: a password leaves it by TLS.",
        to="url",
        example='"https://login.example.net/ftp"',
    )
    headers_file: forms.FilePathOrNull = key(
        None,
        "A file of headers that each request has, one ``Name: value`` a line, for example with the service's token. "
        "The server reads it together with the configuration.",
        to="headers_file",
        example="login.headers",
    )
    authorities: forms.FilePathOrNull = key(
        None,
        "A PEM file with the authorities that may sign the server's certificate, which must name the host of ``url``. "
        "Absent or null: those of the operating system.",
        to="authorities",
        example="login-ca.pem",
    )
    connections: forms.Count = key(8, "The most connections at once, each with one login at a time.", to="connections")
