import { describe, expect, it } from "vitest";
import { isolatedPositions, nearestRow, notSelected, overviewOf, reasonsText, rejected, stepRow, toColumns } from "../src/chart/series";
import { HOUR_MS } from "../src/time";
import { point } from "./rows";

const NOON = Date.UTC(2014, 0, 1, 12);

describe("columns of a chart", () => {
  it("hold one empty position where hours are missing, so that no line crosses the gap", () => {
    const columns = toColumns([point(NOON), point(NOON + 5 * HOUR_MS)], "hour");
    expect(columns.seconds).toEqual([NOON, NOON + HOUR_MS, NOON + 5 * HOUR_MS].map((ms) => ms / 1000));
    expect(columns.mean).toEqual([2, null, 2]);
  });

  it("hold no empty position between neighbours, months of any length included", () => {
    const months = [0, 1, 2].map((month) => point(Date.UTC(2024, month, 1)));
    expect(toColumns(months, "month").mean).toEqual([2, 2, 2]);
  });

  it("keep 0 °C as a value", () => {
    const columns = toColumns([point(NOON, { min_c: 0, mean_c: 0, max_c: 0 })], "hour");
    expect([columns.min, columns.mean, columns.max]).toEqual([[0], [0], [0]]);
  });

  it("know which positions stand alone and need a point", () => {
    expect(isolatedPositions([1, null, 2, 3, null, 4], 0, 5)).toEqual([0, 5]);
    expect(isolatedPositions([1, 2], 0, 1)).toEqual([]);
  });
});

describe("the cursor", () => {
  const columns = toColumns([point(NOON), point(NOON + HOUR_MS), point(NOON + 9 * HOUR_MS)], "hour");

  it("reads the nearest row where it stands over a gap", () => {
    expect(columns.rows.map((row) => row !== null)).toEqual([true, true, false, true]);
    expect([0, 1, 2, 3].map((at) => nearestRow(columns, at))).toEqual([0, 1, 1, 3]);
    expect(nearestRow(toColumns([], "hour"), 0)).toBeNull();
  });

  it("steps over gaps and stops at the ends", () => {
    expect(stepRow(columns, 1, 1)).toBe(3);
    expect(stepRow(columns, 3, 1)).toBe(3);
    expect(stepRow(columns, 3, -10)).toBe(0);
    expect([stepRow(columns, null, 1), stepRow(columns, null, -1)]).toEqual([0, 3]);
    expect(stepRow(toColumns([], "hour"), null, 1)).toBeNull();
  });
});

describe("the overview of a series", () => {
  const rows = [
    point(NOON, { observation_count: 3, min_c: -1, mean_c: 0, max_c: 5 }),
    point(NOON + HOUR_MS, { observation_count: 1, min_c: -4, mean_c: 8, max_c: 9 }),
  ];

  it("weighs by observations for one station, and equally for the mean over stations", () => {
    expect(overviewOf(rows, true).mean_c).toBe(2);
    expect(overviewOf(rows, false).mean_c).toBe(4);
  });

  it("names the extremes with their periods", () => {
    const { lowest, highest, observations } = overviewOf(rows, true);
    expect([lowest?.start, highest?.start, observations]).toEqual([NOON + HOUR_MS, NOON + HOUR_MS, 4]);
  });

  it("is empty, not zero, without rows", () => {
    expect(overviewOf([], true)).toMatchObject({ lowest: null, highest: null, mean_c: null, rows: 0 });
  });
});

describe("observations that do not count", () => {
  it("are told apart: not selected, and rejected", () => {
    const row = point(NOON, { special_count: 2, missing_count: 1, bad_quality_count: 4 });
    expect([notSelected(row), rejected(row)]).toEqual([3, 4]);
    expect(reasonsText(row)).toBe("missing 1, special 2, bad quality 4");
  });
});
