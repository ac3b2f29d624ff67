//! Clear card data: wiped when dropped, printed as asterisks.

use std::fmt;

use zeroize::Zeroizing;

/// Text that must not be shown. `Debug` prints asterisks whatever the length; dropping it wipes
/// the memory it owned. There is no `Display` and no `Clone`, so that a copy is always visible.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Take ownership of `text`: no copy stays behind.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The clear text. Whoever calls this keeps it inside the crate that called.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn debug_shows_neither_the_text_nor_its_length() {
        let short = format!("{:?}", Secret::new("4567".to_owned()));
        let long = format!("{:?}", Secret::new("4567890123456783".to_owned()));
        assert_eq!(short, long);
        assert!(!long.contains("4567"));
    }

    #[test]
    fn the_text_is_kept_as_it_was() {
        assert_eq!(
            Secret::new("4567890123456783".to_owned()).expose(),
            "4567890123456783"
        );
    }
}
