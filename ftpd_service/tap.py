"""``twistd ftpd``: the command line, and the service that it makes.

The configuration is read while the options are parsed.  So a broken file ends the command with a line for each problem
and exit status 1, before twistd has opened a log, written a pid file or left the terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from functools import partial
from ipaddress import ip_address
from typing import Any, cast

from twisted.application.service import IService
from twisted.internet import reactor
from twisted.internet.posixbase import PosixReactorBase
from twisted.logger import Logger
from twisted.python import usage

from ftpd_service.auth.checker_list import checker_list
from ftpd_service.auth.plugins import problems as checker_problems
from ftpd_service.auth.settings import AuthSettings
from ftpd_service.config.auth_sections import KINDS
from ftpd_service.config.load import inspected, line_of, load, unfit
from ftpd_service.config.problems import ConfigError, Problem, dotted
from ftpd_service.config.quick import QuickOptions, UnfitDirectory, quick_config, summary
from ftpd_service.config.schema import Config
from ftpd_service.graph.databases import database_problem
from ftpd_service.graph.measured import metrics_problem
from ftpd_service.hooks.found_hooks import hook_problems
from ftpd_service.kernel.abilities import abilities
from ftpd_service.log_part import LogPart
from ftpd_service.login_storages import storage_problems
from ftpd_service.observe.twistd_log import TwistdLog
from ftpd_service.runtime.imported import PluginProblem
from ftpd_service.service import FtpService
from ftpd_service.signals import ServiceProcess, use_steady_clock
from ftpd_service.succession.handover_text import BrokenHandover
from ftpd_service.succession.pid_file import PidFile
from ftpd_service.succession.predecessor import Predecessor, predecessor_of
from ftpd_service.succession.process_upgrade import ProcessUpgrade
from ftpd_service.succession.start_command import start_command
from ftpd_service.systemd import Notifier
from ftpd_service.tls.certificates import proved
from ftpd_service.tls.loading import CertificateProblem
from ftpd_service.values import ANONYMOUS_NAMES
from ftpd_service.versions import versions

_log = Logger(namespace="ftpd")

_QUICK = ("root", "port", "interface", "users", "writable")


def _port(text: str) -> int:
    # twistd shows the text of the exception after the name of the option.
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 65535:
        raise ValueError("expected a number from 1 to 65535")
    return int(text)


def _address(text: str) -> str:
    return str(ip_address(text))


class Options(usage.Options):
    """The options of ``twistd ftpd``."""

    synopsis = "[-c FILE [--check]] | [--root DIR] [--port N] [--interface ADDR] [--user NAME:PASSWORD] [--writable]"
    longdesc = (
        "Serves files by FTP. With -c the file configures everything. Without it the server offers the current "
        "directory read-only to anonymous on 127.0.0.1:2121, or as the other options say; they are for trials. "
        "With --user only these users can log in, and everybody on this host can read their passwords in the "
        "list of processes: for anything that lasts, use a file."
    )
    optFlags = [
        ["check", None, "Report every problem of the file with its line and exit with 0 or 1; opens no port."],
        ["writable", "w", "Without a file: anonymous may write, too. The users of --user always may."],
    ]
    optParameters = [
        ["config", "c", None, "The configuration file."],
        ["root", "r", None, "Without a file: the directory to serve, the current one by default; never /."],
        ["port", "p", None, "Without a file: the port to listen on, 2121 by default.", _port],
        ["interface", "i", None, "Without a file: the address to listen on, 127.0.0.1 by default.", _address],
    ]
    compData = usage.Completions(optActions={"config": usage.CompleteFiles(), "root": usage.CompleteDirs()})

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Twisted has no types here
        self["users"] = []
        self.settings: Config | None = None
        self.reload: Callable[[], Config] | None = None
        self.summary = ""
        self.predecessor: Predecessor | None = None
        self.command = start_command(sys.orig_argv, sys.executable)

    def opt_user(self, pair: str) -> None:
        """Without a file: NAME:PASSWORD of a user who may read and write; repeat it for more users."""
        name, colon, password = pair.partition(":")
        if not (name.isprintable() and name and colon and password):
            raise usage.UsageError("--user: expected NAME:PASSWORD")
        if name.lower() in ANONYMOUS_NAMES:
            raise usage.UsageError("--user: anonymous and ftp have no password; leave --user out to let them in")
        self["users"].append((name, password))

    opt_u = opt_user

    def opt_help_checkers(self) -> None:
        """List all kinds of checkers that auth.checkers may name, and exit."""
        sys.stdout.write("".join(f"{line}\n" for line in checker_list(KINDS.values())))
        raise SystemExit(0)

    def postOptions(self) -> None:
        """Read the file, or make a configuration from the other options.

        :raises usage.UsageError: some options exclude each other.
        :raises SystemExit: after ``--check``, and for a broken file or an unfit directory.
        """
        try:
            self.predecessor = predecessor_of(os.environ, self.parent)
        except BrokenHandover as problem:
            _say([str(problem)])
            raise SystemExit(1) from None
        given = [f"--{'user' if name == 'users' else name}" for name in self._chosen()]
        if self["config"] is not None and given:
            raise usage.UsageError(f"-c excludes {', '.join(given)}: set these in the file")
        if self["check"] and self["config"] is None:
            raise usage.UsageError("--check needs -c FILE")
        if self["config"] is None:
            self._without_file()
        else:
            self._from_file(self["config"])

    def _chosen(self) -> dict[str, Any]:  # Any: the values of twistd's options; their coercions make the types right
        return {name: self[name] for name in _QUICK if self[name] not in (None, 0, [])}

    def _without_file(self) -> None:
        options = QuickOptions(**self._chosen())
        try:
            self.settings = quick_config(options)
        except UnfitDirectory as problem:
            _say([str(problem)])
            raise SystemExit(1) from None
        self.summary = summary(options)

    def _from_file(self, path: str) -> None:
        try:
            self.settings = load(path, os.environ)
        except ConfigError as error:
            _say(error.lines())
            raise SystemExit(1) from None
        if self["check"]:
            self._check(path, self.settings)
        # twistd changes its directory before a reload.
        self.reload = partial(load, os.path.abspath(path), os.environ)

    def _check(self, path: str, settings: Config) -> None:
        """Test the parts that run code of other packages, and this host; then exit.

        In a start the service itself makes checkers and certificates, and a home may appear with its disk.
        """
        _say(f"warning: {warning}" for warning in (*settings.warnings, *inspected(path, settings)))
        wrong = [
            *unfit(path, settings),
            *_wrong_certificates(settings),
            *_wrong_database(settings),
            *_wrong_checkers(settings),
            *_wrong_storages(settings),
            *_wrong_metrics(settings),
            *_wrong_hooks(settings),
        ]
        _say(wrong)
        if wrong:
            raise SystemExit(1)
        sys.stdout.write(f"{path}: ok\n")
        raise SystemExit(0)


def _wrong_certificates(settings: Config) -> list[str]:
    """Return a line for a certificate that cannot be used, in the form of all problems; warn of early expiry."""
    if settings.tls is None:
        return []
    source = settings.source or "ftpd"
    try:
        loaded = proved(settings.tls).loaded
    except CertificateProblem as problem:
        where = ("tls", *problem.key)
        return [Problem(line_of(source, where), dotted(where), problem.text).describe(source)]
    _say(f"warning: {warning}" for warning in loaded.warnings(datetime.now(timezone.utc)))
    return []


def _wrong_database(settings: Config) -> list[str]:
    """Return a line for a database that cannot be used, in the form of all problems; warn if it does not answer."""
    source = settings.source or "ftpd"
    try:
        warning = database_problem(settings)
    except PluginProblem as problem:
        return [Problem(line_of(source, ("database",)), "database", str(problem)).describe(source)]
    if warning is not None:
        _say([f"warning: {warning}"])
    return []


def _wrong_metrics(settings: Config) -> list[str]:
    """Return a line if the library of metrics is missing, in the form of all problems."""
    source = settings.source or "ftpd"
    try:
        metrics_problem(settings)
    except PluginProblem as problem:
        return [
            Problem(line_of(source, ("metrics",)), "metrics", str(problem).removeprefix("metrics: ")).describe(source)
        ]
    return []


def _wrong_checkers(settings: Config) -> list[str]:
    """Return a line for each checker that cannot be made, in the form of all problems."""
    lines = []
    for position, checker in enumerate(settings.auth.checkers):
        where = ("auth", "checkers", position)
        for text in checker_problems(AuthSettings(checkers=(checker,))):
            source = settings.source or "ftpd"
            lines.append(Problem(line_of(source, where), dotted(where), text).describe(source))
    return lines


def _wrong_storages(settings: Config) -> list[str]:
    """Return a line for each storage that cannot be used, in the form of all problems."""
    source = settings.source or "ftpd"
    return [
        Problem(line_of(source, where), dotted(where), text).describe(source)
        for where, text in storage_problems(settings.accounts)
    ]


def _wrong_hooks(settings: Config) -> list[str]:
    """Return a line for each action of a rule that cannot be used, in the form of all problems."""
    source = settings.source or "ftpd"
    return [
        Problem(line_of(source, where), dotted(where), text).describe(source)
        for where, text in hook_problems(settings.hooks)
    ]


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stderr.write(f"{line}\n")


def makeService(options: Options) -> IService:
    """Return the service of a configuration; twistd calls this.

    :raises SystemExit: after a line, if a checker, a storage, a certificate or the database cannot be used.
    """
    if options.settings is None:
        raise ValueError("the options have not been parsed")
    _log.info("{versions}", versions=versions(abilities()))
    if options.summary:
        _log.info("{summary}", summary=options.summary)
    # twistd always installs a PosixReactorBase; Twisted's annotation names only the interface for all modules.
    installed = cast(PosixReactorBase, reactor)  # see the line above
    log: TwistdLog | None = None
    if options.parent is not None:
        log = TwistdLog(options.parent, options.settings.logging, on_reactor=installed.callFromThread)
    try:
        if options.parent is not None:
            use_steady_clock(installed)
        notifier = Notifier(os.environ)
        if options.predecessor is not None:
            notifier.silence()
        service = FtpService(
            options.settings,
            options.reload,
            installed,
            notifier=notifier,
            log=LogPart(options.settings.logging, log),
            predecessor=options.predecessor,
        )
    except CertificateProblem:
        _say(_wrong_certificates(options.settings))
        raise SystemExit(1) from None
    except PluginProblem as problem:
        settings = options.settings
        wrong = [
            *_wrong_database(settings),
            *_wrong_checkers(settings),
            *_wrong_storages(settings),
            *_wrong_metrics(settings),
        ]
        _say(wrong or [str(problem)])
        raise SystemExit(1) from None
    process = ServiceProcess(service, installed)
    process.upgrade = ProcessUpgrade(
        service,
        installed,
        command=options.command,
        environment=os.environ,
        notifier=notifier,
        pid_file=PidFile(options.parent),
    )
    if log is not None:
        log.reopened = service.reopen_files
    process.log = log
    return process
