"""The days after tomorrow: what the forecast of 27 to 96 hours is worth."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from forecasting.stations import Scored
from isotherm.forecast.backtest import backtest
from isotherm.forecast.baselines import CLIMATOLOGY, DAMPED14, YESTERDAY
from isotherm.forecast.scores import coverage_pct, score
from isotherm.forecast.targets import FAR_LEADS_H

_SHOWN_LEADS_H: Final = (27, 36, 48, 60, 72, 84, 96)
_PRODUCT: Final = "product"


def print_far_leads(stations: Sequence[Scored]) -> None:
    """Score them on the same pairs as their baselines and print a line per station."""
    heads = " | ".join(f"h{lead}" for lead in _SHOWN_LEADS_H)
    print(
        f"\n| far leads, skill % | pairs | yesterday | climatology | damped14 | product | skill "
        f"| {heads} | 80 % covers: all, least and most of a lead |\n|"
        + "---|"
        * (8 + len(_SHOWN_LEADS_H))
    )
    for one in stations:
        print(_line(one), flush=True)


def _line(one: Scored) -> str:
    result = backtest(
        one.hours, one.candidates, FAR_LEADS_H, first_hour=one.first_hour, end_hour=one.end_hour
    )
    named = {name: result.others_c[name] for name in (YESTERDAY, CLIMATOLOGY, DAMPED14)}
    named[_PRODUCT] = result.forecast_c
    there = np.all([~np.isnan(values) for values in named.values()], axis=0)
    common = np.where(there, result.observed_c, np.nan)
    scores = {name: score(values, common) for name, values in named.items()}
    by_lead = []
    for lead in _SHOWN_LEADS_H:
        place = FAR_LEADS_H.index(lead)
        yesterday = score(named[YESTERDAY][:, place], common[:, place])
        by_lead.append(score(result.forecast_c[:, place], common[:, place]).skill_pct(yesterday))
    low, high = (result.forecast_c + sign * result.half_width_c for sign in (-1, 1))
    covers = [
        coverage_pct(low[:, place], high[:, place], common[:, place])
        for place in range(len(FAR_LEADS_H))
    ]
    maes = " | ".join(f"{scores[name].mae_c:.2f}" for name in named)
    skills = " | ".join(f"{value:.1f}" for value in by_lead)
    whole = scores[_PRODUCT].skill_pct(scores[YESTERDAY])
    return (
        f"| {one.label} ({result.choice.variant.label}) | {scores[_PRODUCT].pair_count} | {maes} "
        f"| {whole:.1f} | {skills} | {coverage_pct(low, high, common):.1f}, "
        f"{min(covers):.1f}, {max(covers):.1f} |"
    )
