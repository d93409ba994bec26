"""What a verb is given: one Context a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from ftpd_service.errors import NameUntellable, NotLoggedIn
from ftpd_service.interfaces import Blocking, Emit, IDataChannel, IStorage, Now
from ftpd_service.policy.permissions import IPermissions
from ftpd_service.session.identity import LoggedIn
from ftpd_service.session.parts import Renew, SessionParts
from ftpd_service.session.session import Session
from ftpd_service.values import Account, Permissions, VirtualPath
from ftpd_service.wire import paths
from ftpd_service.wire.reply import Final, Preliminary


class Catalogue(Protocol):
    """What FEAT and HELP ask of the table that holds them."""

    def feature_lines(self, session: Session) -> tuple[str, ...]:
        """The lines of FEAT for this session, in their order, without the leading space."""

    def names(self) -> tuple[str, ...]:
        """All verbs, with ``*`` behind those that are refused on purpose."""

    def site_names(self) -> tuple[str, ...]:
        """The sub-verbs of SITE."""

    def syntax(self, verb: str) -> str | None:
        """The syntax line of a verb that is carried out, or None."""


@dataclass(slots=True, kw_only=True)
class Running:
    """The queued verb that runs now, for those that act at once and for whoever must end it."""

    verb: str
    may_be_aborted: bool
    stop: Callable[[], None]
    """Cancels the verb's coroutine."""
    begun: bool = False
    """Whether its preliminary reply has gone out."""
    irrevocable: bool = False
    """Whether it is past the point of no return: an upload that is being committed."""
    cancelled: bool = False
    ended_by: Final | None = None
    """The reply to give when it is cancelled, where it is not the usual one."""
    reason: str = ""
    """Why the server ends it, for the log; empty where the client ends it."""
    path: VirtualPath | None = None
    """The last path that its argument was taken for, for the log."""

    def end_with(self, final: Final) -> None:
        """Have the server end the verb: the last word is its answer where no preliminary reply has gone out."""
        self.reason = final.summary()
        if not self.begun:
            self.ended_by = final
        self.cancel()

    def cancel(self) -> bool:
        """End the verb; False where it is too late.  A second time does nothing, so that no cleanup is cut short."""
        if self.irrevocable:
            return False
        if not self.cancelled:
            self.cancelled = True
            self.stop()
        return True


@dataclass(slots=True, kw_only=True)
class Context:
    """What verbs may use beyond their argument."""

    parts: SessionParts
    catalogue: Catalogue
    emit: Emit
    send: Callable[[Preliminary], None]
    """Writes a preliminary reply; verbs call `send_preliminary`."""
    client_left: Callable[[], bool]
    """Whether the control connection has ended without a QUIT; asked just before a commit."""
    input_held: Callable[[], bool]
    """Whether anything has arrived behind the line that is carried out; asked before TLS begins."""
    renew: Renew
    """Called whenever a login has ended."""
    compute: Blocking
    """Runs what costs long CPU time beside the reactor."""
    now: Now
    running: Running | None = None
    """The queued verb that runs, for those that act at once (ABOR, STAT)."""
    session: Session = field(init=False)
    """The values of this session."""
    data: IDataChannel = field(init=False)
    """The data connection of this session."""

    def __post_init__(self) -> None:
        self.session, self.data = self.parts.session, self.parts.data

    @property
    def storage(self) -> IStorage:
        """The storage of the login.

        :raises NotLoggedIn: where a verb that needs no login asks for it without one.
        """
        return self._login.storage

    @property
    def account(self) -> Account:
        """The account that is logged in.

        :raises NotLoggedIn: likewise.
        """
        return self._login.account

    @property
    def _login(self) -> LoggedIn:
        login = self.session.login
        if not isinstance(login, LoggedIn):
            raise NotLoggedIn
        return login

    def log_out(self) -> None:
        """Forget who is logged in; the configuration in force holds for the next login."""
        self.session.log_out()
        self.renew(self.parts)

    def restart(self) -> None:
        """The same, and all that the session remembers is as new, for AUTH; see `Session.restart`."""
        self.session.restart()
        self.renew(self.parts)

    def send_preliminary(self, reply: Preliminary) -> None:
        """Answer with a mark before a transfer: from here on errors are those of a transfer that has begun."""
        if self.running is not None:
            self.running.begun = True
        self.send(reply)

    def point_of_no_return(self) -> None:
        """From here on the running verb is not cancelled: its effect becomes visible."""
        if self.running is not None:
            self.running.irrevocable = True

    def path(self, argument: str) -> VirtualPath:
        """The virtual path that an argument means from the working directory."""
        path = paths.join(self.session.cwd, argument)
        if self.running is not None:
            self.running.path = path
        return path

    def told_path(self, argument: str) -> VirtualPath:
        """As `path`, for a verb whose reply, or that of a later PWD, names the path.

        :raises NameUntellable: a control character stands in it; the reply would name something else.
        """
        path = self.path(argument)
        if not paths.tellable(path):
            raise NameUntellable("a control character")
        return path

    def demand(self, path: VirtualPath, wanted: Permissions) -> None:
        """Refuse what the account may not do at a path, before it is looked what stands there.

        :raises PermissionDenied:
        """
        permissions = IPermissions(self.storage, None)
        if permissions is not None:
            permissions.demand(path, wanted)

    def demand_any(self, path: VirtualPath, wanted: Permissions) -> None:
        """The same for a verb that needs one of several permissions, by what stands at the path.

        :raises PermissionDenied:
        """
        permissions = IPermissions(self.storage, None)
        if permissions is not None:
            permissions.demand_any(path, wanted)
