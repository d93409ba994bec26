"""The files of ``etc/`` that the package carries, by the word under which ``ftpd-service print`` knows them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

CARRIED = Path(str(files("ftpd_service") / "etc"))
"""``etc/`` as this installation has it."""

_PLACES = {
    "config": "ftpd.yaml",
    "unit": "ftpd.service",
    "socket": "ftpd.socket",
    "logrotate": "logrotate.d",
    "fail2ban": "fail2ban",
    "fail2ban-filter": "fail2ban/filter.d",
    "fail2ban-jail": "fail2ban/jail.d",
}
"""A file, or a folder that stands for all files in it."""


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())


SHIPPED = {word: found for word, place in _PLACES.items() if (found := _files(CARRIED / place))}
"""The files behind each word; words without files are left out."""


def shipped(word: str) -> str:
    """The text behind a word; where it stands for several files, each begins with a line that names its place."""
    texts = {path.relative_to(CARRIED).as_posix(): path.read_text("utf-8") for path in SHIPPED[word]}
    if len(texts) == 1:
        return "".join(texts.values())
    return "\n".join(f"# ==> /etc/{name}\n{text}" for name, text in texts.items())
