"""Load tests: a card network for Locust, and a short lunch hour against a host of its own."""
