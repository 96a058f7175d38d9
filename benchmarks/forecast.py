"""How good is the forecast of the next 24 hours, beside its baselines, scikit-learn and LightGBM?

    ./isotherm bench forecast [--archive DIR --station ID --year Y]... [--series FILE...]
        [--years-before N] [--scored-year Y] [--lightgbm stations|all|none] [--far-leads]

A station-year of an archive laid out as NOAA's is scored from September to December, or whole where
years before it are asked for (`--years-before N`); an hourly series (CSV: utc_hour, t_tenths, named
after its station) for a year, trained on all before, with the other series as neighbours. Without
options those of the real files for tests are taken. Every hour with a temperature is an origin, fitted
anew every week on what lay before. All are scored on the same pairs, leads 1 to 24.

Peers in the same run, on the same features: scikit-learn's StandardScaler and Ridge, whose forecasts
must be ours to 1e-6 degrees; LightGBM, of the station-years every 6 weeks at all leads, of series
(`all`) every 13 weeks at six leads on 20 000 rows. With it the product's own trees, one
booster of all leads grown every seven weeks, alone and as the mean with the ridge that a station may
have. `--far-leads` scores 27 to 96 hours too. Of series, the speed of a training then.
"""

# ruff: noqa: E402 - the number of threads has to be said before numpy is there

import argparse
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
    os.environ.setdefault(_name, "2")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np

from forecasting.far import print_far_leads
from forecasting.models import grow_s, lightgbm_forecast, sklearn_difference
from forecasting.packages import ensure_peers
from forecasting.speed import print_speeds
from forecasting.stations import Scored, series_stations, station_years
from isotherm.forecast.backtest import OWN, Backtest, backtest, roll
from isotherm.forecast.baselines import BASELINES, DAMPED, DAMPED14, YESTERDAY
from isotherm.forecast.hours import DAY, Floats
from isotherm.forecast.interval import WINDOW_DAYS
from isotherm.forecast.model import Method
from isotherm.forecast.scores import Score, coverage_pct, score
from isotherm.forecast.targets import NEAR_LEADS_H
from real_files import real_archive

