"""The table of shares in docs/architecture.rst: each bound exists, and everything that can grow has a row."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ftpd_service.config.keys import all_keys
from tests.cases import SynchronousTestCase

TREE = Path(__file__).parent.parent
PACKAGE = TREE / "ftpd_service"

GROWING = frozenset(
    {
        "dict",
        "list",
        "set",
        "bytearray",
        "deque",
        "OrderedDict",
        "defaultdict",
        "Counter",
        "WeakValueDictionary",
        "WeakSet",
        "WeakKeyDictionary",
    }
)
"""What makes a container that may grow."""

NOT_CLIENTS = frozenset({"admin", "config", "testing"})
"""Parts that no client reaches."""

OF_THE_SERVICE = "of the service"
"""Containers whose size follows from the configuration or from the process, whatever clients do."""

ROW_OF: dict[str, str] = {
    "account.AccountSettings.rates": OF_THE_SERVICE,
    "account.StorageChoice.options": OF_THE_SERVICE,
    "accounts.configured.ConfiguredAccounts._merged": OF_THE_SERVICE,
    "accounts.layers.Layers.groups": OF_THE_SERVICE,
    "accounts.live.LiveAccounts._live": "Sessions",
    "accounts.recent_rows.RecentRows._answers": "What is remembered",
    "accounts.recent_rows.RecentRows._queries": "Calls to the database",
    "accounts.recent_rows._Query.waiting": "Calls to the database",
    "accounts.rows.AccountRow.settings": OF_THE_SERVICE,
    "accounts.rows.GroupRow.settings": OF_THE_SERVICE,
    "accounts.settings.AccountsSettings.accounts": OF_THE_SERVICE,
    "accounts.settings.AccountsSettings.groups": OF_THE_SERVICE,
    "admin_socket.conversation.Conversation._input": "Requests of operators",
    "admin_socket.desk.Desk._of_users": "Requests of operators",
    "admin_socket.desk.Desk._open": "Requests of operators",
    "admin_socket.trace_queue.TraceQueue._lines": "Requests of operators",
    "admin_socket.verbs.AdminVerb.arguments": OF_THE_SERVICE,
    "auth.accepted.AcceptedLogins._logins": "What is remembered",
    "auth.accepted.AcceptedLogins._of_name": "What is remembered",
    "auth.ban_keeper.BanKeeper._unwritten": "What is remembered",
    "auth.checkers.ldap.LdapAsking._open": "Logins that another server checks",
    "auth.credentials.SessionCredentials._at_success": "Passwords that are judged",
    "auth.directory.ldap_connection.DirectoryConnection._operations": "Logins that another server checks",
    "auth.directory.ldap_connection._Operation.entries": "Logins that another server checks",
    "auth.directory.ldap_messages.FoundEntry.attributes": "Logins that another server checks",
    "auth.hashing.Hashing._held": "Password hashes",
    "auth.hashing.Hashing._hosts": "Password hashes",
    "auth.hashing.Hashing._known": "Password hashes",
    "auth.hashing.Hashing._running": "Password hashes",
    "auth.hashing.Hashing._turns": "Password hashes",
    "auth.hashing._Check.waiting": "Password hashes",
    "auth.login.Login._delays": "Passwords that are judged",
    "auth.login.Login._waiting": "Passwords that are judged",
    "auth.programs.answers.Answer.account": OF_THE_SERVICE,
    "auth.programs.program_pool.ProgramPool._idle": OF_THE_SERVICE,
    "auth.programs.program_pool.ProgramPool._workers": OF_THE_SERVICE,
    "auth.settings.InstalledChecker.options": OF_THE_SERVICE,
    "auth.settings.LdapChecker.attributes": OF_THE_SERVICE,
    "auth.settings.PythonChecker.options": OF_THE_SERVICE,
    "auth.verified.VerifiedPasswords._until": "What is remembered",
    "control.factory.ControlFactory._empty": OF_THE_SERVICE,
    "control.factory.ControlFactory._live": "Sessions",
    "control.input.Input._items": "A command line",
    "control.proxied._Behind.data": "Input before a login",
    "control.queue.CommandQueue._early": "Commands that wait",
    "control.queue.CommandQueue._held": "Commands that wait",
    "control.queue.CommandQueue.waiting": "Commands that wait",
    "control.switch.TlsSwitch._came": "Time of the reactor",
    "control.transport.Outgoing._held": "Replies that are not taken",
    "data.connection.endings.Endings._put_off": "A transfer",
    "data.connection.endings.Endings._waiting": "A transfer",
    "data.connection.unused.Unused._ending": "Data connections that no transfer uses",
    "data.opening.advertised._HostName._waiters": "Sessions",
    "data.opening.advertised._Receiver._found": OF_THE_SERVICE,
    "data.opening.passive.PortsInUse.held": "Passive ports",
    "data.opening.passive.PortsInUse.holders": "Passive ports",
    "data.opening.passive.PortsInUse.resting": "Passive ports",
    "data.pace.Pacing._waiting": "Bandwidth",
    "database.queries.Database._deadlines": "Calls to the database",
    "digests.idle_digests.IdleDigests._waiting": "What is remembered",
    "digests.kept_digests.KeptDigests._known": "What is remembered",
    "digests.kept_digests.KeptDigests._unsaved": "What is remembered",
    "digests.watched_uploads.WatchedUploads._watched": "What is remembered",
    "draining.Draining._waiting": OF_THE_SERVICE,
    "graph.graph.Graph._of_listeners": OF_THE_SERVICE,
    "graph.graph.Graph._tls_of_listeners": OF_THE_SERVICE,
    "hooks.clamd_connection.ClamdConnection._received": "Scans of uploads",
    "hooks.outbox_writer.OutboxWriter._batch": "Events that wait",
    "hooks.outbox_writer.OutboxWriter._changes": "Events that wait",
    "hooks.outbox_writer.OutboxWriter._recent": "Events that wait",
    "hooks.outbox_writer.OutboxWriter._rounds": OF_THE_SERVICE,
    "hooks.settings.InstalledAction.options": OF_THE_SERVICE,
    "hooks.settings.PythonAction.options": OF_THE_SERVICE,
    "hooks.stage_settings.PythonStage.options": OF_THE_SERVICE,
    "kernel.file_watches.FileWatches._touched": "What is remembered",
    "local_homes.LocalHomes._homes": "Sessions",
    "observe.log_writer.LogWriter._calls": OF_THE_SERVICE,
    "observe.log_writer.LogWriter._lines": "Lines of the log",
    "observe.metrics.event_counts.Children._children": OF_THE_SERVICE,
    "observe.metrics.event_counts.EventCounts._on": OF_THE_SERVICE,
    "observe.metrics.exposition.Exposition._waiting": "Clients of the metrics",
    "observe.metrics.web.PageFactory._live": "Clients of the metrics",
    "observe.publisher.Publisher._wanting": OF_THE_SERVICE,
    "observe.settings.LoggingSettings.levels": OF_THE_SERVICE,
    "policy.bandwidth.Bucket._arrived": "Bandwidth",
    "policy.bandwidth.Bucket._queue": "Bandwidth",
    "policy.bandwidth.FairQueue._flows": "Bandwidth",
    "policy.bandwidth.FairQueue._planned": "Bandwidth",
    "policy.bans.Bans._accounts": "What is remembered",
    "policy.bans.Bans._automatic": "What is remembered",
    "policy.bans.Bans._failures": "What is remembered",
    "policy.bans.Bans._networks": "What is remembered",
    "policy.connections.AccountSessions._by_account": "Sessions",
    "policy.connections.AccountSessions._by_group": "Sessions",
    "policy.connections.Connections._by_host": "Sessions",
    "policy.connections.Connections._by_subnet": "Sessions",
    "policy.decisions.Zone._views": "Views of rules",
    "policy.first_time.FirstTime._seen": "What is remembered",
    "policy.guesses.Guesses._hosts": "Passwords that are judged",
    "policy.guesses.Guesses._known": "What is remembered",
    "policy.guesses._Host._groups": "Passwords that are judged",
    "policy.guesses._Host.names": "Passwords that are judged",
    "policy.guesses._Waiting.names": "Passwords that are judged",
    "policy.login_queue.LoginQueue._asked": "Logins that a program checks",
    "policy.login_queue.LoginQueue._held": "Logins that a program checks",
    "policy.login_queue.LoginQueue._hosts": "Logins that a program checks",
    "policy.login_queue.LoginQueue._places": "Logins that a program checks",
    "policy.logins._Counts._counts": "What is remembered",
    "policy.per_second.ConnectionRate._unused_at": "Connections that begin",
    "policy.refused_hosts.RefusedHosts._hosts": "What is remembered",
    "policy.name_globs.NameGlobs._begins": OF_THE_SERVICE,
    "policy.name_globs.NameGlobs._ends": OF_THE_SERVICE,
    "policy.one_time_codes.OneTimeCodes._steps": "One-time codes that were used",
    "policy.one_time_codes.OneTimeCodes._used": "One-time codes that were used",
    "policy.path_patterns.PathAutomaton._literals": OF_THE_SERVICE,
    "policy.path_patterns.PathAutomaton._places": OF_THE_SERVICE,
    "policy.permissions.Rules._folders": OF_THE_SERVICE,
    "policy.permissions.Rules._hide": OF_THE_SERVICE,
    "policy.permissions.Rules._refuse": OF_THE_SERVICE,
    "policy.quotas.FileInUse.reservations": "Sessions",
    "policy.quotas.Usage._files": "Sessions",
    "policy.resumption_tally.ResumptionTally._by_account": "What is remembered",
    "policy.resumption_tally._Full.clients": "What is remembered",
    "policy.throttles.SessionThrottle._replaced": OF_THE_SERVICE,
    "policy.throttles.ThrottleSettings.listeners": OF_THE_SERVICE,
    "policy.throttles.Throttles._buckets": "Bandwidth",
    "policy.throttles.Throttles._replaced": OF_THE_SERVICE,
    "policy.throttles.Throttles._sessions": "Bandwidth",
    "reload.Reloading._waiting": OF_THE_SERVICE,
    "runtime.bounded_runs.BoundedRuns._of": "Actions of rules",
    "runtime.bounded_runs._Runs.waiting": "Actions of rules",
    "runtime.calls.Call._outcome": "Calls that wait for a thread",
    "runtime.descendants.Descendants._held": OF_THE_SERVICE,
    "runtime.lane.Lane._idle": "Threads for files",
    "runtime.lane.Lane._running": "Threads for files",
    "runtime.lane.Lane._turns": "Calls that wait for a thread",
    "runtime.mounts.Mounts._below": "What is remembered",
    "runtime.mounts.Mounts._points": OF_THE_SERVICE,
    "runtime.running_program.RunningProgram._errors": OF_THE_SERVICE,
    "runtime.running_program.RunningProgram._output": OF_THE_SERVICE,
    "runtime.shares.CallQueue.calls": "Calls that wait for a thread",
    "runtime.shares.CallQueues._lines": "Calls that wait for a thread",
    "runtime.shares.CallQueues._shares": "Threads for files",
    "runtime.turns.Turns._waiting": "Time of the reactor",
    "runtime.turns._Host.commands": "Time of the reactor",
    "runtime.turns._Host.slices": "Time of the reactor",
    "service_parts.ServiceParts._prepared": OF_THE_SERVICE,
    "session.registry.Sessions._live": "Sessions",
    "signals.ServiceProcess._former": OF_THE_SERVICE,
    "storage.counting._Tally.sizes": "Counts of an account's files",
    "storage.counting._Tally.waiting": "Counts of an account's files",
    "storage.holds.Hold._directories": "Names of uploads",
    "storage.holds.Hold._files": "Names of uploads",
    "storage.holds.Hold._names": "Names of uploads",
    "storage.copying.Copies._moving": "Copies of files",
    "storage.holds.RunningUploads._swept": "Names of uploads",
    "storage.holds.RunningUploads.directories": "Names of uploads",
    "storage.holds.RunningUploads.files": "Names of uploads",
    "storage.holds.RunningUploads.names": "Names of uploads",
    "storage.holds.RunningUploads.removing": "Names of uploads",
    "storage.ledger.Ledger._waiting": "Sessions",
    "storage.ledgers.Ledgers._recent": "What is remembered",
    "storage.ledgers.Ledgers._used": "Sessions",
    "storage.local.tree_walk.TreeWalk._levels": "Trees",
    "storage.local.tree_walk.TreeWalk.removed": "Trees",
    "storage.local.tree_walk._Level.staying": "Trees",
    "storage.local.tree_walk._Level.waiting": "Trees",
    "storage.memory.removal.MemoryRemoval._removed": OF_THE_SERVICE,
    "storage.live_folders.LiveFolders._rests": OF_THE_SERVICE,
    "storage.live_folders.LiveFolders._storages": OF_THE_SERVICE,
    "storage.live_folders.LiveFolders._told": OF_THE_SERVICE,
    "storage.local.scan.NameScan._unlike": "Listings",
    "storage.local.scan.Scan._begun": "Listings",
    "storage.local.scan.Scan.hidden": "Listings",
    "storage.memory.handles.HiddenWrite._content": OF_THE_SERVICE,
    "storage.memory.tree.DirectoryNode.names": OF_THE_SERVICE,
    "storage.memory.tree.FileNode.content": OF_THE_SERVICE,
    "storage.shell.handles._Intake._unread": "A transfer",
    "storage.shell.storage.ShellStorage._reserved": "Names of uploads",
    "succession.open_ports.OpenPorts._open": OF_THE_SERVICE,
    "succession.process_channel.LastLines._waiting": OF_THE_SERVICE,
    "succession.successor.Successor._numbers": OF_THE_SERVICE,
    "tls.settings.TlsSettings.names": OF_THE_SERVICE,
    "tls.tls_session.TlsSession._contexts": OF_THE_SERVICE,
    "wire.automaton.Automaton._sets": "Patterns",
    "wire.automaton._Masks._masks": "Patterns",
    "wire.facts._Rows._patterns": "Listings",
    "wire.lines.LineSplitter._items": "A command line",
    "wire.lines.LineSplitter._line": "A command line",
    "wire.lines.LineSplitter._waiting": "A command line",
    "web.web_service._Collected._data": "Logins that another server checks",
    "wire.listing._Rows._by_day": "Listings",
    "wire.listing._Rows._by_minute": "Listings",
    "wire.listing._Rows._dates": "Listings",
    "wire.listing._Rows._directories": "Listings",
    "wire.listing._Rows._files": "Listings",
}
"""Which row of the table bounds a container of an object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table."""

    resource: str
    bounds: tuple[str, ...]
    test: str


def rows() -> list[Row]:
    """The table."""
    section = (TREE / "docs" / "architecture.rst").read_text("utf-8").split("\nShares\n------\n", 1)[1]
    section = section.split("\n\n\n", 1)[0].split("Dependencies, and why each", 1)[0]
    cells = [re.split(r"\n     - ", row) for row in section.split("\n   * - ")[2:]]
    return [
        Row(resource=resource, bounds=tuple(re.findall(r"``([\w.]+)``", bound)), test=test.strip().strip("`"))
        for resource, _, bound, _, test in cells
    ]


def value_of(name: str) -> object:
    """The value of a constant or field below the package, or None where there is no such name."""
    parts = name.split(".")
    for split in range(len(parts) - 1, 0, -1):
        try:
            found: object = importlib.import_module(".".join(["ftpd_service", *parts[:split]]))
        except ModuleNotFoundError:
            continue
        for part in parts[split:]:
            # Fields of settings are slots of the class, and values of an object.
            found = getattr(found() if isinstance(found, type) else found, part, None)
        return found
    return None


def grows(value: ast.expr) -> bool:
    """Whether an expression makes an empty container that may be filled."""
    if isinstance(value, ast.List | ast.Dict | ast.Set):
        return True
    if not isinstance(value, ast.Call):
        return False
    called = value.func.value if isinstance(value.func, ast.Subscript) else value.func
    name = called.id if isinstance(called, ast.Name) else ""
    factories = [word.value for word in value.keywords if name == "field" and word.arg == "default_factory"]
    return name in GROWING or any(isinstance(made, ast.Name) and made.id in GROWING for made in factories)


def containers() -> Iterator[str]:
    """Every attribute of every object that is made as an empty container, where clients may reach it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        if module.split(".")[0] in NOT_CLIENTS:
            continue
        for owner in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(owner, ast.ClassDef):
                yield from (f"{module}.{owner.name}.{name}" for name in _attributes(owner))


