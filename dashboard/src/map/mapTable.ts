/** The order of the table beside the map. */

import type { MapPoint } from "./mapData";
import type { Column, Sorting } from "./mapState";
import { distanceKm, type Place } from "./places";

export interface TableRow extends MapPoint {
  /** Null where nobody said from where. */
  distance_km: number | null;
}

/** Names compare as people sort them; made once, because each use makes one else. */
const NAMES = new Intl.Collator("en");

export function rowsOf(points: readonly MapPoint[], near: Place | null): TableRow[] {
  return points.map((point) => ({ ...point, distance_km: near && distanceKm(near, point) }));
}

function keyOf(row: TableRow, column: Exclude<Column, "name">): number | null {
  if (column === "complete") return row.completeness ?? row.observations;
  return column === "distance" ? row.distance_km : row[`${column}_c`];
}

/** Sorted; what has no value comes last either way, and equal ones go by name. */
export function sorted(rows: readonly TableRow[], { column, isDescending }: Sorting): TableRow[] {
  const direction = isDescending ? -1 : 1;
  const byName = (one: TableRow, other: TableRow): number => NAMES.compare(one.name, other.name);
  if (column === "name") return [...rows].sort((one, other) => direction * byName(one, other));
  return [...rows].sort((one, other) => {
    const [left, right] = [keyOf(one, column), keyOf(other, column)];
    if (left === null || right === null) return Number(left === null) - Number(right === null) || byName(one, other);
    return direction * (left - right) || byName(one, other);
  });
}
