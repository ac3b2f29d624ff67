//! Whether a path can exist at all: for configuration that names paths.

use super::{Definition, Layout, Spec};

impl Spec {
    /// Whether a message of this dialect can have something at a path such as "4" or "62.2".
    /// Tags that no specification knows may turn up wherever tags are, so any of them can.
    pub fn defines(&self, path: &str) -> bool {
        let mut keys = path.split('.');
        let number = keys.next().and_then(|key| key.parse().ok());
        let element = number.and_then(|number| self.element(number));
        element.is_some_and(|(_, definition)| self.defines_inside(definition, keys))
    }

    fn defines_inside<'a, Keys>(&self, definition: &Definition, mut keys: Keys) -> bool
    where
        Keys: Iterator<Item = &'a str> + Clone,
    {
        let choices = definition.choices.iter();
        let mut chosen = choices.filter_map(|choice| self.definition(choice.definition));
        if chosen.any(|chosen| self.defines_inside(chosen, keys.clone())) {
            return true;
        }
        let Some(key) = keys.next() else {
            return true;
        };
        let part_is = |id: &u16| {
            let part = self.definition(*id);
            part.is_some_and(|part| *part.key == *key && self.defines_inside(part, keys.clone()))
        };
        let layouts = definition.layouts.iter();
        layouts
            .map(|alternative| &alternative.layout)
            .any(|layout| match layout {
                Layout::Positional { parts, .. } => parts.iter().any(part_is),
                Layout::Bitmapped(bitmapped) => bitmapped.parts.iter().any(part_is),
                Layout::Datasets { .. } | Layout::Tlv { .. } | Layout::Tagged(_) => true,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::Spec;

    #[test]
    fn elements_and_their_parts_are_defined_and_others_are_not() {
        let text = include_str!("../../../../python/cbs/specs/visa_like.toml");
        let spec = Spec::parse(text, "visa_like").unwrap();
        for path in ["2", "4", "62.2", "63.3", "60.10", "55.9F26", "126.10"] {
            assert!(spec.defines(path), "{path}");
        }
        for path in ["", "0", "1", "193", "4.1", "62.99", "62.2.1", "x", "4x"] {
            assert!(!spec.defines(path), "{path}");
        }
    }
}
