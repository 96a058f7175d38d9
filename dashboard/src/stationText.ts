/** How a station is called and where it lies. */

import type { Country, Station } from "./api";
import { count, decimal, MISSING } from "./format";
import { language, LANGUAGES } from "./locale/language";
import { stationsText as t } from "./locale/stations";

// Abbreviations stay as they are.
const SHORT = new Set(["AP", "AFB", "US", "NAS", "AWS", "WXPOD"]);

/** "CHICAGO O'HARE INTERNATIONAL AIRPORT, IL US" → "Chicago O'Hare International Airport"; "JAN MAYEN(NOR-NAVY)" → "Jan Mayen (Nor-Navy)". */
export function nameInWords(name: string): string {
  const place = name.trim().replace(/,\s*([A-Z]{2}\s+)?[A-Z]{2}$/, "").replace(/(?<=\S)\(/, " (");
  if (/[a-z]/.test(place)) return place;
  return place.replace(/[\p{L}']+/gu, (word) => (SHORT.has(word) ? word : capitalised(word)));
}

export function stationName(station: Station): string {
  return station.name?.trim() ? nameInWords(station.name) : station.station_id;
}

/** O'HARE → O'Hare, but KING'S → King's */
function capitalised(word: string): string {
  const lower = word.toLowerCase();
  const isPrefixed = lower[1] === "'" && lower.length > 2;
  return isPrefixed
    ? lower[0]!.toUpperCase() + "'" + lower[2]!.toUpperCase() + lower.slice(3)
    : lower[0]!.toUpperCase() + lower.slice(1);
}

/** "US · ORD · 72530094846" */
export function stationPlace(station: Station): string {
  // Where ISO 3166 has no code the API gives NOAA's own, marked for programs.
  const code = station.country?.startsWith("fips:") ? station.country_name : station.country;
  return [code, station.iata ?? station.icao, station.station_id].filter(Boolean).join(" · ");
}

/** "41.98° N, 87.90° W · 201 m" */
export function stationPosition(station: Station): string {
  const { latitude_deg: latitude, longitude_deg: longitude, elevation_m: elevation } = station;
  if (latitude === null || longitude === null) return MISSING;
  return placeText(latitude, longitude, elevation);
}

/** Degrees north and east, metres; the height where it is known. */
export function placeText(latitude: number, longitude: number, elevation_m: number | null): string {
  const north = `${decimal(Math.abs(latitude), 2)}° ${latitude < 0 ? t.compass.south : t.compass.north}`;
  const east = `${decimal(Math.abs(longitude), 2)}° ${longitude < 0 ? t.compass.west : t.compass.east}`;
  const separator = language.value === "fr" ? " ; " : ", ";
  return [`${north}${separator}${east}`, elevation_m === null ? "" : `${count(elevation_m)} m`].filter(Boolean).join(" · ");
}

const COUNTRIES = Object.fromEntries(LANGUAGES.map((one) => [one, new Intl.DisplayNames(one, { type: "region", fallback: "none" })]));

/** A country in the language of the page; one that has no ISO code as the API calls it. */
export function countryName({ country, name }: Pick<Country, "country" | "name">): string {
  const isCode = language.value !== "en" && /^[A-Z]{2}$/.test(country);
  return (isCode && COUNTRIES[language.value]!.of(country)) || name;
}