def _attributes(owner: ast.ClassDef) -> set[str]:
    found = set()
    for node in ast.walk(owner):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            target, value = node.target, node.value
        else:
            continue
        if not grows(value):
            continue
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            found.add(target.attr)
        elif isinstance(target, ast.Name) and node in owner.body and isinstance(node, ast.AnnAssign):
            found.add(target.id)
    return found


class SharesTests(SynchronousTestCase):
    """The table and the code."""

    def test_every_bound_exists(self) -> None:
        """Each name is a key of the configuration, or has a value that bounds something."""
        keys = {key.path for key in all_keys()}
        named = [(row.resource, name) for row in rows() for name in row.bounds]
        self.assertGreater(len(named), 40)
        self.assertEqual([pair for pair in named if pair[1] not in keys and not value_of(pair[1])], [])

    def test_every_row_has_a_bound_and_a_test(self) -> None:
        """The test's module exists."""
        wrong = [
            row.resource
            for row in rows()
            if not row.bounds or not (TREE / f"{row.test.replace('.', '/')}.py").is_file()
        ]
        self.assertEqual(wrong, [])

    def test_everything_that_grows_has_a_row(self) -> None:
        """A new container needs a row that says who shares it and what bounds it."""
        self.assertEqual(sorted(set(containers())), sorted(ROW_OF))

    def test_every_row_that_is_named_is_there(self) -> None:
        """And no row of the table bounds nothing that is known here, but for those without containers."""
        self.assertEqual(set(ROW_OF.values()) - {row.resource for row in rows()}, {OF_THE_SERVICE})
