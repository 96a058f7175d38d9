"""The local servers of `./isotherm up`: their tools, settings, start, watch and stop."""
