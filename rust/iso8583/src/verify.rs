//! Whether a message is no more than its values: written again, they give its bytes.

use std::sync::Arc;

use crate::wipe::Wiped;

use crate::encode::Encoded;
use crate::error::{DecodeError, bytes};
use crate::message::Message;
use crate::spec::Spec;
use crate::value::Value;

impl Spec {
    /// As [`Spec::decode`], and the message's values, written again, must give the same bytes.
    ///
    /// The error names the element whose bytes say more than its value: a pad that is not zero, a
    /// length that is longer than it need be, a bitmap in lower case, bytes that are ignored. Its
    /// partial message is the whole one.
    pub fn decode_verified(self: &Arc<Self>, body: &[u8]) -> Result<Message, DecodeError> {
        let message = self.decode(body)?;
        match message.unwritable(body) {
            None => Ok(message),
            Some((path, offset, expected, found)) => Err(DecodeError {
                path,
                offset,
                expected,
                found,
                partial: Some(Box::new(message)),
            }),
        }
    }
}

/// Path, offset, what was expected and what was found.
type Misfit = (String, usize, String, String);

impl Message {
    fn unwritable(&self, body: &[u8]) -> Option<Misfit> {
        let octets = match self.rewritten() {
            Ok(octets) => octets,
            Err(error) => {
                let first = error.path.split('.').next().unwrap_or("");
                let offset = first.parse().ok().and_then(|field| self.offset_of(field));
                let found = format!("one where {} was expected", error.expected);
                let expected = "a value that can be written".to_owned();
                return Some((error.path, offset.unwrap_or(0), expected, found));
            }
        };
        if octets.as_slice() == body {
            return None;
        }
        let same = octets
            .iter()
            .zip(body)
            .take_while(|(left, right)| left == right);
        let offset = same.count();
        if offset >= self.head.rest {
            let left = body.len().saturating_sub(self.head.rest);
            let found = format!("{} more, ignored", bytes(left));
            return Some((
                String::new(),
                self.head.rest,
                "the end of the message".into(),
                found,
            ));
        }
        let expected = "the bytes that the value is written as";
        let found = "other bytes for the same value";
        Some((self.path_of(offset), offset, expected.into(), found.into()))
    }

    /// The bytes that the values alone give.
    fn rewritten(&self) -> Encoded<Wiped> {
        self.spec.encode(&Value::from_json(&self.to_json(true))?)
    }

    fn offset_of(&self, field: u16) -> Option<usize> {
        let node = self.node(self.element(field)?)?;
        Some(node.wire as usize)
    }

    /// The innermost field that a byte belongs to.
    fn path_of(&self, offset: usize) -> String {
        if offset < self.head.data {
            let data = self.spec.envelope.header.len();
            let bitmaps = data.saturating_add(self.spec.envelope.type_indicator.bytes());
            return match offset {
                _ if offset < data => "_header",
                _ if offset < bitmaps => "mti",
                _ => "bitmap",
            }
            .to_owned();
        }
        let covers = |index: &usize| {
            self.node(*index).is_some_and(|node| {
                let stop = (node.stop as usize).div_ceil(2);
                (node.wire as usize..stop).contains(&offset)
            })
        };
        let starts = |index: &usize| {
            let wire = self
                .node(*index)
                .map_or(usize::MAX, |node| node.wire as usize);
            wire <= offset
        };
        // the last element that starts there: behind its value there may be filler of its own
        let Some(mut index) = self.elements().filter(starts).last() else {
            return String::new();
        };
        let mut path = self.key(index);
        while let Some(child) = self.children(index).find(covers) {
            path = format!("{path}.{}", self.key(child));
            index = child;
        }
        path
    }
}
