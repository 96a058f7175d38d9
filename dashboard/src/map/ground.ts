/** Land and borders of the bundled atlas, cut where the map ends: it is made for globes, which do not. */

import L from "leaflet";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import atlas from "world-atlas/countries-110m.json";

const topology = atlas as unknown as Topology<{ land: GeometryCollection; countries: GeometryCollection }>;
const WORLD = L.bounds([-180, -90], [180, 90]);
const TURN = 360;

export type Ring = readonly (readonly number[])[];

/** Without jumps: each point within half a turn of the one before; one around a pole is led past it. */
function unwrapped(ring: Ring): L.Point[] {
  const points: L.Point[] = [];
  for (const [longitude, latitude] of ring) {
    const before = points.at(-1)?.x ?? longitude!;
    points.push(L.point(longitude! + TURN * Math.round((before - longitude!) / TURN), latitude!));
  }
  const [first, last] = [points[0]!, points.at(-1)!];
  if (Math.abs(last.x - first.x) < TURN / 2) return points;
  const pole = first.y < 0 ? -90 : 90;
  return [...points, L.point(last.x, pole), L.point(first.x, pole)];
}

/** A ring's parts on the map, as latitudes and longitudes. */
export function cut(ring: Ring): L.LatLngTuple[][] {
  const points = unwrapped(ring);
  const parts = [-TURN, 0, TURN].map((turn) => {
    const shifted = points.map(({ x, y }) => L.point(x + turn, y));
    return L.PolyUtil.clipPolygon(shifted, WORLD).map(({ x, y }): L.LatLngTuple => [y, x]);
  });
  return parts.filter((part) => part.length > 2);
}

/** The rings of all land, and of the seas in it. */
export function landRings(): L.LatLngTuple[][] {
  const { features } = feature(topology, topology.objects.land);
  const polygons = features.flatMap(({ geometry }) => (geometry.type === "MultiPolygon" ? geometry.coordinates : []));
  return polygons.flatMap((rings) => rings.flatMap(cut));
}

/** Borders without coasts. */
export function borderLines(): L.LatLngTuple[][] {
  const lines = mesh(topology, topology.objects.countries, (one, other) => one !== other);
  return lines.coordinates.map((line) => line.map(([longitude, latitude]): L.LatLngTuple => [latitude!, longitude!]));
}
