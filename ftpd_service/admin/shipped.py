"""The files of ``etc/`` in the package, by their words in ``ftpd-service print``."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

CARRIED = Path(str(files("ftpd_service") / "etc"))
"""The folder ``etc/`` of this installation."""

_PLACES = {
    "config": "ftpd.yaml",
    "unit": "ftpd.service",
    "socket": "ftpd.socket",
    "notify-reload": "ftpd.service.d",
    "sysusers": "sysusers.d",
    "tmpfiles": "tmpfiles.d",
    "logrotate": "logrotate.d",
    "fail2ban": "fail2ban",
    "fail2ban-filter": "fail2ban/filter.d",
    "fail2ban-jail": "fail2ban/jail.d",
    "grafana": "grafana-ftpd.json",
    "prometheus-rules": "prometheus-rules.yaml",
    "container": "ftpd-container.yaml",
}
"""The place of each word: a file, or a folder with several files."""


def _files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())


SHIPPED = {word: found for word, place in _PLACES.items() if (found := _files(CARRIED / place))}
"""The files of each word; words without files are left out."""


def shipped(word: str) -> str:
    """Return the text for a word; if the word has several files, a line with its place begins each file."""
    texts = {path.relative_to(CARRIED).as_posix(): path.read_text("utf-8") for path in SHIPPED[word]}
    if len(texts) == 1:
        return "".join(texts.values())
    return "\n".join(f"# ==> /etc/{name}\n{text}" for name, text in texts.items())
