"""KeyUpdates that ask for an answer, without an end: what no TLS library sends by itself (RFC 8446 section 4.6.3)."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

_UPDATE = b"\x18\x00\x00\x01\x01"
"""A KeyUpdate with update_requested."""
_HANDSHAKE = b"\x16"
"""The type of the record, behind its content."""
_TAG_OCTETS = 16


class KeyUpdates:
    """Makes such records for a client of TLS 1.3 that has sent nothing yet behind its handshake."""

    def __init__(self, key_log: Path, cipher: str) -> None:
        """Begin with the secret that Python has logged for the last connection, which has agreed on this cipher."""
        lines = key_log.read_text().splitlines()
        secrets = [line.split()[2] for line in lines if line.startswith("CLIENT_TRAFFIC_SECRET_0 ")]
        self._secret = bytes.fromhex(secrets[-1])
        self._hash: HashAlgorithm = SHA384() if "SHA384" in cipher else SHA256()
        self._key_octets = 32 if "AES_256" in cipher else 16

    def __next__(self) -> bytes:
        """The next record: the first of the keys that the one before it has begun."""
        key, nonce = self._expanded(b"key", self._key_octets), self._expanded(b"iv", 12)
        content = _UPDATE + _HANDSHAKE
        header = b"\x17\x03\x03" + (len(content) + _TAG_OCTETS).to_bytes(2, "big")
        self._secret = self._expanded(b"traffic upd", self._hash.digest_size)
        return header + AESGCM(key).encrypt(nonce, content, header)

    def _expanded(self, label: bytes, length: int) -> bytes:
        """HKDF-Expand-Label (RFC 8446 section 7.1)."""
        named = b"tls13 " + label
        described = length.to_bytes(2, "big") + bytes([len(named)]) + named + b"\x00"
        return HKDFExpand(algorithm=self._hash, length=length, info=described).derive(self._secret)
