"""Replays days through the speed layer's own code beside production, and holds them against it.

`place` is the lane it works in, made and removed with each run; `choice` says which files are
replayed, `files` brings those that the batch layer read, `drift` compares, `run` puts them together.
"""
