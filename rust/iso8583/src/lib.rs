//! The ISO 8583 codec: bytes to fields and back, driven by a specification file.