_REAL_YEARS: Final = (("72530094846", 2014), ("01001099999", 2024))
_SHOWN_LEADS_H: Final = (1, 3, 6, 12, 18, 24)
_PRODUCT: Final = "product"


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured of one station."""

    label: str
    is_series: bool
    scores: dict[str, Score]
    by_lead: dict[int, float]
    coverage_pct: float
    to_lightgbm_pct: float
    sklearn_c: float

    def skill(self, name: str = _PRODUCT) -> float:
        """Against the same hour yesterday, in percent."""
        return self.scores[name].skill_pct(self.scores[YESTERDAY])


def main() -> None:
    """Score all, then measure the speed."""
    asked = _arguments()
    ensure_peers()
    years, series = _stations(asked)
    rows = []
    print(
        "| station | pairs | of them by the model | yesterday | climatology | damped | damped14 | own "
        "| product | RMSE | bias | skill own % | skill % | 80 % covers | width | to scikit-learn C "
        "| LightGBM a lead | ours to it % | mean of both % | trees of all leads % "
        "| mean of both %, 80 % covers | CPU s, once grown | CPU s |\n|" + "---|" * 23
    )
    for one in (*years, *series):
        began = time.process_time()
        result = backtest(
            one.hours,
            one.candidates,
            NEAR_LEADS_H,
            first_hour=one.first_hour,
            end_hour=one.end_hour,
        )
        cpu_s = time.process_time() - began
        has_lightgbm = asked.lightgbm == "all" or (asked.lightgbm == "stations" and not one.is_series)
        rows.append(_row(one, result, cpu_s, has_lightgbm=has_lightgbm))
    _print_leads(rows)
    _print_goals(rows)
    if asked.far_leads:
        print_far_leads([*years, *series])
    if series:
        print_speeds([(one.hours, one.candidates) for one in series[:5]])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./isotherm bench forecast")
    parser.add_argument("--archive", type=Path, help="laid out as NOAA's; default: the real files")
    parser.add_argument("--station", action="append", default=[], help="with --year, as often")
    parser.add_argument("--year", action="append", type=int, default=[])
    parser.add_argument("--years-before", type=int, default=0, help="to train on; default: 0")
    parser.add_argument("--series", nargs="+", type=Path, default=[])
    parser.add_argument("--scored-year", type=int, help="of series; default: their last whole year")
    parser.add_argument("--lightgbm", choices=("stations", "all", "none"), default="stations")
    parser.add_argument("--far-leads", action="store_true", help="27 to 96 hours as well")
    asked = parser.parse_args()
    if len(asked.station) != len(asked.year):
        parser.error("as many --station as --year, please")
    return asked


def _stations(asked: argparse.Namespace) -> tuple[list[Scored], list[Scored]]:
    root = asked.archive or real_archive()
    wanted, files = list(zip(asked.station, asked.year, strict=True)), asked.series
    if not wanted and not files:
        if root is None:
            raise SystemExit("NOAA's real files are not here: name --archive, --station and --year.")
        wanted, files = list(_REAL_YEARS), sorted((root / "series").glob("*.csv.gz"))
    if wanted and root is None:
        raise SystemExit("Name the --archive the station-years lie in.")
    years = station_years(root, wanted, years_before=asked.years_before) if root else []
    return years, series_stations(files, root, asked.scored_year)


def _row(one: Scored, result: Backtest, cpu_s: float, *, has_lightgbm: bool) -> Row:
    """Score a station and print its line."""
    named = {_PRODUCT: result.forecast_c, **result.others_c}
    common = np.where(_all_there([result.observed_c, *named.values()]), result.observed_c, np.nan)
    scores = {name: score(values, common) for name, values in named.items()}
    half = result.half_width_c
    low, high = result.forecast_c - half, result.forecast_c + half
    difference_c, _, _ = sklearn_difference(result)
    is_model = (result.method >= Method.OWN)[~np.isnan(common)].mean()
    to_it_pct, lightgbm_text = np.nan, "| | | | | | "
    if has_lightgbm:
        to_it_pct, lightgbm_text = _beside_lightgbm(result, common, is_series=one.is_series)
        lightgbm_text += _with_trees(one, result, common)
    row = Row(
        one.label,
        one.is_series,
        scores,
        {lead: _skill_at(result, common, lead) for lead in _SHOWN_LEADS_H},
        coverage_pct(low, high, common),
        to_it_pct,
        difference_c,
    )
    own = scores[_PRODUCT]
    maes = " | ".join(f"{scores[name].mae_c:.2f}" for name in (*BASELINES, OWN, _PRODUCT))
    print(
        f"| {one.label} ({result.choice.variant.label}) | {own.pair_count} | {is_model:.1%} | {maes} "
        f"| {own.rmse_c:.2f} | {own.bias_c:+.2f} | {row.skill(OWN):.1f} | {row.skill():.1f} "
        f"| {row.coverage_pct:.1f} | {np.nanmean(2 * half):.1f} | {difference_c:.0e} {lightgbm_text}"
        f"| {cpu_s:.1f} |",
        flush=True,
    )
    return row


def _beside_lightgbm(result: Backtest, common: Floats, *, is_series: bool) -> tuple[float, str]:
    """By how many percent our MAE is larger, and the cells of the table: its MAE, that, the blend's."""
    its = lightgbm_forecast(result, is_series=is_series)
    both = np.where(np.isnan(its), np.nan, common)
    peer, ours = score(its, both), score(result.forecast_c, both)
    blend = score((its + result.forecast_c) / 2, both)
    yesterday = score(result.others_c[YESTERDAY], both)
    to_it_pct = 100 * (ours.mae_c / peer.mae_c - 1)
    skills = f"{peer.mae_c:.2f} ({peer.skill_pct(yesterday):.1f} %)"
    return to_it_pct, f"| {skills} | {to_it_pct:+.1f} | {blend.skill_pct(yesterday):.1f} % "


