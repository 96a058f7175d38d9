/** Where somebody is, as it is typed and written, and how far that is from a station. */

import { mapText as t } from "../locale/map";

export interface Place {
  latitude: number;
  longitude: number;
}

const EARTH_RADIUS_KM = 6371.0088;
const NUMBER = String.raw`([+-]?\d{1,3}(?:\.\d+)?)\s*°?`;
const PAIR = new RegExp(String.raw`^\s*${NUMBER}\s*([NS]?)\s*[,; ]\s*${NUMBER}\s*([EW]?)\s*$`, "i");

/** "59.91, 10.75", "59.91 10.75", "33.9° S, 151.2° E"; null where it is no place on Earth. */
export function readPlace(text: string): Place | null {
  const parts = PAIR.exec(text.replace(/[−–]/g, "-"));
  if (!parts) return null;
  const [, north, ns, east, ew] = parts;
  const latitude = Number(north) * (ns?.toUpperCase() === "S" ? -1 : 1);
  const longitude = Number(east) * (ew?.toUpperCase() === "W" ? -1 : 1);
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}

/** For an address: to a hundredth of a degree, a kilometre, which finds the stations and no house. */
export function writePlace({ latitude, longitude }: Place): string {
  return `${Number(latitude.toFixed(2))},${Number(longitude.toFixed(2))}`;
}

/** Along the surface. */
export function distanceKm(one: Place, other: Place): number {
  const radians = (degrees: number): number => (degrees * Math.PI) / 180;
  const north = Math.sin(radians(other.latitude - one.latitude) / 2) ** 2;
  const east = Math.sin(radians(other.longitude - one.longitude) / 2) ** 2;
  const chord = north + Math.cos(radians(one.latitude)) * Math.cos(radians(other.latitude)) * east;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

/** Asks the browser, which asks its user; the reason where there is no answer. */
export function askWhere(): Promise<Place> {
  return new Promise((found, failed) => {
    if (!("geolocation" in navigator)) return failed(new Error(t.cannotSay));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => found({ latitude: coords.latitude, longitude: coords.longitude }),
      ({ code }) => failed(new Error(t.refused[code - 1] ?? t.refused[1])),
      { timeout: 15_000, maximumAge: 600_000 },
    );
  });
}
