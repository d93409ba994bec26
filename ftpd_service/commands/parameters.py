"""The parameters of transfers and replies: TYPE STRU MODE OPTS LANG."""

from __future__ import annotations

from ftpd_service.commands.command import Facts, command, features
from ftpd_service.commands.context import Context
from ftpd_service.errors import BadArgument, UnsupportedParameter
from ftpd_service.session.session import Session
from ftpd_service.values import Representation
from ftpd_service.wire import arguments, digest_words, facts, replies
from ftpd_service.wire.reply import Final


@command(
    arguments.representation,
    Facts(verb="TYPE", help="A [N|T] | I | L 8", source="RFC 959 section 4.1.2", replies=(200,)),
)
async def representation_type(context: Context, representation: Representation) -> Final:
    """Choose the representation type of later transfers."""
    context.session.representation = representation
    return replies.type_set(representation)


@command(
    arguments.structure,
    Facts(verb="STRU", help="F", source="RFC 959 section 4.1.2", replies=(200,)),
)
async def structure(context: Context, argument: None) -> Final:
    """Accept file structure, which is the only structure."""
    return replies.ok("Structure set to F.")


@command(
    arguments.mode,
    Facts(verb="MODE", help="S", source="RFC 959 section 4.1.2", replies=(200,)),
)
async def mode(context: Context, argument: None) -> Final:
    """Accept stream mode, which is the only mode."""
    return replies.ok("Mode set to S.")


@command(
    arguments.text,
    Facts(
        verb="OPTS",
        help="UTF8 ON|OFF | MLST [<fact>;...] | HASH [<algorithm>]",
        source="RFC 2389 section 4; RFC 3659 section 7.9; draft-bryan-ftpext-hash-03",
        replies=(200,),
        needs_login=False,
        features=features("TVFS", "UTF8"),
    ),
)
async def options(context: Context, argument: str) -> Final:
    """Set options of a verb; Windows sends ``OPTS UTF8 ON`` right after the greeting and wants a 200."""
    verb, _, rest = argument.strip().partition(" ")
    if verb.upper() in ("UTF8", "UTF-8"):
        return _utf8(context.session, rest.strip().upper())
    if verb.upper() == "MLST":
        more = context.session.digest_facts
        context.session.facts = facts.choose(rest, more)
        return replies.facts_chosen(facts.chosen(context.session.facts, more))
    if verb.upper() == "HASH" and context.session.settings.digests:
        return _hash(context.session, rest.strip())
    raise BadArgument("OPTS: option not understood.")


def _hash(session: Session, name: str) -> Final:
    if name:
        session.chosen_hash = digest_words.hash_algorithm(name, session.settings.digests)
    return replies.ok(digest_words.HASH_NAMES[session.hash_algorithm])


def _utf8(session: Session, switch: str) -> Final:
    """Switch to UTF-8 and back, where another set is configured; without such a set UTF-8 is always on.

    A client may ask before its login, which brings the set of its account: its wish stays.
    """
    if switch in ("", "ON", "NLST"):
        session.ask_for_utf8(True)
        return replies.ok("UTF8 mode is on." if session.legacy else "UTF8 mode is always on.")
    if switch != "OFF":
        raise BadArgument("OPTS UTF8: ON and OFF are understood.")
    if not session.legacy:
        raise UnsupportedParameter("UTF8 mode cannot be switched off.")
    session.ask_for_utf8(False)
    return replies.ok("UTF8 mode is off.")


@command(
    arguments.language,
    Facts(
        verb="LANG",
        help="[EN]",
        source="RFC 2640 section 4",
        replies=(200, 504),
        needs_login=False,
        features=features("LANG EN*"),
    ),
)
async def language(context: Context, tag: str) -> Final:
    """Accept English, which is the only language, also for a near match (``EN-GB``)."""
    if tag and tag.upper().split("-")[0] != "EN":
        raise UnsupportedParameter("Language not available.")
    return replies.ok("Replies are in English.")


COMMANDS = (representation_type, structure, mode, options, language)
