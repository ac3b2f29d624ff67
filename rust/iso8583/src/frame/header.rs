//! The 22-byte message header and the longer one of rejects.
//!
//! Octets: 0 header length, 1 format, 2 text format, 3-4 total length, 5-7 destination, 8-10
//! source, 11 round-trip control, 12-13 flags, 14-16 status, 17 batch, 18-20 reserved, 21 user;
//! a reject has a bitmap in 22-23, a reject group in 24-25, and the original header after that.

use super::HeaderMode;

pub(super) const HEADER_BYTES: usize = 22;
const REJECT_BYTES_MIN: usize = 26;
const FORMAT_MESSAGE: u8 = 1;
const FORMAT_REJECT: u8 = 2;
/// Says that one more header follows.
const FORMAT_MORE: u8 = 0x80;

/// A header found in front of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) bytes: usize,
    pub(super) is_reject: bool,
}

/// What is wrong, and at which octet of the content.
pub(super) type Wrong = (String, usize);

/// The header in front of `content`, if it has one and `mode` lets it have one.
pub(super) fn find(mode: HeaderMode, content: &[u8]) -> Result<Extent, Wrong> {
    match mode {
        HeaderMode::None => Ok(Extent {
            bytes: 0,
            is_reject: false,
        }),
        // What is no header through and through is the body of a link without headers: one bad
        // message must not end it.
        HeaderMode::Auto => Ok(read(content).unwrap_or(Extent {
            bytes: 0,
            is_reject: false,
        })),
        HeaderMode::Visa22 => read(content),
    }
}

fn read(content: &[u8]) -> Result<Extent, Wrong> {
    let [length, format, ..] = content else {
        return Err((format!("a header cannot have {} bytes", content.len()), 0));
    };
    let bytes = usize::from(*length);
    let is_reject = format & !FORMAT_MORE == FORMAT_REJECT;
    let fits = if is_reject {
        bytes >= REJECT_BYTES_MIN
    } else {
        bytes == HEADER_BYTES
    };
    if !is_reject && *format != FORMAT_MESSAGE {
        return Err((format!("header format {format:#04x} is unknown"), 1));
    }
    if !fits || bytes > content.len() {
        let problem = format!(
            "header length {bytes} in a frame of {} bytes",
            content.len()
        );
        return Err((problem, 0));
    }
    match total_length(content) {
        Some(total) if total == content.len() => {}
        total => {
            let total = total.unwrap_or(0);
            let problem = format!(
                "header says {total} bytes in all, the frame {}",
                content.len()
            );
            return Err((problem, 3));
        }
    }
    let original = content.get(bytes..).unwrap_or(&[]);
    let has_original = is_reject
        && original.len() >= HEADER_BYTES
        && original
            .first()
            .is_some_and(|length| usize::from(*length) == HEADER_BYTES);
    let more = if has_original { HEADER_BYTES } else { 0 };
    Ok(Extent {
        bytes: bytes.saturating_add(more),
        is_reject,
    })
}

fn total_length(content: &[u8]) -> Option<usize> {
    let [high, low] = content.get(3..5)? else {
        return None;
    };
    Some(usize::from(u16::from_be_bytes([*high, *low])))
}

/// A header for a message of ours: no addresses, bitmapped DE62.
pub(super) fn blank() -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    for (to, from) in header.iter_mut().zip([22, FORMAT_MESSAGE, 2]) {
        *to = from;
    }
    header
}

/// The header of a reply: destination and source change places.
pub(super) fn swapped(header: &[u8]) -> Option<[u8; HEADER_BYTES]> {
    // a reject's own header is longer; its first octets lie alike
    let mut reply = *header.first_chunk::<HEADER_BYTES>()?;
    let addresses = reply.get_mut(5..11)?;
    addresses.rotate_left(3);
    let [length, format, ..] = &mut reply;
    (*length, *format) = (22, FORMAT_MESSAGE);
    Some(reply)
}

/// Write the total length; None if it does not fit.
pub(super) fn set_total_length(header: &mut [u8], body_bytes: usize) -> Option<()> {
    let total = u16::try_from(header.len().checked_add(body_bytes)?).ok()?;
    header.get_mut(3..5)?.copy_from_slice(&total.to_be_bytes());
    Some(())
}
