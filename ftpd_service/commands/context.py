"""The Context of a session: the objects that its verbs use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ftpd_service.account import Account
from ftpd_service.errors import NameUntellable, NotLoggedIn, TransferAborted
from ftpd_service.events import AttributesChanged
from ftpd_service.interfaces import Blocking, Emit, IDataChannel, IStorage, Now
from ftpd_service.policy.equal_names import IEqualNames
from ftpd_service.policy.permissions import IPermissions
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.parts import Renew, SessionParts
from ftpd_service.session.session import Session
from ftpd_service.values import ROOT, Permissions, VirtualPath
from ftpd_service.wire import paths
from ftpd_service.wire.reply import Final, Preliminary


class Catalogue(Protocol):
    """The parts of the table that FEAT and HELP need."""

    def feature_lines(self, session: Session) -> tuple[str, ...]:
        """Return the lines of FEAT for this session, sorted, without the leading space."""

    def names(self) -> tuple[str, ...]:
        """Return all verbs, with ``*`` behind those that are refused on purpose."""

    def site_names(self) -> tuple[str, ...]:
        """Return the sub-verbs of SITE."""

    def syntax(self, verb: str) -> str | None:
        """Return the syntax line of a verb that is carried out, or None."""


@dataclass(slots=True, kw_only=True)
class Running:
    """The queued verb that runs, for verbs that act at once and for code that has to end it."""

    verb: str
    may_be_aborted: bool
    stop: Callable[[], None]
    """Cancels the verb's coroutine."""
    begun: bool = False
    """Whether its preliminary reply was sent."""
    ends_with_input: bool = False
    """Whether it ends when the client closes its side, although it is no transfer."""
    abort_waits: Callable[[], bool] = bool
    """Returns whether ABOR came while the verb could not be aborted, so that it waits for the verb's end."""
    irrevocable: bool = False
    """Whether it cannot be cancelled any more, such as an upload during its commit."""
    cancelled: bool = False
    ended_by: Final | None = None
    """The reply of a cancelled verb; None for the usual reply."""
    reason: str = ""
    """The reason why the server ends it, for the log; empty if the client ends it."""
    path: VirtualPath | None = None
    """The path that its argument was last resolved to, for the log."""

    def end_with(self, final: Final) -> None:
        """Have the server end the verb, with this reply unless its preliminary reply was sent."""
        self.reason = final.summary()
        if not self.begun:
            self.ended_by = final
        self.cancel()

    def cancel(self) -> bool:
        """Cancel the verb, once, so that no cleanup is cancelled; return False if it is too late."""
        if self.irrevocable:
            return False
        if not self.cancelled:
            self.cancelled = True
            self.stop()
        return True


