//! How frames are told apart on a stream, as data with a short text form.

use super::count::{Coding, Count};

/// Longest trailer.
const TRAILER_BYTES_MAX: usize = 8;

/// The framings that have a name of their own, or a name with a number in it.
const NAMES: &str = "none, len1 to len4, vmlh, zero2len2, ascii1 to ascii6, ebcdic1 to ebcdic6, \
     bcd1 to bcd4, hex2 to hex8, tpdu; -le (binary lengths) and -inclusive may follow, then \
     +trailer:N or + and the trailer in hexadecimal, then -counted";

/// How frames are told apart on the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// None: every feed is one whole frame.
    pub(super) count: Option<Count>,
    pub(super) trailer: Trailer,
    /// Whether messages start with a TPDU.
    pub(super) tpdu: bool,
}

/// Octets behind the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Trailer {
    pub(super) bytes: usize,
    /// What it must be; zeros where anything will do.
    octets: [u8; TRAILER_BYTES_MAX],
    is_fixed: bool,
    /// Whether the length in front of the frame counts it.
    pub(super) is_counted: bool,
}

impl Trailer {
    const NONE: Self = Self {
        bytes: 0,
        octets: [0; TRAILER_BYTES_MAX],
        is_fixed: false,
        is_counted: false,
    };

    /// What a frame of ours ends with.
    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(..self.bytes).unwrap_or(&[])
    }

    /// Whether a frame may end so.
    pub(super) fn allows(&self, octets: &[u8]) -> bool {
        !self.is_fixed || octets == self.octets()
    }

    /// Octets of it that the length does not count.
    pub(super) fn uncounted_bytes(&self) -> usize {
        if self.is_counted { 0 } else { self.bytes }
    }

    fn parse(text: &str) -> Option<Self> {
        let (text, is_counted) = match text.strip_suffix("-counted") {
            Some(text) => (text, true),
            None => (text, false),
        };
        let mut octets = [0; TRAILER_BYTES_MAX];
        let number = text.strip_prefix("trailer:");
        let bytes = if let Some(number) = number {
            number.parse().ok()?
        } else {
            let given = crate::encoding::nibble::parse_hex(text).ok()?;
            octets.get_mut(..given.len())?.copy_from_slice(&given);
            given.len()
        };
        (1..=TRAILER_BYTES_MAX).contains(&bytes).then_some(Self {
            bytes,
            octets,
            is_fixed: number.is_none(),
            is_counted,
        })
    }
}

impl Framing {
    /// No framing: every feed is one whole frame.
    pub const WHOLE: Self = Self::of(None);
    /// Two octets of length, big-endian, not counting themselves; an octet of zero; an octet of
    /// two nibbles, message format and platform.
    pub const VMLH: Self = Self::of(Some(Count {
        after: 2,
        ..Count::plain(Coding::Big, 2)
    }));

    const fn of(count: Option<Count>) -> Self {
        Self {
            count,
            trailer: Trailer::NONE,
            tpdu: false,
        }
    }

    /// A framing by its text form, as in `len2`, `ascii4-inclusive` or `len2-le+03`.
    ///
    /// The error lists what there is.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::read(text).ok_or_else(|| format!("one of: {NAMES}"))
    }

    fn read(text: &str) -> Option<Self> {
        let (prefix, trailer) = match text.split_once('+') {
            None => (text, Trailer::NONE),
            Some((prefix, trailer)) => (prefix, Trailer::parse(trailer)?),
        };
        let mut words = prefix.split('-');
        let mut framing = Self::named(words.next()?)?;
        for word in words {
            let count = framing.count.as_mut()?;
            match word {
                "le" if count.coding == Coding::Big && count.octets > 1 => {
                    count.coding = Coding::Little;
                }
                "inclusive" if !count.inclusive => count.inclusive = true,
                _ => return None,
            }
        }
        if framing.count.is_none() && trailer.is_counted {
            return None;
        }
        Some(Self { trailer, ..framing })
    }

    fn named(name: &str) -> Option<Self> {
        match name {
            "none" => return Some(Self::WHOLE),
            "vmlh" => return Some(Self::VMLH),
            "tpdu" => {
                let count = Some(Count::plain(Coding::Big, 2));
                let tpdu = true;
                return Some(Self {
                    tpdu,
                    ..Self::of(count)
                });
            }
            "zero2len2" => {
                let count = Count::plain(Coding::Big, 2);
                return Some(Self::of(Some(Count { before: 2, ..count })));
            }
            _ => {}
        }
        let digit_at = name.find(|character: char| character.is_ascii_digit())?;
        let (kind, number) = name.split_at_checked(digit_at)?;
        let number = number.parse().ok().filter(|_| number.len() == 1)?;
        let (coding, octets_max) = match kind {
            "len" => (Coding::Big, 4),
            "ascii" => (Coding::Ascii, 6),
            "ebcdic" => (Coding::Ebcdic, 6),
            "bcd" => (Coding::Bcd, 4),
            "hex" => (Coding::Hex, 8),
            _ => return None,
        };
        let octets_min = if coding == Coding::Hex { 2 } else { 1 };
        (octets_min..=octets_max)
            .contains(&number)
            .then(|| Self::of(Some(Count::plain(coding, number))))
    }
}

impl Count {
    const fn plain(coding: Coding, octets: usize) -> Self {
        Self {
            coding,
            octets,
            before: 0,
            after: 0,
            inclusive: false,
        }
    }
}
