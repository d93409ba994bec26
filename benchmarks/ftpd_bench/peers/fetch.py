"""Gets the peers, side by side in a folder of their own, nothing installed: Debian packages unpacked, PyPI in a venv.

The Debian packages conflict with each other when they are installed, so they are unpacked into one tree.
"""

from __future__ import annotations

import shutil
import subprocess
import venv
from pathlib import Path

PACKAGES = ("vsftpd", "proftpd-core", "proftpd-mod-crypto", "pure-ftpd")
LIBRARIES = (
    "libhiredis0.14",
    "libmemcached11",
    "libmemcachedutil2",
    "libhashkit2",
    "libpcre2-posix3",
    "libwrap0",
    "libfuse3-3",
)
"""Libraries that the servers load and a small Debian lacks; if a package has a different name, its server just fails.
"""
WHEELS = ("pyftpdlib", "twisted", "pyopenssl", "service-identity")
PICTURES = ("matplotlib",)
DISKS = ("mfusepy",)


def run(*command: str, cwd: Path) -> str:
    """Run a command to its end: an empty text, or why it failed."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return str(problem)
    return "" if done.returncode == 0 else (done.stderr.strip() or f"{command[0]} failed").splitlines()[-1]


def fetch_packages(cache: Path) -> dict[str, str]:
    """Download and unpack what is not there yet: which package could not be had, and why."""
    missing: dict[str, str] = {}
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return dict.fromkeys(PACKAGES, "no apt-get on this host")
    packages, tree = cache / "packages", cache / "tree"
    packages.mkdir(parents=True, exist_ok=True)
    for package in (*PACKAGES, *LIBRARIES):
        if not list(packages.glob(f"{package}_*.deb")) and (why := run("apt-get", "download", package, cwd=packages)):
            missing[package] = why
            continue
        if not (packages / f"{package}.unpacked").exists():
            file = next(packages.glob(f"{package}_*.deb"))
            if why := run("dpkg", "-x", str(file), str(tree), cwd=packages):
                missing[package] = why
            else:
                (packages / f"{package}.unpacked").touch()
    return missing


def fetch_python(cache: Path) -> dict[str, str]:
    """A venv with the Python peers, the plotting and the disk that hangs: which could not be had, and why."""
    place = cache / "python"
    if not (place / "bin" / "python").exists():
        venv.create(place, with_pip=True, symlinks=True)
    missing: dict[str, str] = {}
    for wanted in (WHEELS, PICTURES, DISKS):
        mark = place / f"{wanted[0]}.installed"
        if mark.exists():
            continue
        pip = (str(place / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
        if why := run(*pip, *wanted, cwd=cache):
            missing.update(dict.fromkeys(wanted, why))
        else:
            mark.touch()
    return missing


def fetch(cache: Path) -> dict[str, str]:
    """Everything: what could not be had, by name, and why."""
    cache.mkdir(parents=True, exist_ok=True)
    return {**fetch_packages(cache), **fetch_python(cache)}


def package_version(cache: Path, package: str) -> str:
    """The version of an unpacked package, from its file's name."""
    found = next((cache / "packages").glob(f"{package}_*.deb"), None)
    return found.name.split("_")[1].replace("%3a", ":") if found else ""
