import { describe, expect, it } from "vitest";
import { incrementsOf, timeLabels, timeSplits, wholeRange } from "../src/chart/timeAxis";
import { GRANULARITIES } from "../src/time";
import { generator } from "./rows";

const seconds = (...parts: [number, number, number?, number?]): number =>
  Date.UTC(parts[0], parts[1], parts[2] ?? 1, parts[3] ?? 0) / 1000;
const MONTH_S = 30 * 86_400;

describe("the time axis", () => {
  it("has ticks on the first of months, however long they are", () => {
    expect(timeSplits(seconds(2024, 0, 15), seconds(2024, 3, 2), MONTH_S)).toEqual([
      seconds(2024, 1),
      seconds(2024, 2),
      seconds(2024, 3),
    ]);
  });

  it("has the ticks of seasons where they begin, those of years in January", () => {
    const [from, to] = [seconds(2013, 10), seconds(2014, 9)];
    const ticks = timeSplits(from, to, 3 * MONTH_S, "season");
    expect(ticks).toEqual([seconds(2013, 11), seconds(2014, 2), seconds(2014, 5), seconds(2014, 8)]);
    expect(timeSplits(from, to, 365 * 86_400, "season")).toEqual([seconds(2014, 0)]);
  });

  it("has ticks on whole hours and years before 1970 too", () => {
    expect(timeSplits(seconds(1901, 0, 1, 5), seconds(1901, 0, 1, 13), 6 * 3600)).toEqual([
      seconds(1901, 0, 1, 6),
      seconds(1901, 0, 1, 12),
    ]);
    expect(timeSplits(seconds(1899, 5), seconds(1921, 0), 10 * 365 * 86_400)).toEqual([
      seconds(1900, 0),
      seconds(1910, 0),
      seconds(1920, 0),
    ]);
  });

  it("writes the year once, under its first tick", () => {
    const ticks = [seconds(2013, 11), seconds(2014, 0), seconds(2014, 1)];
    expect(timeLabels(ticks, MONTH_S)).toEqual(["Dec\n2013", "Jan\n2014", "Feb"]);
  });

  it("writes hours in UTC with their day", () => {
    expect(timeLabels([seconds(2014, 11, 31, 18), seconds(2015, 0, 1, 0)], 6 * 3600)).toEqual([
      "18:00\n31 Dec 2014",
      "00:00\n1 Jan 2015",
    ]);
  });
});

describe("the axis's extent", () => {
  const at = (...years: number[]) => years.map((year) => ({ start: Date.UTC(year, 0, 1) }));

  it("is one year either side of a single year, not the years since 1970", () => {
    expect(wholeRange(at(2014), "year")).toEqual([seconds(2013, 0), seconds(2015, 0)]);
    expect(wholeRange([{ start: Date.UTC(2014, 0, 1, 5) }], "hour")).toEqual([seconds(2014, 0, 1, 4), seconds(2014, 0, 1, 6)]);
  });

  it("is half a period more than two points, or than many", () => {
    expect(wholeRange(at(2013, 2014), "year")).toEqual([seconds(2012, 6, 2, 12), seconds(2014, 6, 2, 12)]);
    expect(wholeRange(at(1901, 2014), "year")).toEqual([seconds(1900, 6, 2, 12), seconds(2014, 6, 2, 12)]);
  });

  it("has no ticks finer than its rows", () => {
    expect(GRANULARITIES.map((by) => incrementsOf(by)[0])).toEqual([3600, 86_400, MONTH_S, 3 * MONTH_S, 365 * 86_400]);
  });
});

describe("labels that have little room", () => {
  it("never touch each other or the edge, at any zoom", () => {
    const next = generator(5);
    const width = 300;
    for (let round = 0; round < 400; round++) {
      const from = Date.UTC(1950 + next(80), next(12), 1 + next(28), next(24)) / 1000;
      const by = GRANULARITIES[next(4)]!;
      const increments = incrementsOf(by);
      const increment = increments[next(increments.length)]!;
      const span = increment * (1 + next(8));
      const place = { at: (second: number) => ((second - from) / span) * width, width: (text: string) => text.length * 6.5, edges: [0, width] as const };
      const splits = timeSplits(from, from + span, increment);
      const labels = timeLabels(splits, increment, place).map((text) => text.split("\n"));
      for (const line of [0, 1]) {
        let end = 0;
        for (const [index, text] of labels.entries()) {
          if (!text[line]) continue;
          const middle = place.at(splits[index]!);
          expect(middle - place.width(text[line]) / 2).toBeGreaterThanOrEqual(end);
          end = middle + place.width(text[line]) / 2;
        }
        expect(end).toBeLessThanOrEqual(width);
      }
    }
  });
});
