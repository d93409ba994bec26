"""Digests of files: HASH, XCRC XMD5 XSHA XSHA1 XSHA256 XSHA512, MD5 MMD5.

They are those of the file's own bytes, whatever TYPE is set.  Nothing is sent while a digest is computed: curl, ftplib
and ncftp take a preliminary reply for the end of the command.
"""

from __future__ import annotations

from ftpd_service.commands.command import Command, Facts, command
from ftpd_service.commands.computed_digests import FoundDigest, digest_of
from ftpd_service.commands.context import Context
from ftpd_service.commands.needs import Access, needs
from ftpd_service.errors import NotFound, RestartBeyondEnd
from ftpd_service.session.sequence import OneShot
from ftpd_service.session.session import Session
from ftpd_service.values import Permissions
from ftpd_service.wire import arguments, digest_words, file_replies
from ftpd_service.wire.arguments import DigestArgument
from ftpd_service.wire.digest_words import WHOLE_FILE
from ftpd_service.wire.reply import Final

ANY_DIGEST = ""
"""The digest that HASH needs: any that is configured."""

_OF_FILE = Access(file=needs(Permissions.READ))


def _hash_feature(session: Session) -> tuple[str, ...]:
    algorithms = session.settings.digests
    return (digest_words.hash_line(algorithms, session.hash_algorithm),) if algorithms else ()


@command(
    arguments.path,
    Facts(
        verb="HASH",
        help="<path>",
        source="draft-bryan-ftpext-hash-03",
        replies=(213,),
        abortable=True,
        keeps=OneShot.RESTART,
        digest=ANY_DIGEST,
        features=_hash_feature,
        access=_OF_FILE,
    ),
)
async def hash_of_file(context: Context, argument: str) -> Final:
    """Show the digest of a file by the algorithm of OPTS HASH, with the range of bytes, which RANG limits."""
    algorithm, part = context.session.hash_algorithm, context.session.sequence.part or WHOLE_FILE
    found = await digest_of(context, context.told_path(argument), algorithm, part)
    if found.start and found.start == found.stop:
        raise RestartBeyondEnd("the range begins at the end of the file")
    shown = digest_words.shown_range(found.start, found.stop)
    return file_replies.hash_told(digest_words.HASH_NAMES[algorithm], shown, found.digest, argument)


def _digest_verb(verb: str, algorithm: str, *aliases: str) -> Command[DigestArgument]:
    """Return a verb that shows the digest of a file, or of a range of it, by a single algorithm."""

    def feature(session: Session) -> tuple[str, ...]:
        return (verb,) if algorithm in session.settings.digests else ()

    @command(
        arguments.digest_argument,
        Facts(
            verb=verb,
            aliases=aliases,
            help="<path> [<start> [<end>]]",
            source="Serv-U and GlobalSCAPE; docs/digests.rst",
            replies=(250,),
            abortable=True,
            digest=algorithm,
            features=feature,
            access=_OF_FILE,
        ),
    )
    async def digest(context: Context, argument: DigestArgument) -> Final:
        """Show the digest of a file, or of the bytes from ``start`` up to but not including ``end``."""
        return file_replies.digest_told((await _digest_of_argument(context, algorithm, argument)).digest)

    return digest


async def _digest_of_argument(context: Context, algorithm: str, argument: DigestArgument) -> FoundDigest:
    """Return the digest of the file that has the whole argument as its name, else by its trailing numbers."""
    try:
        return await digest_of(context, context.path(argument.path), algorithm, argument.part)
    except NotFound:
        if argument.shorter is None:
            raise
    argument = argument.without_numbers()
    return await digest_of(context, context.path(argument.path), algorithm, argument.part)


@command(
    arguments.path,
    Facts(
        verb="MD5",
        help="<path>",
        source="draft-twine-ftpmd5-00",
        replies=(251,),
        abortable=True,
        digest="md5",
        access=_OF_FILE,
    ),
)
async def md5_of_file(context: Context, argument: str) -> Final:
    """Show the MD5 of a file."""
    found = await digest_of(context, context.told_path(argument), "md5", WHOLE_FILE)
    return file_replies.md5_told(argument, found.digest)


@command(
    arguments.path_list,
    Facts(
        verb="MMD5",
        help="<path>[,<path>]...",
        source="draft-twine-ftpmd5-00",
        replies=(252,),
        abortable=True,
        digest="md5",
        access=_OF_FILE,
    ),
)
async def md5_of_files(context: Context, paths: tuple[str, ...]) -> Final:
    """Show the MD5 of several files, or refuse all of them."""
    told = [(path, (await digest_of(context, context.told_path(path), "md5", WHOLE_FILE)).digest) for path in paths]
    return file_replies.md5s_told(told)


COMMANDS = (
    hash_of_file,
    _digest_verb("XCRC", "crc32"),
    _digest_verb("XMD5", "md5"),
    _digest_verb("XSHA1", "sha1", "XSHA"),
    _digest_verb("XSHA256", "sha256"),
    _digest_verb("XSHA512", "sha512"),
    md5_of_file,
    md5_of_files,
)
