import { describe, expect, it } from "vitest";
import { dewLines, elevationLines, groupsText, groupUrls, readGroups, writeGroups } from "../src/parts/groups";

const ROW = { station_count: 3, mean_dew_point_c: null, dew_station_count: 0, observation_count: 9, day_count: 365, good_day_count: 365, completeness: 1, grade: "good" as const };

describe("groups of stations", () => {
  it("keep their address both ways, four countries at most", () => {
    const state = readGroups({ countries: "NO,US,NO,JP,FJ,DE", by: "month", what: "country", view: "table", rule: "qc" });
    expect(state.countries).toEqual(["NO", "US", "JP", "FJ"]);
    expect(readGroups(writeGroups(state))).toEqual(state);
    expect(groupUrls(state).map((url) => new URL(url).pathname.split("/").slice(-3).join("/"))).toContain("countries/NO/monthly");
  });

  it("are four bands at most, the lowest and the highest among them", () => {
    const rows = [0, 500, 1000, 1500, 2000, 2500].map((from_m) => ({ ...ROW, year: 2014, from_m, to_m: from_m + 500, mean_c: 20 - from_m / 100 }));
    const lines = elevationLines(rows);
    expect(lines.lines.map(({ label }) => label)).toEqual(["0 to 500 m", "1000 to 1500 m", "1500 to 2000 m", "2500 to 3000 m"]);
    expect(groupsText(lines, readGroups({ what: "elevation" }))).toBe("0 to 500 m warmest (20.0 °C), 2500 to 3000 m coolest (−5.0)");
  });

  it("show dew points where there are any, months without one as missing", () => {
    const rows = [{ ...ROW, month: "2014-01", mean_c: 2, mean_dew_point_c: 0 }, { ...ROW, month: "2014-03", mean_c: 8 }];
    const found = dewLines(rows);
    expect(found.starts).toHaveLength(3);
    expect(found.lines[1]!.points.map((one) => one?.mean_c ?? null)).toEqual([0, null, null]);
    expect(groupsText(found, readGroups({ what: "dew" }))).toBe("dew point 2.0 °C below the temperature (2.0), mean of 1 month");
    expect(groupsText(dewLines([rows[1]!]), readGroups({ what: "dew" }))).toBeNull();
  });
});
