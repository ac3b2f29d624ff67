//! The header of a message that is sent.

use super::header::{self, HEADER_BYTES, TPDU_BYTES};
use super::{Frame, Framer, HeaderKind, HeaderMode};

impl Framer {
    /// The header to write in front of a body of `body_bytes`; empty for none.
    pub(super) fn header_of(
        &self,
        body_bytes: usize,
        header: Option<&[u8]>,
        reply_to: Option<&Frame>,
    ) -> Result<Vec<u8>, String> {
        match (header, reply_to) {
            (Some(header), _) => self.given(header, body_bytes),
            (None, Some(frame)) => reply(frame, body_bytes),
            (None, None) => match self.header {
                HeaderMode::None | HeaderMode::Auto => Ok(Vec::new()),
                HeaderMode::Visa22 => counted(header::blank(), body_bytes),
                HeaderMode::Tpdu => Ok(header::blank_tpdu()),
                HeaderMode::Fixed(bytes) => Err(format!("a header of {bytes} bytes must be given")),
                HeaderMode::SelfLength { .. } => {
                    Err("a header that counts itself must be given".to_owned())
                }
            },
        }
    }

    fn given(&self, header: &[u8], body_bytes: usize) -> Result<Vec<u8>, String> {
        let wanted = match self.header {
            HeaderMode::None | HeaderMode::Auto | HeaderMode::Visa22 => {
                let header: Option<[u8; HEADER_BYTES]> = header.try_into().ok();
                let header = header.ok_or_else(|| wrong_length(HEADER_BYTES))?;
                return counted(header, body_bytes);
            }
            HeaderMode::Tpdu => TPDU_BYTES,
            HeaderMode::Fixed(bytes) => bytes,
            HeaderMode::SelfLength { inclusive } => {
                let counted = header.first().copied().map_or(0, usize::from);
                counted.saturating_add(usize::from(!inclusive)).max(1)
            }
        };
        if header.len() == wanted {
            return Ok(header.to_vec());
        }
        Err(wrong_length(wanted))
    }
}

fn reply(frame: &Frame, body_bytes: usize) -> Result<Vec<u8>, String> {
    let header = frame.header().unwrap_or(&[]);
    match frame.header_kind {
        HeaderKind::None | HeaderKind::Fixed | HeaderKind::SelfLength => Ok(header.to_vec()),
        HeaderKind::Tpdu => Ok(header::swapped_tpdu(header)),
        HeaderKind::Visa22 | HeaderKind::Reject => match header::swapped(header) {
            Some(header) => counted(header, body_bytes),
            None => Ok(Vec::new()),
        },
    }
}

fn counted(mut header: [u8; HEADER_BYTES], body_bytes: usize) -> Result<Vec<u8>, String> {
    header::set_total_length(&mut header, body_bytes)
        .map(|()| header.to_vec())
        .ok_or_else(|| "message longer than its header can say".to_owned())
}

fn wrong_length(bytes: usize) -> String {
    format!("a header has {bytes} bytes")
}
