"""How the section ``tls`` looks."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, PlainValidator

from ftpd_service.config import forms, words
from ftpd_service.config.forms import Form, choice, member
from ftpd_service.config.section import Section, absent, key
from ftpd_service.policy.truncation import TruncatedUploads
from ftpd_service.tls.settings import ClientCertificate, MinimumVersion


class KeyPairSection(Section):
    """A certificate and its key."""

    certificate: forms.FilePath = key(
        None,
        "A PEM file: the server's certificate first, then those between it and the root (certbot's ``fullchain.pem``). "
        "Changed files are read again by themselves, within seconds; a pair that does not fit changes nothing.",
        example="tls/fullchain.pem",
    )
    private_key: forms.FilePath = key(
        None,
        "A PEM file: its key, RSA or ECDSA. Absent: in the file of the certificate.",
        example="tls/privkey.pem",
    )
    private_key_password_file: forms.FilePathOrNull = key(
        None, "A file whose first line opens an encrypted key.", example="tls/password"
    )


class TlsSection(KeyPairSection):
    """Certificates, and how TLS is spoken."""

    names: Annotated[
        dict[str, Annotated[KeyPairSection, BeforeValidator(absent)]], BeforeValidator(absent), Form("mapping")
    ] = key({}, "Other certificates, by the server name that a client asks for (SNI): ``other.example.net``.")
    minimum_version: Annotated[
        MinimumVersion,
        PlainValidator(lambda value: MinimumVersion(words.tls_version(value))),
        Form('"1.2" or "1.3"', {"enum": ["1.2", "1.3"]}),
    ] = key("1.2", "The lowest version of TLS that is spoken; those below are never.", to="tls.minimum_version")
    ciphers: forms.Ciphers = key(
        "modern",
        "Ciphers of TLS 1.2. ``modern``: ECDHE with AES-GCM or ChaCha20 (RFC 9325). ``compatible``: behind them CBC, "
        "and key exchange by RSA (which needs a certificate with an RSA key), for old cameras, scanners and Windows "
        "Server 2012: less safe for those who use them, so rather on a listener of their own. The log tells once for "
        "each address which suites a client offered that has none in common with the server.",
        to="tls.ciphers",
    )
    required_from: forms.ManyNetworksOrAny = key(
        [],
        "Clients of these networks do not log in without TLS, whatever listener and account: USER is answered as ever "
        "(331), and PASS in clear is refused (530) before the password is looked at. ``any`` holds all of IPv4 and "
        "IPv6, loopback too; ``::/0`` is IPv6 alone. Clients that a listener of both families sees by mapped addresses "
        "are IPv4.",
        to="session.tls_networks.required",
    )
    required_except: forms.ManyNetworks = key(
        [],
        "Only with ``required_from``: parts of those networks whose clients may log in in clear all the same, such as "
        "``127.0.0.0/8``. What listeners and accounts demand holds for them, too.",
        to="session.tls_networks.excepted",
    )
    data_resumption: forms.Resumption = key(
        "report",
        "Whether a protected data connection must resume the TLS session of its control connection, so that nobody can "
        "steal it. ``report``: it need not; the log tells, at the end of each session, how many did, and at SIGHUP and "
        "at the end which accounts and clients ``required`` would refuse. ``off``: nothing is counted either. "
        "``sticky``: a client that has resumed once must go on, as long as it is known to be able to; that refuses "
        "files of clients whose parallel sessions share a cache of TLS sessions (rclone, ``curl -Z``). ``required``: "
        "always; Java, .NET, rclone and many others cannot. Listeners and accounts may say otherwise.",
        to="tls.data_resumption",
    )
    data_protection: forms.Demand = key(
        "optional",
        "``required``: transfers without PROT P are refused (522), and PROT C is (534). Accounts may say otherwise.",
        to="session.data_protection_required",
    )
    require_pbsz: forms.Boolean = key(
        False,
        "Whether PROT without PBSZ before it is refused (503), as RFC 4217 has it and some clients do not.",
        to="session.require_pbsz",
    )
    clear_command_channel: forms.Boolean = key(
        False,
        "Whether a client may end TLS on its control connection once it has logged in (CCC, for routers that read "
        "addresses in replies). Anybody on the way can then read its commands and add others; its data connections "
        "stay protected. False: CCC is refused (534).",
        to="session.clear_command_channel",
    )
    truncated_uploads: Annotated[TruncatedUploads, member(TruncatedUploads), choice(TruncatedUploads)] = key(
        "accept",
        "A protected upload that ends without close_notify may have been cut short. ``accept``: it is taken, unless "
        "this client has sent a close_notify before. ``refuse``: it never is.",
        to="tls.truncated_uploads",
    )
    client_authorities: forms.FilePathOrNull = key(
        None,
        "A PEM file of the authorities that may sign certificates of clients.",
        to="tls.client_authorities",
        example="tls/clients.pem",
    )
    client_certificate: Annotated[ClientCertificate, member(ClientCertificate), choice(ClientCertificate)] = key(
        "off",
        "Whether clients are asked for a certificate. ``required``: without one there is no session. ``login``: the "
        "common name of its subject is the account that it logs in to without a password; who shows none needs one.",
        to="tls.client_certificate",
    )
