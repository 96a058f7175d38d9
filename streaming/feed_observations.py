"""The feeder: plays observations of the past to the bridge, in time order, at a chosen pace.

Ends with 0 when everything is fed and acknowledged. Started again with the same feed id it resumes.
"""

import sys

from isotherm.stream.feeder_program import main

if __name__ == "__main__":
    sys.exit(main())
