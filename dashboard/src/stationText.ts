/** How a station is called and where it lies. */

import type { Station } from "./api";
import { count, MISSING } from "./format";

// Abbreviations stay as they are.
const SHORT = new Set(["AP", "AFB", "US", "NAS", "AWS", "WXPOD"]);

/** "CHICAGO O'HARE INTERNATIONAL AIRPORT, IL US" → "Chicago O'Hare International Airport". */
export function nameInWords(name: string): string {
  const place = name.trim().replace(/,\s*([A-Z]{2}\s+)?[A-Z]{2}$/, "");
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
  const country = station.country?.startsWith("fips:") ? station.country_name : station.country;
  return [country, station.iata ?? station.icao, station.station_id].filter(Boolean).join(" · ");
}

/** "41.98° N, 87.90° W · 201 m" */
export function stationPosition(station: Station): string {
  const { latitude_deg: latitude, longitude_deg: longitude, elevation_m: elevation } = station;
  if (latitude === null || longitude === null) return MISSING;
  const north = `${Math.abs(latitude).toFixed(2)}° ${latitude < 0 ? "S" : "N"}`;
  const east = `${Math.abs(longitude).toFixed(2)}° ${longitude < 0 ? "W" : "E"}`;
  return [`${north}, ${east}`, elevation === null ? "" : `${count(elevation)} m`]
    .filter(Boolean)
    .join(" · ");
}
