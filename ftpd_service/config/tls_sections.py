"""The declarations of the section ``tls``."""

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
        "A PEM file with the server's certificate, followed by the intermediate certificates (certbot's "
        "``fullchain.pem``). The server loads changed files within seconds; it ignores a mismatched pair and logs an "
        "error.",
        example="tls/fullchain.pem",
    )
    private_key: forms.FilePath = key(
        None,
        "A PEM file with the certificate's key, RSA or ECDSA. Absent: the key is in the file of the certificate.",
        example="tls/privkey.pem",
    )
    private_key_password_file: forms.FilePathOrNull = key(
        None, "A file whose first line is the password of an encrypted key.", example="tls/password"
    )


class TlsSection(KeyPairSection):
    """Certificates and other settings of TLS."""

    names: Annotated[
        dict[str, Annotated[KeyPairSection, BeforeValidator(absent)]], BeforeValidator(absent), Form("mapping")
    ] = key({}, "Further certificates, by the server name that a client asks for (SNI), such as ``other.example.net``.")
    minimum_version: Annotated[
        MinimumVersion,
        PlainValidator(lambda value: MinimumVersion(words.tls_version(value))),
        Form('"1.2" or "1.3"', {"enum": ["1.2", "1.3"]}),
    ] = key("1.2", "The lowest version of TLS that the server accepts.", to="tls.minimum_version")
    ciphers: forms.Ciphers = key(
        "modern",
        "Ciphers for TLS 1.2. ``modern``: ECDHE with AES-GCM or ChaCha20 (RFC 9325). ``compatible``: also CBC and key "
        "exchange by RSA (which needs a certificate with an RSA key), with lower preference, for old cameras, scanners "
        "and Windows Server 2012. These ciphers are less secure, so use them on a separate listener. If a client has "
        "no cipher suite in common with the server, the log lists the client's suites, once for each address.",
        to="tls.ciphers",
    )
    required_from: forms.ManyNetworksOrAny = key(
        [],
        "Clients of these networks cannot log in without TLS, for every listener and account: USER gets 331 as usual, "
        "and PASS in clear gets 530 before the password is checked. ``any`` contains all of IPv4 and IPv6, including "
        "loopback; ``::/0`` contains only IPv6. IPv4 clients of a listener for both families count as IPv4.",
        to="session.tls_networks.required",
    )
    required_except: forms.ManyNetworks = key(
        [],
        "Only with ``required_from``: parts of those networks whose clients may log in without TLS, such as "
        "``127.0.0.0/8``. The demands of listeners and accounts still apply to these clients.",
        to="session.tls_networks.excepted",
    )
    data_resumption: forms.Resumption = key(
        "report",
        "Whether a protected data connection must resume the TLS session of its control connection, so that no "
        "attacker can steal it. ``report``: it need not. The log then says at the end of each session how many data "
        "connections resumed, and at SIGHUP and at the end of the service which accounts and clients ``required`` "
        "would refuse. ``off``: as ``report``, but the server counts nothing. ``sticky``: a client that has resumed "
        "once must keep resuming, while the server knows that it can; this refuses files of clients whose parallel "
        "sessions share a cache of TLS sessions (rclone, ``curl -Z``). ``required``: every data connection must "
        "resume; Java, .NET, rclone and many other clients cannot. Listeners and accounts may override this key.",
        to="tls.data_resumption",
    )
    data_protection: forms.Demand = key(
        "optional",
        "``required``: the server refuses transfers without PROT P (522) and refuses PROT C (534). Accounts may "
        "override this key.",
        to="session.data_protection_required",
    )
    require_pbsz: forms.Boolean = key(
        False,
        "Whether the server refuses PROT without an earlier PBSZ (503). RFC 4217 demands PBSZ; some clients omit it.",
        to="session.require_pbsz",
    )
    clear_command_channel: forms.Boolean = key(
        False,
        "Whether a client may end TLS on its control connection after the login (CCC, for routers that read addresses "
        "in replies). An attacker on the way can then read its commands and add commands; its data connections stay "
        "protected. If false, CCC is refused (534).",
        to="session.clear_command_channel",
    )
    truncated_uploads: Annotated[TruncatedUploads, member(TruncatedUploads), choice(TruncatedUploads)] = key(
        "accept",
        "The treatment of a protected upload that ends without close_notify and so may have been cut short. "
        "``accept``: the server grades it as doubtful, and ``uploads.grades.doubtful`` decides; if this client has "
        "sent close_notify before, the server refuses it (426). ``refuse``: the server always refuses it.",
        to="tls.truncated_uploads",
    )
    client_authorities: forms.FilePathOrNull = key(
        None,
        "A PEM file with the authorities that may sign client certificates.",
        to="tls.client_authorities",
        example="tls/clients.pem",
    )
    client_certificate: Annotated[ClientCertificate, member(ClientCertificate), choice(ClientCertificate)] = key(
        "off",
        "Whether the server asks clients for a certificate. ``required``: clients without a certificate get no "
        "session. ``login``: a client with a certificate logs in, without a password, to the account that the common "
        "name of the certificate's subject names; other clients need a password.",
        to="tls.client_certificate",
    )
