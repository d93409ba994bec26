"""Scenarios that move files: one stream or many at once, large or small, each way; and listings."""

from __future__ import annotations

from ftpd_bench.crowd import leave, open_sessions, together
from ftpd_bench.measurement import Measurement
from ftpd_bench.meter import Meter
from ftpd_bench.replies import BadReply
from ftpd_bench.session import Ground, Session
from ftpd_bench.target import Load

_MIB = 1 << 20
_LISTINGS = 10
"""How often each session lists: once alone is over too fast to be measured."""


async def ensure_file(session: Session, name: str, size_bytes: int) -> None:
    """Make sure that a file of this size is there."""
    found = await session.try_command(f"SIZE {name}")
    if found.code != 213 or found.text.strip() != str(size_bytes):
        await session.store(name, size_bytes)


async def check_size(session: Session, name: str, size_bytes: int) -> None:
    """Ask for a file's size, because a fast server that loses bytes does not count.

    :raises BadReply: the server has another size than was sent.
    """
    found = await session.command_text(f"SIZE {name}")
    if found != str(size_bytes):
        raise BadReply(f"{name} has {found} bytes instead of {size_bytes}")


def check_octets(counts: list[int], size_bytes: int) -> None:
    """Downloads must be whole; under TLS the records are longer than what is in them.

    :raises BadReply: one is not.
    """
    if min(counts) < size_bytes:
        raise BadReply(f"a download ended after {min(counts)} of {size_bytes} bytes")


async def download(ground: Ground, load: Load) -> Measurement:
    """RETR of one large file by each of the sessions at once, `count` times."""
    sessions = await open_sessions(ground, load.streams)
    name = ground.target.path(f"bench-{load.size_bytes}.bin")
    await ensure_file(sessions[0], name, load.size_bytes)
    meter = Meter(ground.reactor, ground.target.pid)
    await meter.start()
    for _ in range(load.count):
        check_octets(await together(session.retrieve(name, load.size_bytes) for session in sessions), load.size_bytes)
    amount = load.streams * load.count * load.size_bytes / _MIB
    result = await meter.stop("download", "MiB", amount, resumption(ground, sessions))
    await leave(sessions)
    return result


async def upload(ground: Ground, load: Load) -> Measurement:
    """STOR of a file of its own by each of the sessions at once; removed afterwards."""
    sessions = await open_sessions(ground, load.streams)
    names = [ground.target.path(f"bench-up-{number}.bin") for number in range(load.streams)]
    meter = Meter(ground.reactor, ground.target.pid)
    await meter.start()
    for _ in range(load.count):
        await together(session.store(name, load.size_bytes) for session, name in zip(sessions, names, strict=True))
    amount = load.streams * load.count * load.size_bytes / _MIB
    result = await meter.stop("upload", "MiB", amount, resumption(ground, sessions))
    for session, name in zip(sessions, names, strict=True):
        await check_size(session, name, load.size_bytes)
        await session.try_command(f"DELE {name}")
    await leave(sessions)
    return result


async def small_downloads(ground: Ground, load: Load) -> Measurement:
    """RETR of small files, one after the other in each session, `count` in all."""
    sessions = await open_sessions(ground, load.streams)
    name = ground.target.path(f"bench-{load.size_bytes}.bin")
    await ensure_file(sessions[0], name, load.size_bytes)

    async def work(session: Session, count: int) -> None:
        check_octets([await session.retrieve(name, load.size_bytes) for _ in range(count)], load.size_bytes)

    each = max(1, load.count // load.streams)
    meter = Meter(ground.reactor, ground.target.pid)
    await meter.start()
    await together(work(session, each) for session in sessions)
    result = await meter.stop("small-downloads", "file", each * load.streams, resumption(ground, sessions))
    await leave(sessions)
    return result


async def small_uploads(ground: Ground, load: Load) -> Measurement:
    """STOR of small files under names of their own, one after the other in each session; removed afterwards."""
    sessions = await open_sessions(ground, load.streams)
    each = max(1, load.count // load.streams)

    def name(stream: int, number: int) -> str:
        return ground.target.path(f"bench-small-{stream}-{number}.bin")

    async def work(stream: int, session: Session) -> None:
        for number in range(each):
            await session.store(name(stream, number), load.size_bytes)

    async def tidy(stream: int, session: Session) -> None:
        await check_size(session, name(stream, each - 1), load.size_bytes)
        for number in range(each):
            await session.try_command(f"DELE {name(stream, number)}")

    meter = Meter(ground.reactor, ground.target.pid)
    await meter.start()
    await together(work(stream, session) for stream, session in enumerate(sessions))
    result = await meter.stop("small-uploads", "file", each * load.streams, resumption(ground, sessions))
    await together(tidy(stream, session) for stream, session in enumerate(sessions))
    await leave(sessions)
    return result


async def listing(ground: Ground, load: Load, verb: str) -> Measurement:
    """List a directory of `count` entries in all sessions at once, several times."""
    sessions = await open_sessions(ground, load.streams)
    folder = ground.target.path(f"bench-list-{load.count}")
    await ensure_entries(sessions[0], folder, load.count)

    async def work(session: Session) -> int:
        return min([await session.rows(verb, folder) for _ in range(_LISTINGS)])

    meter = Meter(ground.reactor, ground.target.pid)
    await meter.start()
    rows = await together(work(session) for session in sessions)
    result = await meter.stop(
        verb.lower(), "entry", load.count * load.streams * _LISTINGS, resumption(ground, sessions)
    )
    if min(rows) < load.count:
        raise BadReply(f"{verb} gave {min(rows)} rows of {load.count}")
    await leave(sessions)
    return result


async def list_entries(ground: Ground, load: Load) -> Measurement:
    """LIST."""
    return await listing(ground, load, "LIST")


async def mlsd_entries(ground: Ground, load: Load) -> Measurement:
    """MLSD (RFC 3659 section 7)."""
    return await listing(ground, load, "MLSD")


async def nlst_entries(ground: Ground, load: Load) -> Measurement:
    """NLST."""
    return await listing(ground, load, "NLST")


async def ensure_entries(session: Session, folder: str, count: int) -> None:
    """Make sure that a directory of so many entries is there."""
    if (await session.try_command(f"MKD {folder}")).code != 257 and await session.rows("LIST", folder) >= count:
        return
    for number in range(count):
        await session.store(f"{folder}/entry-{number:06}.txt", 0)


def resumption(ground: Ground, sessions: list[Session]) -> dict[str, float]:
    """Under TLS: how many data connections resumed the control connection's session."""
    if sessions[0].control.tls is None:
        return {}
    return {"resumed_transfers": float(sum(session.resumed for session in sessions))}
