"""The sub-command that makes the secret of an account's one-time codes."""

from __future__ import annotations

import socket

import click
import pyotp

from ftpd_service.admin.completed_values import any_account


@click.command("totp-secret")
@click.argument("name", shell_complete=any_account)
@click.option("--issuer", help="The name of the service in the app that shows the codes; by default that of this host.")
def totp_secret(name: str, issuer: str | None) -> None:
    """Print a new secret for the one-time codes of the account NAME, and its otpauth:// URI.

    The first line is the secret, so that the output can be the file that `totp_file` names:

      (umask 077; ftpd-service totp-secret alice > /etc/ftpd/totp/alice)

    The second line is for the app: `qrencode -t ANSI` shows it as a picture.
    """
    secret = pyotp.random_base32()
    click.echo(secret)
    click.echo(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer or socket.gethostname()))
