/** A row of a chart in a sentence, for those who hear it. */

import type { Point } from "../api";
import { celsius, counted } from "../format";
import { type Granularity, periodLabel } from "../time";

export function pointText(row: Point, by: Granularity, note = ""): string {
  const parts = [
    `${periodLabel(by, row.start)} UTC`,
    `mean ${celsius(row.mean_c)} °C`,
    `minimum ${celsius(row.min_c)}`,
    `maximum ${celsius(row.max_c)}`,
    counted(row.observation_count, "observation"),
  ];
  if (row.station_count !== undefined) parts.push(counted(row.station_count, "station"));
  return [...parts, ...(note ? [note] : [])].join(", ");
}
