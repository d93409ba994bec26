"""The address of the data connection: PORT EPRT PASV EPSV."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from ftpd_service.commands.command import Facts, command, features
from ftpd_service.commands.context import Context
from ftpd_service.errors import BadArgument, NoDataConnection, UnsupportedParameter
from ftpd_service.session.session import Session
from ftpd_service.values import IPAddress
from ftpd_service.wire import arguments, replies
from ftpd_service.wire.addresses import Address, EpsvRequest, parse_eprt, parse_epsv, parse_port
from ftpd_service.wire.reply import Final


def _own_family(context: Context) -> str:
    """Return the number of the control connection's family (RFC 2428 section 2), which data connections share."""
    return "1" if isinstance(context.session.peer.address, IPv4Address) else "2"


@command(
    parse_port,
    Facts(
        verb="PORT",
        help="<h1,h2,h3,h4,p1,p2>",
        source="RFC 959 section 4.1.2; RFC 2577 section 3",
        replies=(200,),
        chooses_port=True,
        dials=True,
    ),
)
async def port(context: Context, target: Address) -> Final:
    """Use this address for later transfers; it must be the client's own address with a port from 1024 up."""
    if isinstance(context.session.peer.address, IPv6Address):
        raise BadArgument("Use EPRT.")
    await context.data.target(*target)
    return replies.ok("PORT command successful.")


EprtTarget = tuple[int, IPAddress, int] | None


def _eprt(text: str) -> EprtTarget:
    """Return the target, or None for an unknown protocol, which the verb answers with 522 and not 504."""
    try:
        return parse_eprt(text)
    except UnsupportedParameter:
        return None


def _eprt_feature(session: Session) -> tuple[str, ...]:
    return ("EPRT",) if session.settings.active else ()


@command(
    _eprt,
    Facts(
        verb="EPRT",
        help="|<protocol>|<address>|<port>|",
        source="RFC 2428 section 2",
        replies=(200, 522),
        chooses_port=True,
        dials=True,
        features=_eprt_feature,
    ),
)
async def extended_port(context: Context, target: EprtTarget) -> Final:
    """Work like PORT, in either family; 522 names the family that works in this session."""
    family = _own_family(context)
    if target is None or str(target[0]) != family:
        return replies.wrong_family(family)
    await context.data.target(target[1], target[2])
    return replies.ok("EPRT command successful.")


@command(
    arguments.ignored,
    Facts(
        verb="PASV",
        aliases=("P@SW",),
        help="",
        source="RFC 959 section 4.1.2; RFC 1123 section 4.1.2.6",
        replies=(227, 425),
        chooses_port=True,
    ),
)
async def passive(context: Context, argument: None) -> Final:
    """Listen on a new port and name it; the previous listener is closed."""
    if isinstance(context.session.peer.address, IPv6Address):
        return replies.use_epsv()
    try:
        address = await context.data.passive_address()
    except NoDataConnection:
        return replies.use_epsv()
    if not isinstance(address, IPv4Address):
        return replies.use_epsv()
    return replies.passive(address, await context.data.listen())


def _epsv(text: str) -> EpsvRequest | None:
    """Return the demand of EPSV, or None for an unknown protocol, which the verb answers with 522 and not 504."""
    try:
        return parse_epsv(text)
    except UnsupportedParameter:
        return None


@command(
    _epsv,
    Facts(
        verb="EPSV",
        help="[1 | 2 | ALL]",
        source="RFC 2428 section 3",
        replies=(200, 229, 425, 522),
        features=features("EPSV"),
    ),
)
async def extended_passive(context: Context, request: EpsvRequest | None) -> Final:
    """Listen on a new port of the control connection's family; after ALL the other verbs are refused."""
    if request is EpsvRequest.ALL:
        context.session.epsv_all = True
        return replies.ok("EPSV ALL is in force.")
    family = _own_family(context)
    if request is None or (request is not EpsvRequest.PLAIN and request.value != family):
        return replies.wrong_family(family)
    return replies.extended_passive(await context.data.listen())


COMMANDS = (port, extended_port, passive, extended_passive)
