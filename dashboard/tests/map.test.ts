import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope } from "vue";
import { COLOURS, colourOf, SHADES, shadeOf } from "../src/map/colours";
import { cut } from "../src/map/ground";
import { extremesOf, mapUrl, pointsOf } from "../src/map/mapData";
import { readMapState, readView, sortingOf, writeMapState, writeView } from "../src/map/mapState";
import { rowsOf, sorted } from "../src/map/mapTable";
import { newestMoment, otherwise, readMoment, stepped, trackOf, writeMoment } from "../src/map/moments";
import { distanceKm, readPlace, writePlace } from "../src/map/places";
import { radiusOf } from "../src/map/stationDots";
import { PACE_MS, usePlay } from "../src/map/usePlay";

const utc = (text: string): number => Date.parse(text);

describe("the map's address", () => {
  it("is read and written whole", () => {
    const query = {
      by: "hour", at: "2014-07-05T13:00:00Z", value: "max", rule: "qc", station: "72530094846",
      near: "59.91,10.75", view: "4.25/59.9/10.75", sort: "-distance",
    };
    expect(writeMapState(readMapState(query))).toEqual(query);
  });

  it("takes what makes no sense for not said", () => {
    const query = { by: "week", at: "2014-13", value: "sum", rule: "none", near: "91,0", view: "1/95/0", sort: "age", station: "all" };
    expect(writeMapState(readMapState(query))).toEqual({ by: "day", value: "mean", rule: "routine" });
  });

  it("sorts by what is shown, by distance where somebody is, and as it says", () => {
    const state = readMapState({ value: "min" });
    expect(sortingOf(state)).toEqual({ column: "min", isDescending: true });
    expect(sortingOf({ ...state, near: "1,2" })).toEqual({ column: "distance", isDescending: false });
    expect(sortingOf({ ...state, sort: "-name" })).toEqual({ column: "name", isDescending: true });
    expect(sortingOf({ ...state, sort: "distance" }).column).toBe("min");
  });

  it("has a sight that is read as it was written", () => {
    const sight = { zoom: 5.25, latitude: -33.868, longitude: 151.209 };
    expect(readView(writeView(sight))).toEqual(sight);
  });
});

describe("moments", () => {
  const span = { first: utc("2013-06-01T00:00Z"), last: utc("2014-08-31T20:00Z") };

  it("are read in the form of their length only", () => {
    expect(readMoment("month", "2014-07")).toBe(utc("2014-07-01T00:00Z"));
    expect(readMoment("hour", "2014-07-05T13:00:00Z")).toBe(utc("2014-07-05T13:00Z"));
    for (const text of ["2014-02-30", "2014-7-05", "2014-07", ""]) expect(readMoment("day", text)).toBeNull();
    expect(writeMoment("hour", utc("2014-07-05T13:00Z"))).toBe("2014-07-05T13:00:00Z");
  });

  it("step over the ends of months and years", () => {
    expect(stepped("month", utc("2013-12-01T00:00Z"), 1)).toBe(utc("2014-01-01T00:00Z"));
    expect(stepped("day", utc("2014-03-01T00:00Z"), -1)).toBe(utc("2014-02-28T00:00Z"));
    expect(stepped("year", utc("2014-01-01T00:00Z"), -3)).toBe(utc("2011-01-01T00:00Z"));
  });

  it("begin with the newest that is over", () => {
    expect(newestMoment("hour", span)).toBe(utc("2014-08-31T20:00Z"));
    expect(newestMoment("day", span)).toBe(utc("2014-08-30T00:00Z"));
    expect(newestMoment("day", { ...span, last: utc("2014-08-31T23:00Z") })).toBe(utc("2014-08-31T00:00Z"));
    expect(newestMoment("month", span)).toBe(utc("2014-07-01T00:00Z"));
    expect(newestMoment("year", span)).toBe(utc("2013-01-01T00:00Z"));
    expect(newestMoment("year", { first: utc("2014-02-01T00:00Z"), last: span.last })).toBe(utc("2014-01-01T00:00Z"));
    expect(newestMoment("day", { first: null, last: null })).toBeNull();
  });

  it("stay where they are when their length changes", () => {
    const july = utc("2014-07-01T00:00Z");
    expect(otherwise("day", "month", july, span)).toBe(july);
    expect(otherwise("year", "month", july, span)).toBe(utc("2014-01-01T00:00Z"));
    expect(otherwise("month", "year", utc("2014-01-01T00:00Z"), span)).toBe(july);
    expect(otherwise("day", "year", utc("2013-01-01T00:00Z"), span)).toBe(span.first);
  });

  it("lie on the track of the next longer period, years on that of the record", () => {
    expect(trackOf("hour", utc("2014-07-05T13:00Z"), span)).toEqual({ start: utc("2014-07-05T00:00Z"), count: 24, position: 13 });
    expect(trackOf("day", utc("2014-02-28T00:00Z"), span)).toMatchObject({ count: 28, position: 27 });
    expect(trackOf("month", utc("2014-01-01T00:00Z"), span)).toMatchObject({ count: 12, position: 0 });
    expect(trackOf("year", utc("2014-01-01T00:00Z"), span)).toMatchObject({ count: 2, position: 1 });
  });
});

describe("colours", () => {
  it("go from blue by pale yellow at the freezing point to red, and end at the ends", () => {
    expect([shadeOf(-90), shadeOf(-40), shadeOf(40), shadeOf(57)]).toEqual([0, 0, SHADES - 1, SHADES - 1]);
    expect(new Set(COLOURS).size).toBe(SHADES);
    const [red, green, blue] = colourOf(0).match(/\d+/g)!.map(Number);
    expect(red! > 240 && green! > 240 && blue! < 220).toBe(true);
  });
});

