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

/** Whole numbers below a limit, the same ones every time (a linear congruence). */
export function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
