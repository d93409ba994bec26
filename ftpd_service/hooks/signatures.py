"""The signature by which a receiver of webhooks knows that a request comes from this service, and is new."""

from __future__ import annotations

import hmac
from hashlib import sha256

HeaderPair = tuple[bytes, bytes]


def signature_header(secret: bytes, seconds: int, signed: bytes) -> HeaderPair:
    """Return the header with the HMAC-SHA256 of the time, a dot and the signed bytes.

    :param seconds: the time of the request, in seconds since 1970: a receiver refuses a request that was repeated.
    """
    code = hmac.new(secret, b"%d." % seconds + signed, sha256).hexdigest()
    return b"Ftpd-Signature", b"t=%d,v1=%s" % (seconds, code.encode("ascii"))
