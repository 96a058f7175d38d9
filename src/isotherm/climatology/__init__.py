"""The climate of a place, pure: everything is merged from its months, see `months`."""
