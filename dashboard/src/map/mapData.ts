/** What the map shows: every station with its place and what it has of the moment. */

import { apiUrl, getJson, type Schemas } from "../api";
import { nameInWords } from "../stationText";
import { unitsQuery } from "../units";
import type { MapState, ShownValue } from "./mapState";
import type { MapPeriod } from "./moments";

const ROUTE: Record<MapPeriod, { name: string; parameter: string }> = {
  hour: { name: "map/hourly", parameter: "at" },
  day: { name: "map/daily", parameter: "day" },
  month: { name: "map/monthly", parameter: "month" },
  year: { name: "map/yearly", parameter: "year" },
};

export interface MapPoint {
  station_id: string;
  name: string;
  country: string | null;
  latitude: number;
  longitude: number;
  elevation_m: number | null;
  /** Null where it has nothing of the moment. */
  mean_c: number | null;
  min_c: number | null;
  max_c: number | null;
  /** Share of its days that are good, 0 to 1; null of hours. */
  completeness: number | null;
  /** Too few of its days are good: its mean may be one of the days there are. */
  isWeak: boolean;
  observations: number | null;
}

type Stations = Schemas["MapStationColumns"];
type Values = Partial<Schemas["MapHourColumns"] & Schemas["MapPeriodColumns"]> & Pick<Schemas["MapHourColumns"], "station_id" | "mean_c" | "min_c" | "max_c">;

export function mapUrl({ by, at, rule }: Pick<MapState, "by" | "at" | "rule">, format: "csv" | "columns"): string {
  const { name, parameter } = ROUTE[by];
  return apiUrl(name, { [parameter]: at, rule, format, ...(format === "csv" && unitsQuery()) });
}

export async function fetchMapStations(signal?: AbortSignal): Promise<Stations> {
  return (await getJson<{ data: Stations }>(apiUrl("map/stations", { format: "columns" }), signal)).data;
}

export async function fetchMapValues(wanted: Pick<MapState, "by" | "at" | "rule">, signal?: AbortSignal): Promise<Values> {
  return (await getJson<{ data: Values }>(mapUrl(wanted, "columns"), signal)).data;
}

/** Every station with a place, whether it has a value or not. */
export function pointsOf(stations: Stations, values: Values | null): MapPoint[] {
  const places = new Map(values?.station_id.map((id, at) => [id, at]));
  return stations.station_id.map((station_id, at) => {
    const place = places.get(station_id);
    const of = <Value>(column: readonly Value[] | undefined): Value | null =>
      place === undefined ? null : (column?.[place] ?? null);
    const name = stations.name[at];
    return {
      station_id,
      name: name?.trim() ? nameInWords(name) : station_id,
      country: stations.country[at] ?? null,
      latitude: stations.latitude_deg[at]!,
      longitude: stations.longitude_deg[at]!,
      elevation_m: stations.elevation_m[at] ?? null,
      mean_c: of(values?.mean_c),
      min_c: of(values?.min_c),
      max_c: of(values?.max_c),
      completeness: of(values?.completeness),
      isWeak: of(values?.grade) === "weak",
      observations: of(values?.observation_count),
    };
  });
}

export function valueOf(point: MapPoint, value: ShownValue): number | null {
  return point[`${value}_c`];
}

/** The stations with the lowest and highest value; weak ones only where there is no other. */
export function extremesOf(points: readonly MapPoint[], value: ShownValue): { coldest: MapPoint; warmest: MapPoint } | null {
  const known = points.filter((one) => valueOf(one, value) !== null);
  const good = known.filter((one) => !one.isWeak);
  const among = good.length ? good : known;
  const first = among[0];
  if (!first) return null;
  let [coldest, warmest] = [first, first];
  for (const one of among) {
    if (valueOf(one, value)! < valueOf(coldest, value)!) coldest = one;
    if (valueOf(one, value)! > valueOf(warmest, value)!) warmest = one;
  }
  return { coldest, warmest };
}
