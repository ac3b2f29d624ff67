//! Network profiles: message to authorization record, decision to reply.
//!
//! Everything that differs between card networks is in a profile file. `Profile::parse` checks the
//! whole file at start; `Profile::read` and `Profile::reply` then cannot fail on it.

#![forbid(unsafe_code)]

mod entry;
mod error;
mod identity;
mod link;
mod message_type;
mod pack;
mod profile;
mod reading;
mod record;
mod reply;
mod request;
mod section;
mod source;
pub mod transmission;

pub use error::ProfileError;
pub use link::{Link, LinkValue};
pub use pack::pack_columns;
pub use profile::Profile;
pub use record::{RECORD_COLUMNS, Record, Value};
pub use reply::{Decision, ReplyError};
pub use request::{Request, RequestKind};
