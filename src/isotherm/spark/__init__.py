"""Spark: one summarise function for batch and stream, the reader of raw files, the batch work."""
