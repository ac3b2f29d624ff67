//! Network profiles: message to authorization record, decision to reply.
