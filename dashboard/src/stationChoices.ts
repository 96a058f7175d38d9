/** What the station picker offers, and how keys move through it. */

import { ALL_STATIONS, type Station } from "./api";
import { stationName, stationPlace } from "./stationText";

export interface Choice {
  id: string;
  name: string;
  place: string;
}

export const EVERY: Choice = { id: ALL_STATIONS, name: "All stations", place: "mean of the stations' means" };

/** The stations found, after all of them together where nothing was asked for. */
export function choicesOf(stations: readonly Station[], isFiltered: boolean): Choice[] {
  return [
    ...(isFiltered ? [] : [EVERY]),
    ...stations.map((one) => ({ id: one.station_id, name: stationName(one), place: stationPlace(one) })),
  ];
}

/** How a search stands, in words; empty where its choices speak for themselves. */
export function stateOfSearch(problem: string, isCurrent: boolean, text: string, found: number, hasMore: boolean): string {
  if (problem) return `${problem}. Press a key to try again.`;
  if (!isCurrent) return "Searching …";
  if (!found && text) return `No station matches “${text}”. Try a part of its name, its id or a code.`;
  return hasMore ? `The first ${found}: type more of the name.` : "";
}

const PAGE = 10;

/** The place in a list that a key leads to, from a place (-1: none) and the last one there is. */
export const LIST_KEYS: Record<string, (at: number, last: number) => number> = {
  ArrowDown: (at, last) => (at < last ? at + 1 : 0),
  ArrowUp: (at, last) => (at > 0 ? at - 1 : last),
  PageDown: (at, last) => Math.min(at + PAGE, last),
  PageUp: (at) => Math.max(at - PAGE, 0),
  Home: () => 0,
  End: (_at, last) => last,
};
