/** A row of a chart in a sentence, for those who hear it. */

import type { Point } from "../api";
import type { Usual } from "../climate";
import { counted, difference, percent, temperature } from "../format";
import { zonedLabel } from "../dates";
import { chartText as t } from "../locale/chart";
import { type Granularity } from "../time";
import { degrees } from "../units";

export function pointText(row: Point, by: Granularity, note = ""): string {
  const parts = [
    zonedLabel(by, row.start),
    t.mean(`${temperature(row.mean_c)} ${degrees.value}`),
    t.minimum(temperature(row.min_c)),
    t.maximum(temperature(row.max_c)),
    counted(row.observation_count, "observation"),
  ];
  if (row.station_count !== undefined) parts.push(counted(row.station_count, "station"));
  return [...parts, ...(note ? [note] : [])].join(", ");
}

/** Why a row may be that of a part of its period only; empty of one that is complete enough, and of hours. */
export function weakText(row: Pick<Point, "grade" | "completeness" | "station_count">, by: Granularity = "month"): string {
  if (row.grade !== "weak") return "";
  const share = percent(row.completeness ?? 0);
  if (by !== "day") return t.weak(share);
  return row.station_count === undefined ? t.weakDay : t.weakDayOfAll(share);
}

/** "usual 22.1 °C (17.0 to 27.3), 1.2 cooler" */
export function usualText(usual: Usual, mean_c: number | null): string {
  const text = t.usual(`${temperature(usual.mean_c)} ${degrees.value}`, temperature(usual.low_c), temperature(usual.high_c));
  const apart = mean_c === null ? 0 : mean_c - usual.mean_c;
  const by = difference(Math.abs(apart));
  return Math.abs(apart) < 0.05 ? text : `${text}, ${apart < 0 ? t.cooler(by) : t.warmer(by)}`;
}
