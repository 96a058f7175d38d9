/** What the station picker offers, and how keys move through it. */

import { ALL_STATIONS, type Station } from "./api";
import { common } from "./locale/common";
import { stationsText as t } from "./locale/stations";
import { stationName, stationPlace } from "./stationText";

export interface Choice {
  id: string;
  name: string;
  place: string;
}

/** All of them together. */
export function every(): Choice {
  return { id: ALL_STATIONS, name: common.allStations, place: t.meanOfMeans };
}

/** The stations found, after all of them together where nothing was asked for. */
export function choicesOf(stations: readonly Station[], isFiltered: boolean): Choice[] {
  return [
    ...(isFiltered ? [] : [every()]),
    ...stations.map((one) => ({ id: one.station_id, name: stationName(one), place: stationPlace(one) })),
  ];
}

/** How a search stands, in words; empty where its choices speak for themselves. */
export function stateOfSearch(problem: string, isCurrent: boolean, text: string, found: number, hasMore: boolean): string {
  if (problem) return t.pressKey(problem);
  if (!isCurrent) return t.searching;
  if (!found && text) return t.noMatch(text);
  return hasMore ? t.first(found) : "";
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
