"""Isotherm: the hourly air temperature of the world's weather stations.

The pure core (station, observation, quality, hourly_summary, messages, settings, errors) says what
things mean and imports no engine; the other folders carry it out.
"""

__version__ = "0.1.0"
