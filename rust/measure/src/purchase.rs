//! The message that everything is measured with, and what is done with it.

use std::fmt;
use std::sync::Arc;

use cbs_iso8583::{Message, Part, Spec, Value};

const SPECIFICATION: &str = include_str!("../../../python/cbs/specs/visa_like.toml");
const BODY_HEX: &str = include_str!("../../../bench/purchase.hex");

/// A chip purchase of 24 data elements, the one of the benches.
pub struct Purchase {
    spec: Arc<Spec>,
    body: Vec<u8>,
    broken: Vec<u8>,
    value: Value,
    texts: Vec<(u16, String)>,
}

/// The packaged specification or the message does not do what it should.
#[derive(Debug)]
pub struct Unusable(String);

impl fmt::Display for Unusable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Unusable {}

fn unusable(reason: impl fmt::Display) -> Unusable {
    Unusable(reason.to_string())
}

impl Purchase {
    /// The operations, by the names that tables give them.
    pub const OPERATIONS: [&str; 6] = [
        "decode",
        "read",
        "decode to JSON",
        "encode",
        "encode texts",
        "decode error",
    ];

    /// Compile the specification and check that the message goes both ways.
    pub fn load() -> Result<Self, Unusable> {
        let spec = Arc::new(Spec::parse(SPECIFICATION, "visa_like").map_err(unusable)?);
        let body = octets(BODY_HEX.trim())?;
        let message = spec.decode(&body).map_err(unusable)?;
        let value = Value::from_json(&message.to_json(true)).map_err(unusable)?;
        let again = spec.encode(&value).map_err(unusable)?;
        if again.as_slice() != body.as_slice() {
            return Err(unusable("the purchase came back as other bytes"));
        }
        // cut inside the chip data: all elements before it are read, then there is a fault
        let broken = body
            .get(..body.len().saturating_sub(70))
            .unwrap_or(&[])
            .to_vec();
        if spec.decode(&broken).is_ok() {
            return Err(unusable("the broken purchase was read"));
        }
        let clear = |field: u16| message.clear_text(&field.to_string());
        let texts = message
            .fields()
            .filter_map(|field| Some((field, (*clear(field)?).to_owned())));
        let texts = texts.collect();
        let purchase = Self {
            spec,
            body,
            broken,
            value,
            texts,
        };
        if purchase.encode_texts() != Some(purchase.body.len()) {
            return Err(unusable("the purchase's texts came back as other bytes"));
        }
        Ok(purchase)
    }

    /// Do one of [`Self::OPERATIONS`] once; gives something that depends on the work.
    pub fn run(&self, operation: &str) -> Option<usize> {
        match operation {
            "decode" => Some(self.decode()?.field_count()),
            "read" => {
                let message = self.decode()?;
                let mut characters = 0_usize;
                message
                    .each_text(true, |_, text| {
                        characters = characters.saturating_add(text.len());
                        Ok::<(), ()>(())
                    })
                    .ok()?;
                Some(characters)
            }
            "decode to JSON" => Some(self.decode()?.to_json(false).len()),
            "encode" => Some(self.spec.encode(&self.value).ok()?.len()),
            "encode texts" => self.encode_texts(),
            "decode error" => Some(self.spec.decode(&self.broken).err()?.offset),
            _ => None,
        }
    }

    fn encode_texts(&self) -> Option<usize> {
        let texts = self.texts.iter();
        let parts: Vec<_> = texts
            .map(|(field, text)| Part::Text(*field, text))
            .collect();
        Some(self.spec.encode_texts("0100", None, &parts).ok()?.len())
    }

    fn decode(&self) -> Option<Message> {
        self.spec.decode(&self.body).ok()
    }
}

fn octets(hex: &str) -> Result<Vec<u8>, Unusable> {
    let pair = |at: usize| {
        let digits = hex.get(at..at.saturating_add(2));
        let octet = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        octet.ok_or_else(|| unusable("the purchase is no hex"))
    };
    (0..hex.len()).step_by(2).map(pair).collect()
}
