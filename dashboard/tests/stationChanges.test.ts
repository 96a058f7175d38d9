import { describe, expect, it } from "vitest";
import { toColumns } from "../src/chart/series";
import {
  changeAt,
  changeMarks,
  changesOf,
  changesText,
  isOtherStations,
  stationChanges,
} from "../src/chart/stationChanges";
import { DAY_MS, HOUR_MS } from "../src/time";
import { generator, point } from "./rows";

const DAY = Date.UTC(2014, 0, 1);
const runs = (...parts: [count: number, length: number][]): number[] =>
  parts.flatMap(([count, length]) => Array.from({ length }, () => count));

describe("a change of the stations behind a series", () => {
  it("is a day or a few between neighbours that agree", () => {
    expect(changesOf(runs([12, 20], [100, 1], [12, 20]))).toEqual([{ from: 20, to: 21, before: 12, after: 100 }]);
    expect(changesOf(runs([12, 20], [100, 5], [12, 20]))).toEqual([{ from: 20, to: 25, before: 12, after: 100 }]);
    expect(changesOf([12, 100, 12])).toEqual([{ from: 1, to: 2, before: 12, after: 100 }]);
  });

  it("is one mark at the step where it lasts, also at the newest end, where nobody knows yet", () => {
    expect(changesOf(runs([12, 20], [100, 20]))).toEqual([{ from: 20, to: 20, before: 12, after: 100 }]);
    expect(changesOf(runs([12, 20], [100, 1]))).toEqual([{ from: 20, to: 20, before: 12, after: 100 }]);
    expect(changesOf(runs([12, 4], [100, 4]))).toEqual([{ from: 4, to: 4, before: 12, after: 100 }]);
    expect(changesOf([12, 100])).toEqual([{ from: 1, to: 1, before: 12, after: 100 }]);
  });

  it("is found twice within a fortnight", () => {
    expect(changesOf(runs([12, 20], [100, 1], [12, 1], [100, 1], [12, 20])).map(({ from }) => from)).toEqual([20, 22]);
  });

  it("is none where a station misses a day now and then", () => {
    expect(changesOf(runs([2, 20], [1, 20]))).toEqual([{ from: 20, to: 20, before: 2, after: 1 }]); // unlike one of two
    expect(changesOf([12, 12, 11, 12, 13, 12, 12, 12])).toEqual([]);
    expect(changesOf([100, 95, 100, 108, 100, 99, 100])).toEqual([]);
  });

  it("is none where the count differs at every other row anyway", () => {
    const threeHourly = Array.from({ length: 60 }, (_, at) => (at % 3 ? 4 : 12));
    expect(changesOf(threeHourly)).toEqual([]);
  });

  it("never hides a first or last row, and never two neighbours' worth of rows", () => {
    const next = generator(7);
    for (let round = 0; round < 300; round++) {
      const counts = Array.from({ length: 1 + next(60) }, () => (next(8) ? 12 : 1 + next(100)));
      const hidden = changesOf(counts).flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at));
      expect(hidden).not.toContain(0);
      expect(hidden).not.toContain(counts.length - 1);
      expect(new Set(hidden).size).toBe(hidden.length);
      for (const { from, before, after } of changesOf(counts)) {
        expect(isOtherStations(before, after) || from === 0).toBe(true);
      }
    }
  });

  it("marks each lonely odd row of a calm series, whatever its place and count", () => {
    const next = generator(11);
    for (let round = 0; round < 300; round++) {
      const usual = 1 + next(200);
      const [at, odd] = [1 + next(48), 1 + next(300)];
      const counts = runs([usual, 50]);
      counts[at] = odd;
      const expected = isOtherStations(odd, usual) ? [{ from: at, to: at + 1, before: usual, after: odd }] : [];
      expect(changesOf(counts)).toEqual(expected);
    }
  });
});

describe("rows over all stations", () => {
  const days = (counts: number[]) => counts.map((station_count, at) => point(DAY + at * DAY_MS, { station_count }));
  const hours = (counts: number[]) =>
    counts.flatMap((most, day) =>
      Array.from({ length: 24 }, (_, hour) =>
        point(DAY + day * DAY_MS + hour * HOUR_MS, { station_count: hour % 3 ? Math.ceil(most / 3) : most }),
      ),
    );

  it("are judged by whole days where they are hours", () => {
    const points = hours(runs([12, 9], [100, 1], [12, 9]));
    expect(stationChanges(points, "hour")).toEqual([{ from: 216, to: 240, before: 12, after: 100 }]);
  });

  it("of other stations are not drawn, but can be read", () => {
    const points = days(runs([12, 3], [100, 1], [12, 3]));
    const changes = stationChanges(points, "day");
    const columns = toColumns(points, "day", changes);
    expect(columns.mean).toEqual([2, 2, 2, null, 2, 2, 2]);
    expect(columns.rows[3]).toBe(points[3]);
    expect(changeAt(changes, 3)).toBe("12 → 100 stations: not drawn");
    expect(changeAt(changes, 2)).toBe("");
    expect(changeMarks(changes, points, "day")).toEqual([
      { from: (DAY + 2.5 * DAY_MS) / 1000, to: (DAY + 3.5 * DAY_MS) / 1000, text: "12 → 100 stations" },
    ]);
    expect(changesText(changes, points, "day")).toBe(
      "Other stations, not weather. 2014-01-04: 12 → 100 stations, not drawn.",
    );
  });

  it("are not joined by a line over a lasting change", () => {
    const points = days(runs([12, 3], [20, 3]));
    const columns = toColumns(points, "day", stationChanges(points, "day"));
    expect(columns.mean).toEqual([2, 2, 2, null, 2, 2, 2]);
    expect(columns.seconds).toEqual(columns.seconds.toSorted((one, other) => one - other));
  });

  it("of one station have no change", () => {
    expect(stationChanges([point(DAY), point(DAY + DAY_MS)], "day")).toEqual([]);
  });
});
