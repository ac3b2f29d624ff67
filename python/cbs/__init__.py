"""CBS: the core of a card business, an ISO 8583 issuer host."""
