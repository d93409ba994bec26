"""How the section ``tls`` looks."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from ftpd_service.config import addresses, words
from ftpd_service.config.section import Form, Section, absent, key, word
from ftpd_service.config.units import boolean
from ftpd_service.policy.tls_networks import Networks

FilePath = Annotated[str | None, PlainValidator(words.file_path), Form("path")]
FilePathOrNull = Annotated[str | None, PlainValidator(words.file_path_or_null), Form("path, or null for none")]


_resumption = PlainValidator(word("off", "verify", "required"))
_RESUMPTION_FORM = Form("off, verify or required")
OwnResumption = Annotated[str | None, _resumption, _RESUMPTION_FORM]
"""Of a listener or an account; None: it says nothing of its own."""

_protection = PlainValidator(word("optional", "required"))
_PROTECTION_FORM = Form("optional or required")
OwnProtection = Annotated[str | None, _protection, _PROTECTION_FORM]
"""Of an account; None: it says nothing of its own."""


class KeyPairSection(Section):
    """A certificate and its key."""

    certificate: FilePath = key(
        None,
        "A PEM file: the server's certificate first, then those between it and the root (certbot's ``fullchain.pem``). "
        "Changed files are read again by themselves, within seconds; a pair that does not fit changes nothing.",
    )
    private_key: FilePath = key(None, "A PEM file: its key, RSA or ECDSA. Absent: in the file of the certificate.")
    private_key_password_file: FilePathOrNull = key(None, "A file whose first line opens an encrypted key.")


class TlsSection(KeyPairSection):
    """Certificates, and how TLS is spoken."""

    names: Annotated[
        dict[str, Annotated[KeyPairSection, BeforeValidator(absent)]], BeforeValidator(absent), Form("mapping")
    ] = key({}, "Other certificates, by the server name that a client asks for (SNI): ``other.example.net``.")
    minimum_version: Annotated[str, PlainValidator(words.tls_version), Form('"1.2" or "1.3"')] = key(
        "1.2", "The lowest version of TLS that is spoken; those below are never."
    )
    ciphers: Annotated[str | None, PlainValidator(words.text_or_null), Form("OpenSSL cipher list, or null")] = key(
        None, "Ciphers of TLS 1.2. Absent: ECDHE with AES-GCM or ChaCha20 (RFC 9325)."
    )
    required_from: Annotated[
        Networks, PlainValidator(addresses.networks_or_any), Form("list of networks, and any for all")
    ] = key(
        [],
        "Clients of these networks do not log in without TLS, whatever listener and account: USER is answered as ever "
        "(331), and PASS in clear is refused (530) before the password is looked at. ``any`` holds all of IPv4 and "
        "IPv6, loopback too; ``::/0`` is IPv6 alone. Clients that a listener of both families sees by mapped addresses "
        "are IPv4.",
    )
    required_except: Annotated[Networks, PlainValidator(addresses.networks), Form("list of networks")] = key(
        [],
        "Only with ``required_from``: parts of those networks whose clients may log in in clear all the same, such as "
        "``127.0.0.0/8``. What listeners and accounts demand holds for them, too.",
    )
    data_resumption: Annotated[str, _resumption, _RESUMPTION_FORM] = key(
        "verify",
        "Whether a protected data connection must resume the TLS session of its control connection, so that nobody can "
        "steal it. ``required``: always; Java, .NET and many others cannot. ``verify``: who has resumed once must go "
        "on, as long as it is known to be able to. Listeners and accounts may say otherwise. The log tells, at the end "
        "of each session, how many did, and at SIGHUP and at the end which accounts ``required`` would refuse.",
    )
    data_protection: Annotated[str, _protection, _PROTECTION_FORM] = key(
        "optional",
        "``required``: transfers without PROT P are refused (522), and PROT C is (534). Accounts may say otherwise.",
    )
    require_pbsz: Annotated[bool, PlainValidator(boolean), Form("true or false")] = key(
        False, "Whether PROT without PBSZ before it is refused (503), as RFC 4217 has it and some clients do not."
    )
    truncated_uploads: Annotated[str, PlainValidator(word("accept", "refuse")), Form("accept or refuse")] = key(
        "accept",
        "A protected upload that ends without close_notify may have been cut short. ``accept``: it is taken, unless "
        "this client has sent a close_notify before. ``refuse``: it never is.",
    )
    client_authorities: FilePathOrNull = key(
        None, "A PEM file of the authorities that may sign certificates of clients."
    )
    client_certificate: Annotated[
        str, PlainValidator(word("off", "optional", "required", "login")), Form("off, optional, required or login")
    ] = key(
        "off",
        "Whether clients are asked for a certificate. ``required``: without one there is no session. ``login``: the "
        "common name of its subject is the account that it logs in to without a password; who shows none needs one.",
    )
