"""An OpenLDAP server for tests: one for all tests of a process, with a directory of its own and TLS."""

from __future__ import annotations

import atexit
import base64
from datetime import datetime, timezone
from functools import cache
from pathlib import Path

from twisted.trial.unittest import SkipTest

from ftpd_service.tls.self_signed import self_signed
from tests.integration.plain_user import PlainServer, program, run_plainly

SUFFIX = "dc=example,dc=net"
PEOPLE = f"ou=people,{SUFFIX}"
GROUPS = f"ou=groups,{SUFFIX}"
SERVICE = f"cn=ftpd,{SUFFIX}"
SERVICE_PASSWORD = "service secret"

UNITS = ("people", "groups", "hidden")

STRANGE_NAME = 'we(ird)*\\ ,+"=<>#;&|!/ \u00e9\u4e2d'
"""A name of syntax: of filters, of DNs and of paths."""

CONFIGURATION = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
database mdb
suffix "{suffix}"
directory {folder}/db
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree="ou=hidden,{suffix}" by dn.exact="{service}" read by * auth
access to * by * read
"""


def _people() -> list[tuple[str, dict[str, str]]]:
    """The entries below `PEOPLE`: their DNs, and what they have beside names and the password."""
    return [
        (f"uid=alice,{PEOPLE}", {"uid": "alice"}),
        (f"uid=bob,{PEOPLE}", {"uid": "bob", "employeeType": "write", "description": "/srv/ftp/bob"}),
        (f"uid=Carol,{PEOPLE}", {"uid": "Carol"}),
        (f"cn=first twin,{PEOPLE}", {"uid": "twin", "cn": "first twin"}),
        (f"cn=second twin,{PEOPLE}", {"uid": "twin", "cn": "second twin"}),
        (f"cn=strange,{PEOPLE}", {"uid": STRANGE_NAME, "cn": "strange"}),
        (f"uid=dave,ou=hidden,{SUFFIX}", {"uid": "dave"}),
        (f"uid=Eve,ou=hidden,{SUFFIX}", {"uid": "Eve"}),
    ]


def _ldif() -> str:
    entries = [
        f"dn: {SUFFIX}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example",
        *(f"dn: ou={one},{SUFFIX}\nobjectClass: organizationalUnit\nou: {one}" for one in UNITS),
        f"dn: {SERVICE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: ftpd\n"
        f"userPassword: {SERVICE_PASSWORD}",
        f"dn: cn=customers,{GROUPS}\nobjectClass: groupOfNames\ncn: customers\nmember: uid=bob,{PEOPLE}",
        f"dn: cn=unique,{GROUPS}\nobjectClass: groupOfUniqueNames\ncn: unique\nuniqueMember: uid=alice,{PEOPLE}",
        f"dn: cn=posix,{GROUPS}\nobjectClass: posixGroup\ncn: posix\ngidNumber: 7\nmemberUid: Carol",
    ]
    for dn, more in _people():
        values = {"cn": more["uid"], "sn": "x", "userPassword": "hunter2", **more}
        lines = [f"{name}:: {base64.b64encode(value.encode()).decode()}" for name, value in values.items()]
        entries.append("\n".join((f"dn: {dn}", "objectClass: inetOrgPerson", *lines)))
    return "\n\n".join(entries) + "\n"


class Slapd(PlainServer):
    """A server that is made and started by its constructor; its certificate names ``localhost``.

    :ivar port: its port on 127.0.0.1 without TLS at first.
    :ivar tls_port: its port with TLS.
    :ivar authorities: the file of the certificate.
    """

    def __init__(self) -> None:
        super().__init__()
        atexit.register(self.stop)
        self._program = program("slapd")
        if not Path("/etc/ldap/schema/nis.schema").exists():
            raise SkipTest("the schemas of slapd are not installed")
        self.port, self.tls_port = self.free_port(), self.free_port()
        certificate, key = self_signed(["localhost"], now=datetime.now(timezone.utc))
        self.authorities = str(self.write("cert.pem", certificate))
        self.write("key.pem", key)
        (self.folder / "db").mkdir()
        self.own(self.folder / "db")
        text = CONFIGURATION.format(folder=self.folder, suffix=SUFFIX, service=SERVICE)
        self._configuration = str(self.write("slapd.conf", text))
        run_plainly(program("slapadd"), "-f", self._configuration, "-l", str(self.write("content.ldif", _ldif())))
        self.run()

    def run(self) -> None:
        """Start the server."""
        urls = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.tls_port}"
        self.start(self._program, "-h", urls, "-f", self._configuration, "-d", "stats", port=self.tls_port)


@cache
def slapd() -> Slapd:
    """The server of all tests.

    :raises SkipTest: slapd is not installed.
    """
    return Slapd()
