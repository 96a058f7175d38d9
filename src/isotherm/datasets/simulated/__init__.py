"""Station-years made up in NOAA's exact format: the simulated archive and every benchmark's load."""
