"""How each server is set up: as its documentation does for one account that may write, and no more logging than that.

Limits on sessions from one address are lifted everywhere, as all of a run's clients have the same one.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from ftpd_bench.peers.fetch import package_version
from ftpd_bench.peers.place import NOBODY, Place, Started, free_port, start

OURS = "ftpd-service"
BEFORE = "before"
"""Another checkout of this server, measured beside it."""
SCRIPTS = Path(__file__).resolve().parent

VSFTPD: dict[str, object] = {
    "listen": "YES",
    "listen_address": "127.0.0.1",
    "background": "NO",
    "max_clients": 0,
    "max_per_ip": 0,
    "anonymous_enable": "YES",
    "ftp_username": "daemon",  # a user whose home exists: vsftpd goes there first
    "no_anon_password": "YES",
    "anon_world_readable_only": "NO",
    "write_enable": "YES",
    "anon_upload_enable": "YES",
    "anon_mkdir_write_enable": "YES",
    "anon_other_write_enable": "YES",
    "anon_umask": "022",
}
PROFTPD = (
    "ServerType standalone",
    "DefaultAddress 127.0.0.1",
    "User nobody",
    "Group nogroup",
    "UseIPv6 off",
    "UseReverseDNS off",
    "RequireValidShell off",
    "WtmpLog off",
    "TransferLog none",
    "DelayEngine off",
    "AllowOverwrite on",
    "AuthPAM off",
    "AuthOrder mod_auth_file.c",
    "DefaultRoot ~",
)


def crypted(password: str) -> str:
    """A SHA-256 crypt hash of few rounds, made by openssl."""
    command = ["openssl", "passwd", "-5", "-salt", "benchmark", password]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def passwd_line(place: Place) -> str:
    """A line of passwd(5) for the account, its home being the root of the run."""
    return f"bench:{crypted('bench')}:{NOBODY}:{NOBODY}::{place.root}:/bin/sh\n"


def start_ours(place: Place, *, tls: bool, twistd: Path | None = None) -> Started:
    """This server.

    :param twistd: that of another checkout; None: the one of this Python.
    """
    name = f"{'ours' if twistd is None else BEFORE}-{tls}"
    folder, port = place.own(name), free_port()
    listener = f"endpoint: 'tcp:{port}:interface=127.0.0.1'" + (", tls: explicit" if tls else "")
    certificate = f"{place.base}/certificate.pem, private_key: {place.base}/key.pem"
    (folder / "ftpd.yaml").write_text(
        f"listeners: [{{{listener}}}]\n"
        f"accounts: {{bench: {{password: '{{plain}}bench', home: {place.root}, permissions: all}}}}\n"
        "limits: {sessions: 100000, sessions_per_host: 100000}\n"
        "uploads: {umask: '022'}\n"
        "logging: {level: warn}\n"
        # An older version does not know the key.
        + ("service: {allow_root: true}\n" if twistd is None else "")
        + (f"tls: {{certificate: {certificate}}}\n" if tls else "")
    )
    program = twistd or Path(sys.executable).with_name("twistd")
    command = [str(program), "--nodaemon", "--pidfile=", "ftpd", "-c", str(folder / "ftpd.yaml")]
    return start(command, place, name=name, port=port, as_nobody=True)


def start_vsftpd(place: Place, *, tls: bool) -> Started:
    """vsftpd, its anonymous account: a named one would need PAM's files under /etc."""
    folder, port = place.base / f"vsftpd-{tls}", free_port()
    program = place.program("usr/sbin/vsftpd")
    (folder / "empty").mkdir(parents=True, exist_ok=True)
    words = VSFTPD | {"listen_port": port, "anon_root": place.root, "secure_chroot_dir": folder / "empty"}
    if tls:
        words |= {"ssl_enable": "YES", "allow_anon_ssl": "YES", "require_ssl_reuse": "NO"}
        words |= {"force_anon_data_ssl": "NO", "force_anon_logins_ssl": "NO", "ssl_ciphers": "HIGH"}
        words |= {"rsa_cert_file": place.certificate, "rsa_private_key_file": place.certificate}
    configuration = folder / "vsftpd.conf"
    configuration.write_text("".join(f"{name}={value}\n" for name, value in words.items()))
    started = start([str(program), str(configuration)], place, name=f"vsftpd-{tls}", port=port, as_nobody=False)
    started.user = "anonymous"
    return started


