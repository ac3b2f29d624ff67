"""`make loadtest` has a host of its own, whatever the developer has set."""

from __future__ import annotations

from loadtest.__main__ import clean_environment


def test_the_host_of_a_load_test_gets_no_setting_of_the_developer() -> None:
    environment = {
        "CBS_DATABASE_URL": "postgresql://owner@production/cbs",
        "CBS_CONNECT": "network.example:9000",
        "PGHOST": "production",
        "CBS_LOADTEST_RATE": "3",
        "PATH": "/usr/bin",
    }
    assert clean_environment(environment) == {"CBS_LOADTEST_RATE": "3", "PATH": "/usr/bin"}
