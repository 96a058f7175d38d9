import { describe, expect, it } from "vitest";
import {
  DEFAULT_STATE,
  defaultPeriod,
  expectedOf,
  type HistoryState,
  readState,
  shiftPeriod,
  toRequest,
  writeState,
} from "../src/historyState";

const STATE: HistoryState = {
  station: "01001099999",
  by: "hour",
  rule: "qc",
  layer: "speed",
  from: "2024-02-28",
  to: "2024-02-29",
  view: "table",
  zoom: "2024-02-27T06:00Z/2024-02-28T18:00Z",
};

describe("the History page's address", () => {
  it("holds the whole state, both ways", () => {
    expect(readState(writeState(STATE))).toEqual(STATE);
  });

  it("takes the default for whatever makes no sense", () => {
    expect(readState({ by: "fortnight", rule: ["qc"], from: "2014-02-30", station: "" })).toEqual(DEFAULT_STATE);
  });

  it("keeps a station id's leading zeros", () => {
    expect(readState({ station: "01001099999" }).station).toBe("01001099999");
  });

  it("turns a period that ends before it begins into one day", () => {
    const { from, to } = readState({ from: "2014-05-02", to: "2014-05-01" });
    expect([from, to]).toEqual(["2014-05-02", "2014-05-02"]);
  });
});

describe("what a state asks of the API", () => {
  it("is half-open: the last day shown ends where the next begins", () => {
    const { from, to } = toRequest(STATE);
    expect([from, to]).toEqual([Date.UTC(2024, 1, 28), Date.UTC(2024, 2, 1)]);
    expect(expectedOf(STATE)).toEqual({ rows: 48, hours: 48 });
  });

  it("is whole months and years, never a part of one", () => {
    const { from, to } = toRequest({ ...STATE, by: "month", from: "2014-03-15", to: "2014-04-02" });
    expect([from, to]).toEqual([Date.UTC(2014, 2, 1), Date.UTC(2014, 4, 1)]);
    expect(expectedOf({ ...STATE, by: "year", from: "1901-05-01", to: "2024-05-01" }).rows).toBe(124);
  });
});

describe("periods", () => {
  it("begin with the year that ends the data", () => {
    const last = Date.UTC(2014, 6, 5, 13);
    expect(defaultPeriod(null, last)).toEqual({ from: "2014-01-01", to: "2014-07-05" });
    expect(defaultPeriod(Date.UTC(2014, 2, 3, 4), last).from).toBe("2014-03-03");
  });

  it("move by their own length, and whole months by months", () => {
    expect(shiftPeriod("2024-02-01", "2024-02-29", 1)).toEqual({ from: "2024-03-01", to: "2024-03-31" });
    expect(shiftPeriod("2014-01-01", "2014-12-31", -1)).toEqual({ from: "2013-01-01", to: "2013-12-31" });
    expect(shiftPeriod("2014-05-02", "2014-05-02", 1)).toEqual({ from: "2014-05-03", to: "2014-05-03" });
  });
});
