"""Keys of message authentication codes: the retail MAC and the CMAC of AES.

`codec.encode(fields, mac_key=key)` writes a message with its code, `message.verify_mac(key)` checks
one. Both work on the exact bytes of the message.
"""

from __future__ import annotations

from cbs._native import MacKey

__all__ = ["MacKey"]
