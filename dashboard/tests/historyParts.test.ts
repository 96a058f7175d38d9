import { describe, expect, it } from "vitest";
import type { Point } from "../src/api";
import { alignedLines, commonMeans, comparisonText, otherDay, periodRequests, readCompare, shifted, stationsCsv, writeCompare } from "../src/parts/compare";
import { readRecords, recordsText, recordTable, type RecordRow, streakText, type StreakRow, writeRecords } from "../src/parts/records";
import { point } from "./rows";

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`);
const monthly = (year: number, month: number, mean_c: number | null): Point => point(Date.UTC(year, month - 1, 1), { mean_c });

describe("the address of Compare", () => {
  it("holds the whole state, both ways, four stations at most and none twice", () => {
    const state = readCompare({ stations: "A,B,A,C,D,E", by: "day", value: "max", view: "table", from: "2014-01-01", to: "2014-12-31", rule: "qc" });
    expect(state.stations).toEqual(["A", "B", "C", "D"]);
    expect(readCompare(writeCompare(state))).toEqual(state);
  });

  it("begins with the station of the other tabs, and takes the default for nonsense", () => {
    expect(readCompare({ station: "01001099999" }).stations).toEqual(["01001099999"]);
    expect(readCompare({ station: "all", by: "fortnight", from: "2014-02-30" })).toMatchObject({ stations: [], by: "month", from: "" });
  });

  it("asks for all stations at once, whole months", () => {
    const state = readCompare({ stations: "A,B", from: "2014-03-15", to: "2014-04-02" });
    const url = new URL(stationsCsv(state));
    expect(url.pathname.endsWith("/api/v1/stations/monthly")).toBe(true);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ ids: "A,B", from: "2014-03-01T00:00:00Z", to: "2014-05-01T00:00:00Z", format: "csv" });
  });
});

describe("two periods", () => {
  it("lie a year apart by the calendar, 29 February without a place", () => {
    const [from, other] = [day("2023-01-01"), day("2024-01-01")];
    expect(shifted(day("2023-03-01"), from, other)).toBe(day("2024-03-01"));
    expect(shifted(day("2024-02-29"), other, from)).toBeNull();
    expect(shifted(day("2024-03-01") + 3_600_000, other, from)).toBe(day("2023-03-01") + 3_600_000);
  });

  it("lie days apart where they begin on other days of the month", () => {
    expect(shifted(day("2014-07-10"), day("2014-07-05"), day("2013-08-01"))).toBe(day("2013-08-06"));
  });

  it("are a year apart where nobody said it, and equally long", () => {
    expect(otherDay({ from: "2024-02-29", other: "" })).toBe("2023-02-28");
    const state = readCompare({ station: "A", what: "periods", by: "day", from: "2014-07-01", to: "2014-07-31" });
    const [first, second] = periodRequests(state);
    expect([first.from, first.to]).toEqual([day("2014-07-01"), day("2014-08-01")]);
    expect([second.from, second.to]).toEqual([day("2013-07-01"), day("2013-08-01")]);
  });
});

describe("lines beside each other", () => {
  const place = (start: number): number => start;
  const two = alignedLines(
    [
      { key: "A", label: "Chicago", points: [monthly(2014, 1, -3), monthly(2014, 3, 0)], place },
      { key: "B", label: "Miami", points: [monthly(2014, 2, 20), monthly(2014, 3, 24)], place },
    ],
    "month",
  );

  it("have a place for every period, empty where one has no row", () => {
    expect(two.starts).toHaveLength(3);
    expect(two.lines.map(({ points }) => points.map((one) => one?.mean_c ?? null))).toEqual([[-3, null, 0], [null, 20, 24]]);
  });

  it("are compared over what all of them have, 0 °C included", () => {
    expect(commonMeans(two, "mean")).toEqual([0, 24]);
    expect(comparisonText(two, "mean")).toBe("Miami 24.0 °C warmer than Chicago");
    expect(comparisonText({ ...two, lines: two.lines.slice(0, 1) }, "mean")).toBeNull();
  });

  it("say nothing where they share no period", () => {
    const apart = alignedLines([{ key: "A", label: "A", points: [monthly(2014, 1, 1)], place }, { key: "B", label: "B", points: [monthly(2014, 2, 1)], place }], "month");
    expect(comparisonText(apart, "mean")).toBeNull();
    expect(alignedLines([], "month")).toEqual({ starts: [], lines: [] });
  });
});

describe("records", () => {
  const row = (month: number | null, kind: RecordRow["kind"], value_c: number, on: string): RecordRow => ({ month, kind, value_c, day: on, day_count: 365 });
  const rows = [row(null, "highest", 37.5, "2023-08-24"), row(null, "lowest", 0, "2019-01-30"), row(1, "lowest", 0, "2019-01-30")];

  it("are said with their days, and a record of 0 °C is one", () => {
    expect(recordsText(rows)).toBe("highest 37.5 °C on 24 Aug 2023, lowest 0.0 °C on 30 Jan 2019");
    expect(recordsText([])).toBeNull();
  });

  it("stand by month, all months first, a cell for every kind", () => {
    const table = recordTable(rows);
    expect(table.map(({ month }) => month)).toEqual([null, 1]);
    expect(table[1]!.cells.map((one) => one?.value_c ?? null)).toEqual([null, 0, null, null, null, null]);
  });

  it("have runs with their first and last day, or none", () => {
    const streak = { period: "all", kind: "frost_days", day_count: 1, good_day_count: 1, completeness: 1, grade: "good" } as const;
    expect(streakText({ ...streak, longest_days: 25, first_day: "2019-01-09", last_day: "2019-02-02" } as StreakRow)).toBe("25 days, 9 Jan 2019 to 2 Feb 2019");
    expect(streakText({ ...streak, longest_days: 1, first_day: "2019-01-09", last_day: "2019-01-09" } as StreakRow)).toBe("1 day, 9 Jan 2019");
    expect(streakText({ ...streak, longest_days: 0, first_day: null, last_day: null } as StreakRow)).toBe("none");
  });

  it("keep their address both ways", () => {
    const state = readRecords({ station: "A", part: "days", by: "month", rule: "qc" });
    expect(readRecords(writeRecords(state))).toEqual(state);
    expect(readRecords({ station: "all" })).toMatchObject({ station: "", part: "extremes", by: "year" });
  });
});
