"""Where files come from: NOAA, a mirror, a directory or a simulation; asked politely, checked.

`archives` opens the one the settings name; `station_year` is what archives and callers hand to each
other. What a file is called and how it reads is the dataset's affair (`isotherm.datasets`).
"""
