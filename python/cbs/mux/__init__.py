"""Many exchanges over one link: which reply answers which request, and the state of the link."""