def start_proftpd(place: Place, *, tls: bool) -> Started:
    """ProFTPD with a password file; its artificial delay at logins is off."""
    folder, port = place.base / f"proftpd-{tls}", free_port()
    folder.mkdir(exist_ok=True)
    program = place.program("usr/sbin/proftpd")
    (folder / "passwd").write_text(passwd_line(place))
    (folder / "passwd").chmod(0o600)
    lines = [*PROFTPD, f"Port {port}", f"AuthUserFile {folder}/passwd", f"PidFile {folder}/pid"]
    lines += [f"ScoreboardFile {folder}/scoreboard"]
    if tls:
        lines += [f"ModulePath {place.cache}/tree/usr/lib/proftpd", "LoadModule mod_tls.c", "TLSEngine on"]
        lines += [f"TLSRSACertificateFile {place.certificate}", f"TLSRSACertificateKeyFile {place.certificate}"]
        lines += ["TLSOptions NoSessionReuseRequired", "TLSRequired off"]
    (folder / "proftpd.conf").write_text("\n".join(lines) + "\n")
    command = [str(program), "--nodaemon", "--config", str(folder / "proftpd.conf")]
    return start(command, place, name=f"proftpd-{tls}", port=port, as_nobody=False)


def start_pure_ftpd(place: Place, *, tls: bool) -> Started:
    """Pure-FTPd with its own database of one account."""
    folder, port = place.base / f"pure-ftpd-{tls}", free_port()
    folder.mkdir(exist_ok=True)
    program = place.program("usr/sbin/pure-ftpd")
    # Its format goes on behind passwd's fields: rates, ratios, quotas, networks and times, all without limit.
    (folder / "passwd").write_text(passwd_line(place).replace(":/bin/sh\n", "/./::::::::::::\n"))
    maker = [str(place.program("usr/bin/pure-pw")), "mkdb", str(folder / "users.pdb"), "-f", str(folder / "passwd")]
    subprocess.run(maker, check=True, capture_output=True)
    command = [str(program), "-S", f"127.0.0.1,{port}", "-l", f"puredb:{folder}/users.pdb", "-E", "-H", "-4"]
    command += ["-c", "20000", "-C", "20000", "-g", str(folder / "pid"), "-L", "20000:10"]
    command += ["-Y", "1", "-2", str(place.certificate)] if tls else []
    return start(command, place, name=f"pure-ftpd-{tls}", port=port, as_nobody=False)


def start_pyftpdlib(place: Place, *, tls: bool) -> Started:
    """pyftpdlib's FTPServer with its usual classes."""
    port = free_port()
    command = [str(place.python), str(SCRIPTS / "pyftpdlib_server.py"), str(port), str(place.root)]
    command += [str(place.certificate)] if tls else []
    return start(command, place, name=f"pyftpdlib-{tls}", port=port, as_nobody=True)


def start_twisted(place: Place, *, tls: bool) -> Started:
    """Twisted's FTPFactory and FTPShell; it has no TLS."""
    port = free_port()
    command = [str(place.python), str(SCRIPTS / "twisted_server.py"), str(port), str(place.root)]
    return start(command, place, name=f"twisted-{tls}", port=port, as_nobody=True)


SERVERS: dict[str, Callable[..., Started]] = {
    OURS: start_ours,
    "vsftpd": start_vsftpd,
    "ProFTPD": start_proftpd,
    "Pure-FTPd": start_pure_ftpd,
    "pyftpdlib": start_pyftpdlib,
    "Twisted": start_twisted,
}
WITHOUT_TLS = frozenset({"Twisted"})


def versions(place: Place) -> dict[str, str]:
    """Which version of each server is measured."""
    code = "import importlib.metadata as m, sys; print(m.version(sys.argv[1]))"

    def of_wheel(python: str, name: str) -> str:
        return subprocess.run([python, "-c", code, name], capture_output=True, text=True, check=False).stdout.strip()

    peers = str(place.python)
    return {
        OURS: of_wheel(sys.executable, "ftpd-service"),
        "vsftpd": package_version(place.cache, "vsftpd"),
        "ProFTPD": package_version(place.cache, "proftpd-core"),
        "Pure-FTPd": package_version(place.cache, "pure-ftpd"),
        "pyftpdlib": of_wheel(peers, "pyftpdlib"),
        "Twisted": of_wheel(peers, "twisted"),
    }