@dataclass(slots=True, kw_only=True)
class Context:
    """The objects that verbs may use beside their argument."""

    parts: SessionParts
    catalogue: Catalogue
    emit: Emit
    send: Callable[[Preliminary], None]
    """Writes a preliminary reply; verbs call `send_preliminary`."""
    client_left: Callable[[], bool]
    """Returns whether the control connection has ended without QUIT; asked just before a commit."""
    input_held: Callable[[], bool]
    """Returns whether any byte has come behind the current line; asked before TLS begins."""
    renew: Renew
    """Is called whenever a login has ended."""
    compute: Blocking
    """Runs a call that needs much CPU time beside the reactor."""
    now: Now
    running: Running | None = None
    """The queued verb that runs, for verbs that act at once (ABOR, STAT)."""
    found: tuple[tuple[VirtualPath, VirtualPath], ...] = ()
    """Paths that the client has typed, each with the other path that the running verb means: see `look_up`."""
    session: Session = field(init=False)
    """The values of this session."""
    data: IDataChannel = field(init=False)
    """The data connection of this session."""

    def __post_init__(self) -> None:
        self.session, self.data = self.parts.session, self.parts.data

    @property
    def storage(self) -> IStorage:
        """The storage of the login.

        :raises NotLoggedIn: a verb that needs no login asked for it without a login.
        """
        return self._login.storage

    @property
    def account(self) -> Account:
        """The account that is logged in.

        :raises NotLoggedIn: a verb that needs no login asked for it without a login.
        """
        return self._login.account

    @property
    def _login(self) -> LoggedIn:
        login = self.session.login
        if not isinstance(login, LoggedIn):
            raise NotLoggedIn
        return login

    def log_out(self) -> None:
        """End the login; the next login uses the configuration in force."""
        self.found = ()
        self.session.log_out()
        self.renew(self.parts)

    def restart(self) -> None:
        """End the login and reset the session, for AUTH; see `Session.restart`."""
        self.found = ()
        self.session.restart()
        self.renew(self.parts)

    def send_preliminary(self, reply: Preliminary) -> None:
        """Send a preliminary reply before a transfer; later errors are those of a transfer that has begun."""
        if self.running is not None:
            self.running.begun = True
        self.send(reply)

    def takes_long(self) -> None:
        """Let ABOR, and the end of the client's input, stop the running verb from now on, as they stop a transfer.

        :raises TransferAborted: the client has left already, or has sent ABOR.
        """
        self.demand_client()
        running = self.running
        if running is not None:
            if running.abort_waits():
                raise TransferAborted("ABOR")
            running.may_be_aborted = running.ends_with_input = True

    def demand_client(self) -> None:
        """Refuse to go on for a client that has left; a killed client ends its connection in order.

        :raises TransferAborted:
        """
        if self.client_left():
            raise TransferAborted("the control connection ended without QUIT")

    def point_of_no_return(self) -> None:
        """Protect the running verb from cancelling, because its effect becomes visible."""
        if self.running is not None:
            self.running.irrevocable = True

    def path(self, argument: str) -> VirtualPath:
        """Return the virtual path of an argument, relative to the working directory."""
        path = paths.join(self.session.cwd, argument)
        if self.found:
            path = dict(self.found).get(path, path)
        if self.running is not None:
            self.running.path = path
        return path

    async def look_up(self, *arguments: str, renames: bool = False) -> None:
        """Find the paths that a client means, for `path`, where some names are the same name.

        :param renames: whether a new name is wanted: an entry may get another spelling of its own name.
        """
        equal = self.session.equal_names
        if equal is None or not arguments:
            return
        pairs: list[tuple[VirtualPath, VirtualPath]] = []
        for argument in arguments:
            path = paths.join(self.session.cwd, argument)
            found = await self.found_path(path)
            if renames and found == self.session.sequence.rename_from and found != ROOT:
                found = paths.child(paths.parent(found), equal.made(paths.name(path)))
            if found != path:
                pairs.append((path, found))
        self.found = tuple(pairs)

    async def found_path(self, path: VirtualPath) -> VirtualPath:
        """Return the path that a client means by a path: another path, where some names are the same name."""
        if self.session.equal_names is None:
            return path
        storage = IEqualNames(self.storage, None)
        return path if storage is None else await storage.resolved(path)

    def told_path(self, argument: str) -> VirtualPath:
        """Return the virtual path of an argument that a reply, or that of a later PWD, will name.

        :raises NameUntellable: the path has a control character, and the reply would name another path.
        """
        path = self.path(argument)
        if not paths.tellable(path):
            raise NameUntellable("a control character")
        return path

    def attributes_changed(self, verb: str, path: VirtualPath) -> None:
        """Emit that a verb has set the time or the permission bits of a file or directory."""
        session = self.session
        self.emit(
            AttributesChanged(session=session.id, peer=session.peer, account=self.account.name, verb=verb, path=path)
        )

    def demand(self, path: VirtualPath, wanted: Permissions) -> None:
        """Refuse a path if the account lacks a permission there, before the storage looks at the path.

        :raises PermissionDenied:
        """
        permissions = IPermissions(self.storage, None)
        if permissions is not None:
            permissions.demand(path, wanted)

    def demand_any(self, path: VirtualPath, wanted: Permissions) -> None:
        """Refuse a path if the account has none of several permissions; the entry there decides which the verb needs.

        :raises PermissionDenied:
        """
        permissions = IPermissions(self.storage, None)
        if permissions is not None:
            permissions.demand_any(path, wanted)
