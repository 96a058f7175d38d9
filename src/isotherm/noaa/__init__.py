"""NOAA's side: where its files come from and how they are read into the canonical observation.

`archive` finds and downloads station-years (NOAA, a mirror, a directory, or simulated), `global_hourly`
reads one, `stations` reads the station list, `simulated` writes station-years in NOAA's exact format.
"""
