import { describe, expect, it } from "vitest";
import type { Station } from "../src/api";
import { stationName, stationPlace, stationPosition } from "../src/stationText";

const JAN_MAYEN: Station = {
  station_id: "01001099999",
  name: "JAN MAYEN NOR NAVY",
  country: "NO",
  state: null,
  icao: "ENJA",
  latitude_deg: 70.93,
  longitude_deg: -8.67,
  elevation_m: 9,
  first_observed_at: null,
  last_observed_at: null,
  hour_count: 0,
  completeness: null,
  aliases: [],
  distance_km: null,
};

describe("a station's name", () => {
  it("is written as people write it, without the place behind its comma", () => {
    const name = "CHICAGO O'HARE INTERNATIONAL AIRPORT, IL US";
    expect(stationName({ ...JAN_MAYEN, name })).toBe("Chicago O'Hare International Airport");
    expect(stationName({ ...JAN_MAYEN, name: "KING'S LYNN AP" })).toBe("King's Lynn AP");
    expect(stationName({ ...JAN_MAYEN, name: "Saint-Denis" })).toBe("Saint-Denis");
    expect(stationName({ ...JAN_MAYEN, name: "JAN MAYEN(NOR-NAVY)" })).toBe("Jan Mayen (Nor-Navy)");
  });

  it("is its id where it has none", () => {
    expect(stationName({ ...JAN_MAYEN, name: null })).toBe("01001099999");
  });
});

describe("a station's place", () => {
  it("is its country's code, and its name where it has none but NOAA's", () => {
    expect(stationPlace(JAN_MAYEN)).toBe("NO · ENJA · 01001099999");
    const own = { ...JAN_MAYEN, country: "fips:PF", country_name: "Paracel Islands" };
    expect(stationPlace(own)).toBe("Paracel Islands · ENJA · 01001099999");
  });
});

describe("a station's position", () => {
  it("names the hemispheres, and says nothing where it is unknown", () => {
    expect(stationPosition(JAN_MAYEN)).toBe("70.93° N, 8.67° W · 9 m");
    expect(stationPosition({ ...JAN_MAYEN, latitude_deg: 0, longitude_deg: 0, elevation_m: 0 })).toBe(
      "0.00° N, 0.00° E · 0 m",
    );
    expect(stationPosition({ ...JAN_MAYEN, latitude_deg: null })).toBe("–");
  });
});
