import { describe, expect, it } from "vitest";
import { timeLabels, timeSplits } from "../src/chart/timeAxis";

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
