"""The statistics of a period, one object each; tables, messages and API fields derive from them."""
