import { describe, expect, it } from "vitest";
import { addressOf, type DataQuery, knownZones, MOST_STATIONS, mostRows, PERIODS, readQuery, writeQuery } from "../src/dataQuery";

const USUAL = readQuery({});

function address(part: Partial<DataQuery>): { path: string; query: Record<string, string> } {
  const url = new URL(addressOf({ ...USUAL, ...part }));
  return { path: url.pathname.replace(/^.*\/api\/v1\//, ""), query: Object.fromEntries(url.searchParams) };
}

describe("what the Data page asks for", () => {
  it("asks for all stations together where none is chosen, for one by its own route, for several by their ids", () => {
    expect(address({}).path).toBe("global/daily");
    expect(address({ stations: ["72530094846"], by: "hourly" })).toEqual({
      path: "stations/72530094846/hourly",
      query: { rule: "routine", format: "csv" },
    });
    const two = address({ stations: ["72530094846", "ENJA0000001"], by: "seasonal" });
    expect([two.path, two.query["ids"]]).toEqual(["stations/seasonal", "72530094846,ENJA0000001"]);
  });

  it("ends the API's range after the last day, which people include", () => {
    expect(address({ from: "2014-02-28", to: "2014-02-28" }).query).toMatchObject({ from: "2014-02-28", to: "2014-03-01" });
    expect(address({ to: "2014-12-31" }).query["to"]).toBe("2015-01-01");
    expect(address({ from: "2014-01-01" }).query["to"]).toBeUndefined();
  });

  it("says only what differs from what the API does by itself", () => {
    expect(address({ format: "json" }).query).toEqual({ rule: "routine" });
    expect(address({ layer: "speed", units: "imperial", tz: "Europe/Paris", format: "parquet" }).query).toEqual({
      rule: "routine", layer: "speed", units: "imperial", tz: "Europe/Paris", format: "parquet",
    });
  });

  it("is written into the page's address and read again", () => {
    const chosen: DataQuery = {
      stations: ["72530094846", "ENJA0000001"], by: "hourly", from: "2014-01-01", to: "2014-01-31",
      rule: "qc", layer: "batch", units: "imperial", tz: "America/Chicago", format: "parquet",
    };
    expect(readQuery(writeQuery(chosen))).toEqual(chosen);
    expect(writeQuery(USUAL)).toEqual({});
  });

  it("takes the usual where the address makes no sense, and the station of another page", () => {
    expect(readQuery({ by: "minute", from: "2014-02-30", to: ["x"], format: "xls", tz: "", rule: "all" })).toEqual(USUAL);
    expect(readQuery({ from: "2014-02-02", to: "2014-02-01" }).to).toBe("2014-02-02");
    expect(readQuery({ station: "72530094846" }).stations).toEqual(["72530094846"]);
    expect(readQuery({ station: "all" }).stations).toEqual([]);
    const many = Array.from({ length: 30 }, (_, at) => `ZZ${at}`);
    expect(readQuery({ stations: [...many, ...many].join(",") }).stations).toEqual(many.slice(0, MOST_STATIONS));
  });

  it("says how many rows there are at most", () => {
    const year = { ...USUAL, from: "2014-01-01", to: "2014-12-31", stations: ["a", "b"] };
    expect(PERIODS.map((by) => mostRows({ ...year, by }))).toEqual([2 * 8760, 2 * 365, 24, 10, 2]);
    expect(mostRows(USUAL)).toBeNull();
  });

  it("offers the clocks of the world", () => {
    expect(knownZones()).toContain("Europe/Paris");
    expect(knownZones()[0]).toBe("UTC");
  });
});
