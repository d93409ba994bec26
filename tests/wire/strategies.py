"""What Hypothesis draws from in the tests of the wire."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import settings
from hypothesis import strategies as st

from ftpd_service.values import Entry, EntryKind, Link, Permissions, VirtualPath
from ftpd_service.wire.names import decode

relaxed = settings(deadline=None)
"""For all properties: a busy machine is no mistake."""

raw_names = st.binary(min_size=1, max_size=40)
"""Bytes of any kind."""

texts = st.binary(max_size=60).map(decode)
"""What `names.decode` can give."""

path_texts = st.lists(
    st.sampled_from(["/", "//", "..", ".", "a", "b c", "...", "~", "\udcff", "é", "-x"]), max_size=12
).map("".join)
"""Paths as clients write them, in every spelling of ``..``."""

single_names = texts.filter(lambda text: text not in ("", ".", "..") and "/" not in text)
"""What an entry may be called."""

links = st.builds(Link, text=single_names, modified_ns=st.integers(-(2**70), 2**70), links=st.integers(0, 2**32))
"""A link that leads anywhere."""

entries = st.builds(
    Entry,
    name=single_names,
    kind=st.sampled_from(EntryKind),
    size=st.integers(0, 2**63),
    modified_ns=st.integers(-(2**70), 2**70),
    mode=st.integers(0, 0o7777),
    links=st.integers(0, 2**32),
    owner=st.integers(0, 2**32),
    group=st.integers(0, 2**32),
    created_ns=st.none() | st.integers(-(2**70), 2**70),
    unique=st.sampled_from(["", "1g2", "%d"]),
    link=st.none() | links,
    allowed=st.sampled_from([Permissions.ALL, Permissions.NONE, Permissions.READ | Permissions.RENAME]),
)
"""Anything that a storage may list."""

virtual_paths = st.lists(single_names, max_size=4).map(lambda parts: VirtualPath("/" + "/".join(parts)))
"""Paths as `paths.join` makes them."""


class CountedName(str):
    """A name that counts how many characters are taken from it."""

    taken = 0

    def __iter__(self) -> Iterator[str]:
        for character in super().__iter__():
            self.taken += 1
            yield character


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """The data in pieces, cut at the places that lie within it; empty pieces among them."""
    edges = [0, *sorted(min(place, len(data)) for place in places), len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]
