"""Authorities and certificates made on the fly, as files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import trustme

from cbs.mux.tls import ClientTls, client_context

HOST_NAME = "issuer.example"


class Pair(NamedTuple):
    """A certificate and its key."""

    certificate: Path
    key: Path


class Certificates:
    """An authority with a host's and a network's certificates; another one that nobody trusts."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        authority, stranger = trustme.CA(), trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(self.authority)
        self.other_authority = folder / "other-authority.pem"
        stranger.cert_pem.write_to_path(self.other_authority)
        self.host = self._pair(authority, "host", HOST_NAME, "127.0.0.1")
        self.network = self._pair(authority, "network", "network.example")
        self.stranger = self._pair(stranger, "stranger", "network.example")

    def client(
        self, pair: Pair | None = None, *, authority: Path | None = None, name: str = HOST_NAME
    ) -> ClientTls:
        certificate, key = pair or (None, None)
        return ClientTls(client_context(authority or self.authority, certificate, key), name)

    def _pair(self, authority: trustme.CA, name: str, *identities: str) -> Pair:
        issued = authority.issue_cert(*identities)
        pair = Pair(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        for place, part in enumerate(issued.cert_chain_pems):
            part.write_to_path(pair.certificate, append=place > 0)
        pair.key.touch(mode=0o600)
        issued.private_key_pem.write_to_path(pair.key)
        return pair
