"""The cipher suites that a client offers, and advice for the log where none is shared.

OpenSSL says only "no shared cipher", and pyOpenSSL cannot ask it for the client's list.  So this module reads the
ClientHello as far as that list (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2).
"""

from __future__ import annotations

from collections.abc import Sequence

_HANDSHAKE = 22
_CLIENT_HELLO = 1
_RANDOM_END = 4 + 2 + 32
"""The end of the random bytes, after the type, the length and the version of the message."""

NAMES = {
    0x0004: "RC4-MD5",
    0x0005: "RC4-SHA",
    0x0009: "DES-CBC-SHA",
    0x000A: "DES-CBC3-SHA",
    0x0016: "DHE-RSA-DES-CBC3-SHA",
    0x002F: "AES128-SHA",
    0x0033: "DHE-RSA-AES128-SHA",
    0x0035: "AES256-SHA",
    0x0039: "DHE-RSA-AES256-SHA",
    0x003C: "AES128-SHA256",
    0x003D: "AES256-SHA256",
    0x0041: "CAMELLIA128-SHA",
    0x0067: "DHE-RSA-AES128-SHA256",
    0x006B: "DHE-RSA-AES256-SHA256",
    0x0084: "CAMELLIA256-SHA",
    0x009C: "AES128-GCM-SHA256",
    0x009D: "AES256-GCM-SHA384",
    0x009E: "DHE-RSA-AES128-GCM-SHA256",
    0x009F: "DHE-RSA-AES256-GCM-SHA384",
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0xC008: "ECDHE-ECDSA-DES-CBC3-SHA",
    0xC009: "ECDHE-ECDSA-AES128-SHA",
    0xC00A: "ECDHE-ECDSA-AES256-SHA",
    0xC012: "ECDHE-RSA-DES-CBC3-SHA",
    0xC013: "ECDHE-RSA-AES128-SHA",
    0xC014: "ECDHE-RSA-AES256-SHA",
    0xC023: "ECDHE-ECDSA-AES128-SHA256",
    0xC024: "ECDHE-ECDSA-AES256-SHA384",
    0xC027: "ECDHE-RSA-AES128-SHA256",
    0xC028: "ECDHE-RSA-AES256-SHA384",
    0xC02B: "ECDHE-ECDSA-AES128-GCM-SHA256",
    0xC02C: "ECDHE-ECDSA-AES256-GCM-SHA384",
    0xC02F: "ECDHE-RSA-AES128-GCM-SHA256",
    0xC030: "ECDHE-RSA-AES256-GCM-SHA384",
    0xCCA8: "ECDHE-RSA-CHACHA20-POLY1305",
    0xCCA9: "ECDHE-ECDSA-CHACHA20-POLY1305",
}
"""OpenSSL's names of our suites and of old devices' suites; other suites are named by their numbers."""

_SIGNALS = frozenset({0x00FF, 0x5600})
"""Signals that stand in the place of suites (RFC 5746, RFC 7507)."""


def offered_suites(data: bytes) -> tuple[int, ...]:
    """Return the suites of a ClientHello in the client's order; empty if the bytes hold no complete list.

    :param data: the first bytes of the client.
    """
    hello = _messages(data)
    if len(hello) <= _RANDOM_END or hello[0] != _CLIENT_HELLO:
        return ()
    at = _RANDOM_END + 1 + hello[_RANDOM_END]
    length = int.from_bytes(hello[at : at + 2], "big")
    listed = hello[at + 2 : at + 2 + length]
    if len(listed) < length or length % 2:
        return ()
    suites = (int.from_bytes(listed[one : one + 2], "big") for one in range(0, length, 2))
    return tuple(suite for suite in suites if suite not in _SIGNALS and not _is_grease(suite))


def _messages(data: bytes) -> bytes:
    """Return the handshake messages in a client's records; the last record may be incomplete."""
    found = b""
    while len(data) > 5 and data[0] == _HANDSHAKE:
        length = int.from_bytes(data[3:5], "big")
        found += data[5 : 5 + length]
        data = data[5 + length :]
    return found


def _is_grease(suite: int) -> bool:
    """Whether a suite only keeps servers tolerant (RFC 8701)."""
    return suite & 0x0F0F == 0x0A0A and suite >> 8 == suite & 0xFF


def advice(suites: Sequence[int], *, compatible: str, in_force: str, ecdsa: bool) -> str:
    """Return a log line on a client that shares no suite with the server: its suites, and a setting that would help.

    :param compatible: the list of ``ciphers: compatible``.
    :param in_force: the list that the client was compared with.
    :param ecdsa: whether the certificate has an ECDSA key, and not an RSA key.
    """
    offered = ", ".join(NAMES.get(suite, f"0x{suite:04X}") for suite in suites) or "nothing that can be read"
    text = f"no cipher suite in common: the client offered {offered}"
    if in_force == compatible:
        return f"{text}; ciphers: compatible is in force"
    names = {NAMES.get(suite) for suite in suites}
    would = [name for name in compatible.split(":") if name in names]
    fitting = [name for name in would if ecdsa == ("ECDSA" in name)]
    if fitting:
        return f"{text}; ciphers: compatible would agree on {fitting[0]}"
    if would:
        key = "an RSA" if ecdsa else "an ECDSA"
        return f"{text}; ciphers: compatible would agree on {would[0]}, with a certificate that has {key} key"
    return f"{text}; ciphers: compatible would not help"
