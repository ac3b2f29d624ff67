//! EBCDIC code pages. Each is a one-to-one map onto 256 Unicode characters, so that text and
//! bytes convert without loss in both directions.

/// A code page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// CP 037, the United States page; what most networks mean by EBCDIC.
    P037,
    /// CP 500, the international page.
    P500,
    /// CP 1047, the open-systems page.
    P1047,
    /// CP 1140: CP 037 with the euro sign in place of the currency sign.
    P1140,
}

/// The names of the pages, for error texts.
pub(crate) const PAGES: &str = "037, 500, 1047, 1140";
/// Where CP 1140 has the euro sign.
const EURO_BYTE: u8 = 0x9f;
const EURO: char = '\u{20ac}';
const CURRENCY_SIGN: char = '\u{a4}';

impl Page {
    /// The page of a name as specifications write it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "037" => Some(Self::P037),
            "500" => Some(Self::P500),
            "1047" => Some(Self::P1047),
            "1140" => Some(Self::P1140),
            _ => None,
        }
    }

    /// The character of a byte.
    pub(crate) fn decode(self, byte: u8) -> char {
        if self == Self::P1140 && byte == EURO_BYTE {
            return EURO;
        }
        char::from(self.table().get(usize::from(byte)).copied().unwrap_or(0))
    }

    /// The characters of all bytes, by number; right for those below 128.
    pub(crate) fn table(self) -> &'static [u8; 256] {
        match self {
            Self::P037 | Self::P1140 => &P037,
            Self::P500 => &P500,
            Self::P1047 => &P1047,
        }
    }

    /// The byte of a character, if the page has it.
    pub(crate) fn encode(self, character: char) -> Option<u8> {
        let index = usize::try_from(u32::from(character)).ok()?;
        let table = match self {
            Self::P1140 if character == EURO => return Some(EURO_BYTE),
            Self::P1140 if character == CURRENCY_SIGN => return None,
            Self::P037 | Self::P1140 => &FROM_037,
            Self::P500 => &FROM_500,
            Self::P1047 => &FROM_1047,
        };
        table.get(index).copied()
    }
}

#[rustfmt::skip]
const P037: [u8; 256] = [
    0x00, 0x01, 0x02, 0x03, 0x9c, 0x09, 0x86, 0x7f, 0x97, 0x8d, 0x8e, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f,
    0x10, 0x11, 0x12, 0x13, 0x9d, 0x85, 0x08, 0x87, 0x18, 0x19, 0x92, 0x8f, 0x1c, 0x1d, 0x1e, 0x1f,
    0x80, 0x81, 0x82, 0x83, 0x84, 0x0a, 0x17, 0x1b, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x05, 0x06, 0x07,
    0x90, 0x91, 0x16, 0x93, 0x94, 0x95, 0x96, 0x04, 0x98, 0x99, 0x9a, 0x9b, 0x14, 0x15, 0x9e, 0x1a,
    0x20, 0xa0, 0xe2, 0xe4, 0xe0, 0xe1, 0xe3, 0xe5, 0xe7, 0xf1, 0xa2, 0x2e, 0x3c, 0x28, 0x2b, 0x7c,
    0x26, 0xe9, 0xea, 0xeb, 0xe8, 0xed, 0xee, 0xef, 0xec, 0xdf, 0x21, 0x24, 0x2a, 0x29, 0x3b, 0xac,
    0x2d, 0x2f, 0xc2, 0xc4, 0xc0, 0xc1, 0xc3, 0xc5, 0xc7, 0xd1, 0xa6, 0x2c, 0x25, 0x5f, 0x3e, 0x3f,
    0xf8, 0xc9, 0xca, 0xcb, 0xc8, 0xcd, 0xce, 0xcf, 0xcc, 0x60, 0x3a, 0x23, 0x40, 0x27, 0x3d, 0x22,
    0xd8, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0xab, 0xbb, 0xf0, 0xfd, 0xfe, 0xb1,
    0xb0, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f, 0x70, 0x71, 0x72, 0xaa, 0xba, 0xe6, 0xb8, 0xc6, 0xa4,
    0xb5, 0x7e, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0xa1, 0xbf, 0xd0, 0xdd, 0xde, 0xae,
    0x5e, 0xa3, 0xa5, 0xb7, 0xa9, 0xa7, 0xb6, 0xbc, 0xbd, 0xbe, 0x5b, 0x5d, 0xaf, 0xa8, 0xb4, 0xd7,
    0x7b, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0xad, 0xf4, 0xf6, 0xf2, 0xf3, 0xf5,
    0x7d, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0xb9, 0xfb, 0xfc, 0xf9, 0xfa, 0xff,
    0x5c, 0xf7, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0xb2, 0xd4, 0xd6, 0xd2, 0xd3, 0xd5,
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0xb3, 0xdb, 0xdc, 0xd9, 0xda, 0x9f,
];

/// Where CP 500 differs from CP 037.
const P500: [u8; 256] = patched(&[
    (0x4a, 0x5b),
    (0x4f, 0x21),
    (0x5a, 0x5d),
    (0x5f, 0x5e),
    (0xb0, 0xa2),
    (0xba, 0xac),
    (0xbb, 0x7c),
]);

/// Where CP 1047 differs from CP 037.
const P1047: [u8; 256] = patched(&[
    (0x5f, 0x5e),
    (0xad, 0x5b),
    (0xb0, 0xac),
    (0xba, 0xdd),
    (0xbb, 0xa8),
    (0xbd, 0x5d),
]);

const FROM_037: [u8; 256] = inverted(&P037);
const FROM_500: [u8; 256] = inverted(&P500);
const FROM_1047: [u8; 256] = inverted(&P1047);

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "evaluated by the compiler, which refuses an index out of range"
)]
const fn patched(differences: &[(u8, u8)]) -> [u8; 256] {
    let mut table = P037;
    let mut index = 0;
    while index < differences.len() {
        table[differences[index].0 as usize] = differences[index].1;
        index += 1;
    }
    table
}

#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "evaluated by the compiler; the index stays below 256"
)]
const fn inverted(table: &[u8; 256]) -> [u8; 256] {
    let mut inverse = [0; 256];
    let mut index = 0;
    while index < 256 {
        inverse[table[index] as usize] = index as u8;
        index += 1;
    }
    inverse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_maps_every_byte_to_its_own_character_and_back() {
        for page in [Page::P037, Page::P500, Page::P1047, Page::P1140] {
            for byte in 0..=255 {
                assert_eq!(
                    page.encode(page.decode(byte)),
                    Some(byte),
                    "{page:?} {byte:#04x}"
                );
            }
        }
    }

    #[test]
    fn letters_digits_and_brackets_are_where_the_pages_put_them() {
        assert_eq!(Page::P037.decode(0xc1), 'A');
        assert_eq!(Page::P037.decode(0xf9), '9');
        assert_eq!(Page::P037.encode('['), Some(0xba));
        assert_eq!(Page::P500.encode('['), Some(0x4a));
        assert_eq!(Page::P1047.encode('['), Some(0xad));
        assert_eq!(Page::P037.encode('\u{20ac}'), None);
        assert_eq!(Page::P1140.encode('\u{20ac}'), Some(0x9f));
        assert_eq!(Page::P1140.encode('\u{a4}'), None);
    }
}
