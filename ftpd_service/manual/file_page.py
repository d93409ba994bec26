"""The generator of the manual page ftpd.yaml(5): ``python -m ftpd_service.manual.file_page``."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import ftpd_service
from ftpd_service.config.keys import Key
from ftpd_service.config.reference import ABOUT, EDITORS, FILE_RULES, entry_of, shown_keys, shown_path
from ftpd_service.manual import roff

EXAMPLE_FILE = """\
listeners:
  - endpoint: "tcp:21"
    tls: required
tls:
  certificate: tls/fullchain.pem
  private_key: tls/privkey.pem
data_connections:
  passive_ports: "50000-50099"
accounts:
  alice:
    password_file: alice.hash
    home: /srv/ftp/alice
    permissions: write
"""
"""A file that serves; a test has it checked."""

_ABOUT = """\
A server on port 21 with TLS, for one account, whose password ``ftpd-service hash-password`` has hashed into the file
alice.hash:
"""


def file_page() -> str:
    """Return the whole page."""
    return "".join(
        (
            roff.title("ftpd.yaml", 5, source=f"ftpd-service {ftpd_service.__version__}", volume="File Formats Manual"),
            roff.section("NAME", (r"ftpd.yaml \- configuration of ftpd\-service",)),
            roff.section("DESCRIPTION", roff.blocks(ABOUT)),
            roff.section("RULES OF THE FILE", roff.blocks(FILE_RULES)),
            roff.section("KEYS", _keys()),
            roff.section("EDITORS", roff.blocks(EDITORS)),
            roff.section("FILES", roff.entry(roff.italic("/etc/ftpd/ftpd.yaml"), ("The usual place of the file.",))),
            roff.section("EXAMPLES", (*roff.filled(roff.inline(_ABOUT)), *roff.example(EXAMPLE_FILE.splitlines()))),
            roff.section("SEE ALSO", (r"\fBftpd\-service\fR(1), \fBsystemd.service\fR(5)",)),
        )
    )


def _keys() -> Iterator[str]:
    for key in shown_keys():
        if "." not in key.path:
            yield from roff.subsection(shown_path(key.path), _description(key))
        else:
            yield from roff.entry(roff.bold(shown_path(key.path)), _description(key))


def _description(key: Key) -> Iterator[str]:
    return roff.filled(roff.inline(entry_of(key)))


if __name__ == "__main__":
    sys.stdout.write(file_page())
