/** A row of a chart in a sentence, for those who hear it. */

import type { Point } from "../api";
import { counted, temperature } from "../format";
import { type Granularity, periodLabel } from "../time";
import { degrees } from "../units";

export function pointText(row: Point, by: Granularity, note = ""): string {
  const parts = [
    `${periodLabel(by, row.start)} UTC`,
    `mean ${temperature(row.mean_c)} ${degrees.value}`,
    `minimum ${temperature(row.min_c)}`,
    `maximum ${temperature(row.max_c)}`,
    counted(row.observation_count, "observation"),
  ];
  if (row.station_count !== undefined) parts.push(counted(row.station_count, "station"));
  return [...parts, ...(note ? [note] : [])].join(", ");
}
