/** The whole state of the map's page, as the query part of its address. */

import { ALL_STATIONS } from "../api";
import { type Rule, RULES } from "../rules";
import { MAP_PERIODS, type MapPeriod, readMoment } from "./moments";
import { readPlace } from "./places";

export const SHOWN_VALUES = ["mean", "min", "max"] as const;
export type ShownValue = (typeof SHOWN_VALUES)[number];

export const COLUMNS = ["name", "mean", "min", "max", "complete", "distance"] as const;
export type Column = (typeof COLUMNS)[number];

export interface MapState {
  by: MapPeriod;
  /** 2014, 2014-07, 2014-07-05 or 2014-07-05T13:00:00Z; empty for the newest. */
  at: string;
  value: ShownValue;
  rule: Rule;
  /** Empty: none is chosen. */
  station: string;
  /** "59.91,10.75"; empty: nowhere. */
  near: string;
  /** What is in sight, "zoom/latitude/longitude"; empty: every station. */
  view: string;
  /** The column the table goes by, with a minus from its end. */
  sort: string;
}

export interface Sorting {
  column: Column;
  isDescending: boolean;
}

function oneOf<Name extends string>(names: readonly Name[], value: unknown, fallback: Name): Name {
  return names.includes(value as Name) ? (value as Name) : fallback;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Reads an address; whatever is missing or makes no sense takes its default. */
export function readMapState(query: Record<string, unknown>): MapState {
  const by = oneOf(MAP_PERIODS, query["by"], "day");
  const station = textOf(query["station"]);
  const near = readPlace(textOf(query["near"]));
  return {
    by,
    at: readMoment(by, textOf(query["at"])) === null ? "" : textOf(query["at"]),
    value: oneOf(SHOWN_VALUES, query["value"], "mean"),
    rule: oneOf(RULES, query["rule"], "routine"),
    station: station === ALL_STATIONS ? "" : station,
    near: near === null ? "" : textOf(query["near"]),
    view: readView(textOf(query["view"])) === null ? "" : textOf(query["view"]),
    sort: /^-?(name|mean|min|max|complete|distance)$/.test(textOf(query["sort"])) ? textOf(query["sort"]) : "",
  };
}

export function writeMapState(state: MapState): Record<string, string> {
  return Object.fromEntries(Object.entries(state).filter(([, value]) => value !== ""));
}

/** What the table goes by: what the address says, else the distance, else the value shown, warmest first. */
export function sortingOf(state: MapState): Sorting {
  const said = state.sort || (state.near ? "distance" : `-${state.value}`);
  const isDescending = said.startsWith("-");
  const column = (isDescending ? said.slice(1) : said) as Column;
  return column === "distance" && !state.near ? { column: state.value, isDescending: true } : { column, isDescending };
}

export interface Sight {
  zoom: number;
  latitude: number;
  longitude: number;
}

export function readView(text: string): Sight | null {
  const parts = /^(-?\d{1,2}(?:\.\d{1,2})?)\/(-?\d{1,2}(?:\.\d{1,4})?)\/(-?\d{1,3}(?:\.\d{1,4})?)$/.exec(text);
  if (!parts) return null;
  const [zoom, latitude, longitude] = parts.slice(1).map(Number) as [number, number, number];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { zoom, latitude, longitude } : null;
}

export function writeView({ zoom, latitude, longitude }: Sight): string {
  const digits = zoom < 4 ? 1 : 3;
  return `${Number(zoom.toFixed(2))}/${latitude.toFixed(digits)}/${longitude.toFixed(digits)}`;
}
