"""``ftpd-service``: the command line of an operator.

Each sub-command is loaded when it is used, so that a look at a running service does not wait for the modules of all.
"""

from __future__ import annotations

import click

import ftpd_service
from ftpd_service.admin.by_name import named
from ftpd_service.admin.hinted import HintedGroup
from ftpd_service.admin.service_connection import SOCKET_KEY

CONFIGURATION = "/etc/ftpd/ftpd.yaml"

_PLACES = {
    "account": "account_commands:account",
    "bans": "ban_commands:bans",
    "check": "start_commands:check",
    "completion": "completion_command:completion",
    "database": "first_commands:database",
    "drain": "live_commands:drain",
    "events": "event_commands:events",
    "explain": "explain_command:explain_command",
    "group": "account_commands:group",
    "hash-password": "first_commands:hash_password",
    "init": "first_commands:init",
    "kick": "session_commands:kick",
    "limit": "session_commands:limit",
    "print": "first_commands:print_",
    "quota": "quota_commands:quota",
    "reload": "live_commands:reload",
    "serve": "start_commands:serve",
    "sessions": "session_commands:sessions",
    "status": "live_commands:status",
    "tls": "first_commands:tls",
    "totp-secret": "totp_command:totp_secret",
    "trace": "session_commands:trace",
    "upgrade": "live_commands:upgrade",
}
"""The module and the name of each sub-command."""


class _Loading(HintedGroup):
    """Loads a sub-command when it is used, or when the help or the manual needs its words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all sub-commands."""
        return sorted(_PLACES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a sub-command, or None if there is none of this name."""
        place = _PLACES.get(cmd_name)
        if place is None:
            return None
        command = named(place)
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_Loading, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    type=click.Path(),
    default=CONFIGURATION,
    show_default=True,
    metavar="FILE",
    help="The configuration file.",
)
@click.option(
    "--socket",
    type=click.Path(),
    metavar="PATH",
    help="The admin socket of the running service.  Default: admin.socket of FILE.",
)
@click.version_option(ftpd_service.__version__, message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, config: str, socket: str | None) -> None:
    """An FTP and FTPS daemon."""
    context.obj = config
    context.meta[SOCKET_KEY] = socket
