"""The datasets, one object each: layout, reader, quality rule, station list, delay, priority, licence.

`dataset` says what a dataset is, `registry` lists them, `observations` makes a file's observations for
both layers. `simulated` writes station-years in NOAA's exact formats.
"""
