"""``python -m ftpd_service``: the same as the command ``ftpd-service``."""

from __future__ import annotations

from ftpd_service.admin.cli import main

if __name__ == "__main__":
    main(prog_name="ftpd-service")
