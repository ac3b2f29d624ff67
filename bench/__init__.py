"""Measurements of this project's own speed, with correctness asserted inside each of them."""
