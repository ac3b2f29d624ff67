//! Mistakes in a profile: each is refused with the key that is wrong.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use cbs_iso8583::Spec;
use cbs_network::Profile;

const VISA_LIKE: &str = include_str!("../../../python/cbs/profiles/visa_like.toml");

/// What stands in the packaged profile, what replaces it, and how the error starts.
const MISTAKES: &str = r#"
deadline_ms = 4000 -> deadline_ms = 0 -> link.deadline_ms: expected an integer from 50 to
deadline_ms = 4000 -> deadline_ms = 4.5 -> link.deadline_ms: expected an integer from 50 to
deadline_ms = 4000 -> deadline_s = 4 -> link.deadline_ms: missing
[link] -> [link]\nspeed = 1 -> link.speed: unknown key
on_deadline = "decline" -> on_deadline = " -> not TOML:
on_deadline = "decline" -> on_deadline = "wait" -> link.on_deadline: expected one of: decline
require_sign_on = false -> require_sign_on = "no" -> link.require_sign_on: expected true or false
sign_on_code = "001" -> sign_on_code = "1" -> link.sign_on_code: expected 3 letters or digits
echo_codes = ["301"] -> echo_codes = [] -> link.echo_codes: expected at least one
echo_codes = ["301"] -> echo_codes = "301" -> link.echo_codes: expected a list
echo_codes = ["301"] -> echo_codes = [301] -> link.echo_codes[0]: expected a text
stan = "11" -> stan = "eleven" -> fields.stan: expected a path
stan = "11" -> stan = "11[4-1]" -> fields.stan: expected a path
stan = "11" ->  -> fields.stan: missing
stan = "11" -> stan = "11"\npan = "2" -> fields.pan: unknown key
0400 = [ -> 0401 = [ -> mandatory.0401: expected a message type whose last digit is 0
0400 = ["2|35" -> 0400 = ["2|" -> mandatory.0400: expected a path
decide = [ -> decide = ["01", -> message_types.decide: expected a message type
refused_classes = ["01" -> refused_classes = ["1" -> message_types.refused_classes: expected
refused_response_code = "12" -> refused_response_code = "" -> message_types.refused_response
"51", "62", "63" -> "51", "35", "63" -> echo[0].fields: expected no 35
"51", "62", "63" -> "51", "DE62", "63" -> echo[0].fields: expected the number
replies = ["other"] -> replies = ["0910"] -> echo: expected one list
replies = ["other"] -> replies = ["rest"] -> echo[3].replies: expected a message type
95 = "chip" -> 9 = "chip" -> entry.modes.9: expected two digits
95 = "chip" -> 95 = "chips" -> entry.modes.95: expected one of: unknown, chip
{ path = "52" } -> { paths = "52" } -> marks.pin_present[0].path: missing
{ path = "52" } -> "52" -> marks.pin_present[0]: expected a table
[network_management_fields] -> [network_management_fields]\n1 = "0" -> network_management_fields.1
network = "visa_like" ->  -> network: missing
[card] -> [cards] -> card: missing
"#;

/// Mistakes that only the wire specification shows.
const MISMATCHES: &str = r#"
lifecycle_id = "62.2" -> lifecycle_id = "62.99" -> fields.lifecycle_id: expected a path of the wire
0400 = ["2|35" -> 0400 = ["2|192" -> mandatory.0400: expected a path of the wire specification
{ path = "52" } -> { path = "52.1" } -> marks.pin_present[0].path: expected a path of the wire
condition = "25" -> condition = "25.7" -> entry.condition: expected a path of the wire
number = "2" -> number = "192" -> card.number: expected a path of the wire specification
fields = ["7" -> fields = ["192" -> echo: expected no 192
sign_on_code = "001" -> sign_on_code = "ABC" -> network_management_fields: expected what an 0800
"#;

#[test]
fn every_mistake_is_refused_with_its_key() {
    for (text, expected) in cases(MISTAKES) {
        let error = Profile::parse(&text, "changed").unwrap_err().to_string();
        assert!(error.starts_with(expected), "{expected}: {error}");
    }
}

#[test]
fn a_profile_that_does_not_fit_its_specification_is_refused_with_its_key() {
    let specification = include_str!("../../../python/cbs/specs/visa_like.toml");
    let spec = Spec::parse(specification, "visa_like").unwrap();
    Profile::parse(VISA_LIKE, "visa_like")
        .unwrap()
        .check(&spec)
        .unwrap();
    for (text, expected) in cases(MISMATCHES) {
        let profile = Profile::parse(&text, "changed").unwrap();
        let error = profile.check(&spec).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{expected}: {error}");
    }
}

/// The changed profile of each line, and how its error starts.
fn cases(lines: &'static str) -> impl Iterator<Item = (String, &'static str)> {
    lines.lines().filter(|line| !line.is_empty()).map(|line| {
        let (find, rest) = line.split_once(" -> ").unwrap();
        let (replacement, expected) = rest.split_once(" -> ").unwrap();
        assert!(VISA_LIKE.contains(find), "{find}");
        let replacement = replacement.replace("\\n", "\n");
        (VISA_LIKE.replacen(find, &replacement, 1), expected)
    })
}
