"""What global-hourly calls bad, plausible, special.

Source: NOAA, Federal Climate Complex Data Documentation for Integrated Surface Data, 2018-01-12 (TMP,
quality codes and report types).
"""

from typing import Final

from isotherm.quality import ISD_LIMITS_BESIDE, QualityRule

QUALITY: Final = QualityRule(
    bad_codes=("2", "3", "6", "7"),  # 2, 6 suspect; 3, 7 erroneous (of the two families of checks)
    # The format's own limits of TMP.
    min_plausible_tenths=-932,
    max_plausible_tenths=618,
    limits_beside=ISD_LIMITS_BESIDE,
    summary_report_types=("SOD", "SOM"),
    special_report_types=("FM-16", "SAOSP"),
    aviation_report_types=("FM-15", "SAO", "SY-MT", "SY-SA", "SA-AU", "S-S-A", "AERO"),
)
