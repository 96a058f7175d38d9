import { describe, expect, it } from "vitest";
import { weakText } from "../src/chart/announce";
import { anomalyBars, anomalyText } from "../src/chart/anomalyOptions";
import { stretches, usualExtent } from "../src/chart/usualBand";
import { type Anomaly, byStart, type Normal, usualOf } from "../src/climate";
import { findingOf, periodName, questionOf } from "../src/finding";

function normal(month: number, day: number | null, mean_c: number, count: number): Normal {
  return { month, day, hour: null, mean_c, mean_min_c: mean_c - 4, mean_max_c: mean_c + 4, mean_dew_point_c: null, count };
}
function anomaly(period: string, anomaly_c: number, more: Partial<Anomaly> = {}): Anomaly {
  return { period, mean_c: 20 + anomaly_c, normal_c: 20, anomaly_c, good_day_count: 31, completeness: 1, grade: "good", ...more };
}
const MONTHS = Array.from({ length: 12 }, (_, at) => normal(at + 1, null, at, 310));
const JULY = { from: "2014-07-01", to: "2014-07-31" };

describe("what is usual", () => {
  it("is that of the month, and of longer periods the mean of their months", () => {
    const find = usualOf(MONTHS);
    expect(find("month", Date.UTC(2014, 6, 1))).toEqual({ low_c: 2, mean_c: 6, high_c: 10, years: 10 });
    // December, January, February.
    expect(find("season", Date.UTC(2013, 11, 1))?.mean_c).toBeCloseTo((11 + 0 + 1) / 3);
    expect(find("year", Date.UTC(2014, 0, 1))?.mean_c).toBeCloseTo(5.5);
  });

  it("is not guessed where a month was never observed", () => {
    const find = usualOf(MONTHS.filter(({ month }) => month !== 2));
    expect(find("season", Date.UTC(2013, 11, 1))).toBeNull();
    expect(find("season", Date.UTC(2014, 2, 1))).not.toBeNull();
  });

  it("knows how many years are behind a day of the year, 29 February too", () => {
    const find = usualOf([normal(2, 29, 0, 44)]);
    expect(find("day", Date.UTC(2016, 1, 29))).toEqual({ low_c: -4, mean_c: 0, high_c: 4, years: 3 });
    expect(find("day", Date.UTC(2016, 1, 28))).toBeNull();
  });

  it("is drawn as stretches without gaps, and widens the axis", () => {
    const one = { low_c: -3, mean_c: 0, high_c: 4, years: 10 };
    expect(stretches([one, one, null, one], 0, 3)).toEqual([[0, 2], [3, 4]]);
    expect(usualExtent([one, null], 0, 1)).toEqual([-3, 4]);
    expect(usualExtent([null], 0, 0)).toBeNull();
  });
});

describe("the finding", () => {
  it("says how a whole period compares, and by how many years", () => {
    expect(findingOf({ ...JULY, anomalies: [anomaly("2014-07", -1.24)], years: 14 })).toBe("1.2 °C cooler than usual (14 years)");
    expect(findingOf({ ...JULY, anomalies: [anomaly("2014-07", 0.04)], years: 14 })).toBe("as warm as usual (14 years)");
  });

  it("says that there are too few years rather than guess", () => {
    expect(findingOf({ ...JULY, anomalies: [anomaly("2014-07", -1.2)], years: 2 })).toBe("2 years are too few to say what is usual");
    expect(findingOf({ ...JULY, anomalies: [anomaly("2014-07", -1.2)], years: 1 })).toBe("1 year is too few to say what is usual");
    expect(findingOf({ ...JULY, anomalies: [], years: 30 })).toBeNull();
  });

  it("says how much of the period is missing", () => {
    const weak = anomaly("2014-07", 3, { grade: "weak", good_day_count: 20 });
    expect(findingOf({ ...JULY, anomalies: [weak], years: 14 })).toBe("3.0 °C warmer than usual (14 years; weak: 64.5 % of its days)");
  });

  it("is the mean of days of a part of a year, and ranks years that are complete", () => {
    const days = [anomaly("2014-07-05", 1, { good_day_count: 1 }), anomaly("2014-07-06", 2, { good_day_count: 1 })];
    expect(findingOf({ from: "2014-07-05", to: "2014-07-06", anomalies: days, years: 9 })).toBe("1.5 °C warmer than usual (9 years)");
    const years = [anomaly("2012", 0.5), anomaly("2013", 0), anomaly("2014", -0.7), anomaly("2015", 9, { grade: "weak" })];
    const found = findingOf({ from: "2012-01-01", to: "2015-03-01", anomalies: years, years: 9 });
    expect(found).toBe("warmest 2012 (+0.5 °C), coolest 2014 (−0.7 °C), against 9 years");
  });

  it("asks for the period that is shown", () => {
    expect(questionOf("2014-07-01", "2014-07-31")).toEqual({ period: "month", kind: "one" });
    expect(questionOf("2013-12-01", "2014-02-28")).toEqual({ period: "season", kind: "one" });
    expect(questionOf("2014-01-01", "2014-12-31")).toEqual({ period: "year", kind: "one" });
    expect(questionOf("2014-01-01", "2014-08-21")).toEqual({ period: "day", kind: "days" });
    expect(questionOf("2011-01-01", "2014-08-21")).toEqual({ period: "year", kind: "years" });
  });

  it("calls periods what people call them, seasons by the hemisphere", () => {
    expect(periodName("2013-12-01", "2014-02-28", 42)).toBe("winter 2013/14");
    expect(periodName("2013-12-01", "2014-02-28", -34)).toBe("summer 2013/14");
    expect(periodName("2014-06-01", "2014-08-31", -34)).toBe("winter 2014");
    expect(periodName("2014-06-01", "2014-08-31", null)).toBe("JJA 2014");
    expect(periodName("2014-07-01", "2014-07-31", 42)).toBe("July 2014");
    expect(periodName("2014-03-03", "2014-07-05", 42)).toBe("3 Mar to 5 Jul 2014");
    expect(periodName("2011-01-01", "2014-12-31", 42)).toBe("2011 to 2014");
  });
});

describe("a weak row", () => {
  const weak = { grade: "weak", completeness: 0.62 } as const;
  it("says why, as a day, as a day over all stations and as a longer period", () => {
    expect(weakText({ ...weak, completeness: 0 }, "day")).toBe("weak: a part of the day has no temperature");
    expect(weakText({ ...weak, station_count: 50 }, "day")).toBe("weak: 62.0 % of its stations have temperatures all day long");
    expect(weakText({ ...weak, station_count: 50 }, "year")).toBe("weak: 62.0 % of its days are complete");
    expect(weakText({ ...weak, grade: "good" }, "day")).toBe("");
  });
});

describe("anomalies in a chart", () => {
  it("keep their place where a period has none, and say so", () => {
    const points = [{ start: Date.UTC(2014, 0, 1) }, { start: Date.UTC(2014, 2, 1) }];
    const bars = anomalyBars(points, byStart([anomaly("2014-01", 0), anomaly("2014-03", -1, { grade: "weak", completeness: 0.5 })]), "month");
    expect(bars.map(({ row }) => row?.anomaly_c ?? null)).toEqual([0, null, -1]);
    expect(bars.map((bar) => anomalyText(bar, "month"))).toEqual([
      "2014-01 UTC: 0.0 °C (mean 20.0, usual 20.0)",
      "2014-02 UTC: no data",
      "2014-03 UTC: −1.0 °C (mean 19.0, usual 20.0); weak: 50.0 % of its days are complete",
    ]);
  });
});