def _with_trees(one: Scored, ridge: Backtest, common: Floats) -> str:
    """The cells of the product's trees: alone, the mean with the ridge, its interval, their cost."""
    choice = replace(ridge.choice, variant=replace(ridge.choice.variant, uses_trees=True))
    begin = one.first_hour - (WINDOW_DAYS + 1) * DAY - NEAR_LEADS_H[-1]
    hours = (begin, one.first_hour, one.end_hour)
    rolled = roll(one.hours, choice, (ridge.columns, ridge.origins), NEAR_LEADS_H, hours=hours)
    blend = rolled.backtest
    both = np.where(blend.method == Method.BLEND, common, np.nan)
    yesterday = score(ridge.others_c[YESTERDAY], both)
    alone = score(2 * blend.forecast_c - ridge.forecast_c, both).skill_pct(yesterday)
    mean = score(blend.forecast_c, common).skill_pct(score(ridge.others_c[YESTERDAY], common))
    half = blend.half_width_c
    covers = coverage_pct(blend.forecast_c - half, blend.forecast_c + half, common)
    return f"| {alone:.1f} | {mean:.1f}, {covers:.1f} | {grow_s(blend):.1f} "


def _all_there(arrays: Sequence[Floats]) -> Floats:
    return np.all([~np.isnan(one) for one in arrays], axis=0)


def _skill_at(result: Backtest, common: Floats, lead_h: int) -> float:
    place = lead_h - 1
    observed = common[:, place]
    yesterday = score(result.others_c[YESTERDAY][:, place], observed)
    return score(result.forecast_c[:, place], observed).skill_pct(yesterday)


def _print_leads(rows: Sequence[Row]) -> None:
    heads = " | ".join(f"h{lead}" for lead in _SHOWN_LEADS_H)
    print(f"\n| skill by lead, % | {heads} |\n|" + "---|" * (len(_SHOWN_LEADS_H) + 1))
    for row in rows:
        print(f"| {row.label} | " + " | ".join(f"{one:.1f}" for one in row.by_lead.values()) + " |")


def _print_goals(rows: Sequence[Row]) -> None:
    """What the product promises of its forecast, and whether it holds here."""
    series = [row for row in rows if row.is_series]
    compared = [row.to_lightgbm_pct for row in rows if not np.isnan(row.to_lightgbm_pct)]
    coverages = [row.coverage_pct for row in rows]
    goals = [
        ("80 % interval covers 78 to 82 % at every station", min(coverages), max(coverages),
         all(78 <= one <= 82 for one in coverages)),
        ("farthest from scikit-learn, at most 1e-6 C", *(2 * [max(row.sklearn_c for row in rows)]),
         all(row.sklearn_c <= 1e-6 for row in rows)),
    ]  # fmt: skip
    if compared:
        worst = max(compared)
        goals.append(("MAE over LightGBM's, at most 3 %", min(compared), worst, worst <= 3))
    for row in rows:
        if not row.is_series:
            better = min((row.scores[DAMPED].mae_c, row.scores[DAMPED14].mae_c))
            gain = 100 * (1 - row.scores[_PRODUCT].mae_c / better)
            goals.append((f"{row.label}: % better than the better damped line", gain, gain, gain >= 0))
    if series:
        skills = [row.skill() for row in series]
        gains = [row.skill() - row.skill(OWN) for row in series]
        mean = float(np.mean(skills))
        goals.append(("series: mean skill at least 35 %", mean, mean, mean >= 35))
        lowest = min(gains)
        goals.append(
            ("series: points that neighbours bring, at least -0.5", lowest, max(gains), lowest >= -0.5)
        )
    print("\n| goal | least | most | holds |\n|---|---|---|---|")
    for label, least, most, holds in goals:
        print(f"| {label} | {least:.3g} | {most:.3g} | {'yes' if holds else 'NO'} |")


if __name__ == "__main__":
    main()