const STATIONS = {
  station_id: ["A", "B", "C", "D"], name: ["OSLO", null, "ZURICH", "NOWHERE"], country: ["NO", null, "CH", null],
  latitude_deg: [59.9, 0, 47.4, -89], longitude_deg: [10.7, 0, 8.5, 1], elevation_m: [94, null, 556, 2800],
};
const VALUES = {
  station_id: ["A", "B", "C"], mean_c: [0, -3.5, 12.25], min_c: [-1, -4, 3], max_c: [1, -3, 20],
  completeness: [1, 0.2, 0.95], grade: ["good", "weak", "good"] as ("good" | "weak")[],
};
const points = pointsOf(STATIONS, VALUES);

describe("the map's points", () => {
  it("are all stations, with null where there is nothing, and zero as a value", () => {
    expect(points.map((one) => one.mean_c)).toEqual([0, -3.5, 12.25, null]);
    expect(points.map((one) => one.isWeak)).toEqual([false, true, false, false]);
    expect(points.map((one) => one.name)).toEqual(["Oslo", "B", "Zurich", "Nowhere"]);
  });

  it("have their extremes among the good ones, and among the weak where there is no other", () => {
    expect(extremesOf(points, "mean")).toMatchObject({ coldest: { station_id: "A" }, warmest: { station_id: "C" } });
    expect(extremesOf([points[1]!], "min")).toMatchObject({ coldest: { station_id: "B" } });
    expect(extremesOf([points[3]!], "mean")).toBeNull();
  });

  it("are asked for by the moment's own route", () => {
    const url = new URL(mapUrl({ by: "month", at: "2014-07", rule: "qc" }, "csv"));
    expect(url.pathname + url.search).toMatch(/api\/v1\/map\/monthly\?month=2014-07&rule=qc&format=csv$/);
  });

  it("are sorted with the missing last either way", () => {
    const rows = rowsOf(points, { latitude: 59, longitude: 10 });
    const ids = (column: "mean" | "name" | "distance" | "complete", isDescending: boolean): string =>
      sorted(rows, { column, isDescending }).map((one) => one.station_id).join("");
    expect(ids("mean", true)).toBe("CABD");
    expect(ids("mean", false)).toBe("BACD");
    expect(ids("distance", false)).toBe("ACBD");
    expect(ids("complete", true)).toBe("ACBD");
    expect(ids("name", false)).toBe("BDAC");
  });

  it("are smaller the more there are, and bigger the nearer", () => {
    expect(radiusOf(20, 1)).toBeGreaterThan(radiusOf(15_000, 1));
    expect(radiusOf(15_000, 6)).toBeGreaterThan(radiusOf(15_000, 1));
  });
});

describe("places", () => {
  it("are read as people type them", () => {
    const oslo = { latitude: 59.91, longitude: 10.75 };
    for (const text of ["59.91, 10.75", " 59.91 10.75", "59.91;10.75", "59.91° N, 10.75° E"]) expect(readPlace(text)).toEqual(oslo);
    expect(readPlace("33.9 S 151.2 E")).toEqual({ latitude: -33.9, longitude: 151.2 });
    expect(readPlace("−33.9, −70")).toEqual({ latitude: -33.9, longitude: -70 });
    for (const text of ["", "Oslo", "91,0", "0,181", "1"]) expect(readPlace(text)).toBeNull();
  });

  it("go into the address to a kilometre", () => {
    expect(writePlace({ latitude: 59.913868, longitude: 10.752245 })).toBe("59.91,10.75");
  });

  it("are as far apart as on the globe, over the antimeridian too", () => {
    expect(distanceKm({ latitude: 59.91, longitude: 10.75 }, { latitude: 48.86, longitude: 2.35 })).toBeCloseTo(1341, -1);
    expect(distanceKm({ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 })).toBeCloseTo(222, 0);
  });
});

describe("land", () => {
  it("that goes over the antimeridian is cut there", () => {
    const parts = cut([[170, 10], [-170, 10], [-170, 20], [170, 20], [170, 10]]);
    const spans = parts.map((part) => [Math.min(...part.map(([, east]) => east)), Math.max(...part.map(([, east]) => east))]);
    expect(spans).toEqual(expect.arrayContaining([[170, 180], [-180, -170]]));
    expect(parts).toHaveLength(2);
  });

  it("around the pole reaches it", () => {
    const [part] = cut([[-180, -70], [-90, -75], [0, -70], [90, -75], [180, -70]]);
    expect(Math.min(...part!.map(([north]) => north))).toBe(-90);
  });
});

describe("playing", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("goes on when the step before has come and been seen, and stops at the end", () => {
    const step = vi.fn();
    const scope = effectScope();
    const play = scope.run(() => usePlay(step, () => step.mock.calls.length < 2))!;
    play.toggle();
    expect(step).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(10 * PACE_MS);
    expect(step).toHaveBeenCalledTimes(1);
    play.arrived();
    vi.advanceTimersByTime(PACE_MS);
    expect(step).toHaveBeenCalledTimes(2);
    play.arrived();
    vi.advanceTimersByTime(PACE_MS);
    expect(play.isPlaying.value).toBe(false);
    expect(step).toHaveBeenCalledTimes(2);
    scope.stop();
  });
});
