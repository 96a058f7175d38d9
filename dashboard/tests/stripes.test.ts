import { describe, expect, it } from "vitest";
import type { Anomaly } from "../src/climate";
import { COLOURS, colourOf, differenceColourOf } from "../src/map/colours";
import { hourCells, reachOf, readStripes, stripeCells, stripesOf, stripesText, writeStripes } from "../src/parts/stripes";
import { HOUR_MS } from "../src/time";
import { point } from "./rows";

function anomaly(period: string, anomaly_c: number, grade: Anomaly["grade"] = "good"): Anomaly {
  return { period, mean_c: 10 + anomaly_c, normal_c: 10, anomaly_c, good_day_count: 365, completeness: grade === "good" ? 1 : 0.5, grade };
}
const ROWS = [anomaly("2011", -1.6), anomaly("2012", 0), anomaly("2014", 1.4), anomaly("2015", 9, "weak")];

describe("stripes", () => {
  const stripes = stripesOf(ROWS, "year");
  const cells = stripeCells(stripes, "year");

  it("keep a place for what is missing, and 0 °C apart is a value", () => {
    expect(stripes.map(({ row }) => row?.anomaly_c ?? null)).toEqual([-1.6, 0, null, 1.4, 9]);
    expect([0, 1, 2].map((at) => cells.value(at, 0))).toEqual([-1.6, 0, null]);
    expect(cells.say(2, 0)).toBe("2013 UTC: no data");
    expect(cells.isWeak(4, 0)).toBe(true);
    expect(stripesOf([], "year")).toEqual([]);
  });

  it("find the warmest and coolest of whole years, and colours as far as those go", () => {
    expect(stripesText(stripes, "year")).toBe("warmest 2014 (+1.4 °C), coolest 2011 (−1.6 °C), of 3 whole years");
    expect(stripesText(stripes.slice(0, 2), "year")).toBeNull();
    expect(reachOf(stripes)).toBe(2);
    expect(reachOf([])).toBe(1);
  });

  it("have the map's colours, pale where nothing differs", () => {
    expect(differenceColourOf(0, 2)).toBe(colourOf(0));
    expect(differenceColourOf(5, 2)).toBe(COLOURS.at(-1));
    expect(differenceColourOf(-2, 2)).toBe(COLOURS[0]);
  });
});

describe("the hours of a year", () => {
  it("stand day by day from midnight UTC, a leap year's too; others are left out", () => {
    const start = Date.UTC(2024, 0, 1);
    const cells = hourCells([point(start - HOUR_MS, { mean_c: 9 }), point(start, { mean_c: 0 }), point(Date.UTC(2024, 11, 31, 23), { mean_c: -4 })], 2024);
    expect([cells.columns, cells.rows]).toEqual([366, 24]);
    expect([cells.value(0, 0), cells.value(0, 1), cells.value(365, 23)]).toEqual([0, null, -4]);
    expect(cells.say(0, 0)).toBe("2024-01-01 00:00 UTC: 0.0 °C");
    expect(cells.say(59, 6)).toBe("2024-02-29 06:00 UTC: no data");
  });
});

describe("the address of Stripes", () => {
  it("holds the whole state, both ways", () => {
    const state = readStripes({ station: "A", picture: "hours", year: "2014", view: "table", by: "season", rule: "qc" });
    expect(readStripes(writeStripes(state))).toEqual(state);
    expect(readStripes({ station: "all", year: "14", by: "day" })).toMatchObject({ station: "", year: "", by: "year", picture: "stripes" });
  });
});
