"""A second implementation of the decision, in plain Python, for the SQL to be compared with."""
