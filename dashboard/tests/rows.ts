import type { Point } from "../src/api";

/** A row of the API for tests; only what the test is about needs saying. */
export function point(start: number, values: Partial<Point> = {}): Point {
  return {
    start,
    station_id: "72530094846",
    hour_start: `${new Date(start).toISOString().slice(0, 19)}Z`,
    observation_count: 1,
    min_c: 1,
    mean_c: 2,
    max_c: 3,
    layer: "batch",
    rule: "routine",
    dataset: "global-hourly",
    ...values,
  };
}
