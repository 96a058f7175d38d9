"""Back-up and restore of what cannot be fetched or computed again: MySQL and the models."""
