import { describe, expect, it } from "vitest";
import { periodLabel } from "../src/dates";
import { nextPeriod, parseUtc, periodCount, startOf } from "../src/time";

describe("time", () => {
  it("reads every form of time the API writes as UTC", () => {
    expect(parseUtc("2014-07-05T13:00:00Z")).toBe(Date.UTC(2014, 6, 5, 13));
    expect(parseUtc("2014-07-05")).toBe(Date.UTC(2014, 6, 5));
    expect(parseUtc("2014-07")).toBe(Date.UTC(2014, 6, 1));
    expect(parseUtc(2014)).toBe(Date.UTC(2014, 0, 1));
  });

  it("has seasons of three months, the first of which begins in December", () => {
    const winter = parseUtc("2014-DJF");
    expect(winter).toBe(Date.UTC(2013, 11, 1));
    expect(startOf("season", Date.UTC(2014, 1, 28, 23))).toBe(winter);
    expect(startOf("season", Date.UTC(2013, 11, 1))).toBe(winter);
    expect(nextPeriod("season", winter)).toBe(parseUtc("2014-MAM"));
    expect(nextPeriod("season", parseUtc("2014-SON"))).toBe(parseUtc("2015-DJF"));
    for (const text of ["2014-DJF", "2014-MAM", "2014-JJA", "2014-SON"]) {
      expect(periodLabel("season", parseUtc(text))).toBe(text.replace("-", " "));
    }
    expect(periodCount("season", winter, parseUtc("2015-DJF"))).toBe(4);
  });

  it("refuses a text that is no time", () => {
    expect(() => parseUtc("yesterday")).toThrow(RangeError);
  });

  it("knows 1901, before the epoch of the computer's clock", () => {
    const instant = parseUtc("1901-01-02T06:00:00Z");
    expect(instant).toBeLessThan(0);
    expect(periodLabel("hour", startOf("hour", instant))).toBe("1901-01-02 06:00");
    expect(periodLabel("day", startOf("day", instant + 1))).toBe("1901-01-02");
  });

  it("steps over months and leap days by the calendar", () => {
    expect(nextPeriod("month", Date.UTC(2024, 0, 1))).toBe(Date.UTC(2024, 1, 1));
    expect(nextPeriod("year", Date.UTC(2024, 0, 1))).toBe(Date.UTC(2025, 0, 1));
    expect(periodCount("day", Date.UTC(2024, 0, 1), Date.UTC(2025, 0, 1))).toBe(366);
    expect(periodCount("hour", Date.UTC(2014, 0, 1), Date.UTC(2015, 0, 1))).toBe(8760);
    expect(periodCount("month", Date.UTC(2013, 10, 1), Date.UTC(2014, 2, 1))).toBe(4);
  });
});
