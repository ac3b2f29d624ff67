//! Track 2, taken apart.

use crate::mask;
use crate::message::Message;
use crate::value::ClearText;

/// Longest card number.
const PAN_LENGTH_MAX: usize = 19;
const EXPIRY_LENGTH: usize = 4;
const SERVICE_CODE_LENGTH: usize = 3;

/// The parts of track 2: a card number, a separator, expiry, service code, and what the issuer
/// put behind them.
pub struct Track2 {
    pan: ClearText,
    expiry: Option<String>,
    service_code: Option<String>,
    discretionary: ClearText,
}

impl Track2 {
    /// Read a track's text. The separator is `=` or `d`; a separator in place of expiry or
    /// service code says that there is none; `f` may fill the last half-byte.
    fn read(text: &str) -> Option<Self> {
        let is_separator = |character: char| matches!(character, '=' | 'd' | 'D');
        let text = text.trim_end_matches(['f', 'F']);
        let (pan, rest) = text.split_once(is_separator)?;
        if pan.is_empty() || pan.len() > PAN_LENGTH_MAX {
            return None;
        }
        let part = |rest: &mut &str, length: usize| {
            if let Some(after) = rest.strip_prefix(is_separator) {
                *rest = after;
                return None;
            }
            let (found, after) = rest.split_at_checked(length)?;
            *rest = after;
            Some(found.to_owned())
        };
        let mut tail = rest;
        let expiry = part(&mut tail, EXPIRY_LENGTH);
        let service_code = part(&mut tail, SERVICE_CODE_LENGTH);
        let texts = [Some(pan), expiry.as_deref(), service_code.as_deref()];
        let mut characters = texts.iter().flatten().flat_map(|text| text.bytes());
        let all_digits = characters.all(|byte| byte.is_ascii_digit());
        all_digits.then(|| Self {
            pan: pan.into(),
            expiry,
            service_code,
            discretionary: tail.into(),
        })
    }

    /// The card number in the clear.
    pub fn pan(&self) -> &ClearText {
        &self.pan
    }

    /// The card number with its middle starred.
    pub fn pan_masked(&self) -> String {
        mask::masked_pan(&self.pan)
    }

    /// Year and month, four digits; none where the track leaves it out.
    pub fn expiry(&self) -> Option<&str> {
        self.expiry.as_deref()
    }

    /// Three digits; none where the track leaves it out.
    pub fn service_code(&self) -> Option<&str> {
        self.service_code.as_deref()
    }

    /// What the issuer put behind the service code: verification values and the like.
    pub fn discretionary(&self) -> &ClearText {
        &self.discretionary
    }
}

impl Message {
    /// The track 2 at a path, as "35" or "55.57"; none where there is nothing, and an error
    /// where it is no track 2.
    pub fn track2(&self, path: &str) -> Option<Result<Track2, NoTrack>> {
        let text = self.clear_text(path)?;
        Some(Track2::read(&text).ok_or(NoTrack))
    }
}

/// A value is no track 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoTrack;

impl std::fmt::Display for NoTrack {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("expected a card number, a separator and digits, found another text")
    }
}

impl std::error::Error for NoTrack {}

#[cfg(test)]
mod tests {
    use super::Track2;

    type Parts = (String, Option<String>, Option<String>, String);

    fn parts(text: &str) -> Option<Parts> {
        let track = Track2::read(text)?;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let discretionary = track.discretionary().to_string_for_test();
        let (expiry, code) = (owned(track.expiry()), owned(track.service_code()));
        Some((track.pan_masked(), expiry, code, discretionary))
    }

    impl crate::value::ClearText {
        fn to_string_for_test(&self) -> String {
            self.chars().collect()
        }
    }

    #[test]
    fn a_track_is_cut_at_its_separator_and_its_lengths() {
        let read = |text| parts(text).unwrap();
        let text = |text: &str| Some(text.to_owned());
        let masked = "400000******0010".to_owned();
        for track in [
            "4000000000000010=2912201123",
            "4000000000000010d2912201123f",
        ] {
            let wanted = (masked.clone(), text("2912"), text("201"), "123".to_owned());
            assert_eq!(read(track), wanted);
        }
        let wanted = (masked.clone(), None, text("201"), "9".to_owned());
        assert_eq!(read("4000000000000010==2019"), wanted);
        let wanted = (masked.clone(), text("2912"), None, "9".to_owned());
        assert_eq!(read("4000000000000010=2912=9"), wanted);
        assert_eq!(
            read("4000000000000010="),
            (masked, None, None, String::new())
        );
        assert_eq!(read("40000010=2912").0, "********");
    }

    #[test]
    fn what_is_no_track_is_none() {
        for text in [
            "",
            "4000000000000010",
            "=2912201",
            "400000000000001x=2912",
            "4=29x2201",
            "40000000000000000010=2912",
            "4000=\u{663}\u{663}\u{663}",
        ] {
            assert!(parts(text).is_none(), "{text}");
        }
    }
}
