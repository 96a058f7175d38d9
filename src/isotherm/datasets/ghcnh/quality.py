"""What GHCNh calls bad, plausible, special.

Its quality codes come from two families of older checks and a newer one, and one digit means other
things in each: 5 is "passed" where the value came from ISD, "removed" where it came from the US Air
Force's database. Source: NOAA, GHCNh documentation v1.1.0, tables 3 and 4.
"""

from string import ascii_lowercase
from typing import Final

from isotherm.quality import ISD_LIMITS_BESIDE, QualityRule, SourceCodes

# The US Air Force's 14th Weather Squadron: 0 not checked, 1 good, 2 suspect, 3 erroneous, 4 calculated.
_AIR_FORCE: Final = SourceCodes(sources=("220", "221", "222", "223", "347", "348"), codes=("5",))

QUALITY: Final = QualityRule(
    # 2, 6 suspect; 3, 7 erroneous. Each small letter names one of the checks after integration that a
    # value failed; capital letters are notes of a value that was accepted or mended.
    bad_codes=("2", "3", "6", "7", *ascii_lowercase),
    bad_codes_of_sources=(_AIR_FORCE,),
    # GHCNh states no limits; those of global-hourly's format lie beyond the world's records.
    min_plausible_tenths=-932,
    max_plausible_tenths=618,
    limits_beside=ISD_LIMITS_BESIDE,
    summary_report_types=("SOD", "SOM"),
    special_report_types=("FM16", "SAOSP"),
    aviation_report_types=("FM15", "SAO", "SYMT", "SYSA", "SAAU", "SSA", "AERO"),
)
