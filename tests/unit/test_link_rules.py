"""The `[link]` table with types, from the packaged profile."""

from __future__ import annotations

from dataclasses import fields

from cbs.link.rules import LinkRules
from cbs.network import Profile


def test_the_packaged_profile_gives_the_rules_that_its_file_says(visa_profile: Profile) -> None:
    rules = LinkRules.from_table(visa_profile.link)
    assert rules == LinkRules(in_flight_max=rules.in_flight_max)
    assert rules.in_flight_max > 1


def test_every_key_of_the_table_is_a_rule(visa_profile: Profile) -> None:
    names = {field.name for field in fields(LinkRules)}
    assert set(visa_profile.link) - {"on_deadline"} <= names


def test_silence_and_no_framing_are_read() -> None:
    table = {
        "framing": None,
        "header": None,
        "on_deadline": "silence",
        "echo_codes": ["270", "301"],
    }
    rules = LinkRules.from_table(table)
    assert rules.framing == "none"
    assert not rules.declines_late_requests
    assert rules.echo_codes == ("270", "301")
