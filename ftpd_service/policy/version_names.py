"""The names of former files (``uploads.keep_versions``): ``.versions/NAME.~7~`` beside the file ``NAME``.

They are those of GNU's numbered backups.  The server makes them, and no client may; the rules of an account treat a
former file as the file that it was, too, because the name of a version would get round patterns of names.
"""

from __future__ import annotations

import re

from ftpd_service.values import VirtualPath

VERSIONS_PLACE = ".versions"

VERSION_SUFFIX = r"\.~([1-9][0-9]{0,8})~"
"""The pattern of what follows the name of the file."""

_VERSION = re.compile(rf"(.*)/{re.escape(VERSIONS_PLACE)}/([^/]+){VERSION_SUFFIX}", re.DOTALL)


def original_of(path: VirtualPath) -> VirtualPath | None:
    """Return the path of the file of which a path would be a version, or None."""
    found = _VERSION.fullmatch(path) if path.endswith("~") else None
    return None if found is None else VirtualPath(f"{found[1]}/{found[2]}")
