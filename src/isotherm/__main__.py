"""`python -m isotherm`: the command line."""

from isotherm.cli import main

main()
