/** A rectangle of stations and days, while it is dragged and as the address has it. */

import { DAY_MS, isoDay, parseUtc } from "../time";
import type { StationDays } from "./days";

/** Row and column of a day. */
export interface Cell {
  row: number;
  day: number;
}

export interface Selection {
  from: Cell;
  to: Cell;
}

export interface Rectangle {
  firstRow: number;
  lastRow: number;
  firstDay: number;
  lastDay: number;
}

export function rectangleOf({ from, to }: Selection): Rectangle {
  return {
    firstRow: Math.min(from.row, to.row),
    lastRow: Math.max(from.row, to.row),
    firstDay: Math.min(from.day, to.day),
    lastDay: Math.max(from.day, to.day),
  };
}

/** What is to be filled: days and stations, whatever page they were chosen on. */
export interface Fill {
  first: number;
  last: number;
  stations: string[];
}

const STATION = /^[0-9A-Za-z_-]{11}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MOST_STATIONS = 50;

export function fillOf(selection: Selection, rows: readonly StationDays[], start: number): Fill {
  const { firstRow, lastRow, firstDay, lastDay } = rectangleOf(selection);
  return {
    first: start + firstDay * DAY_MS,
    last: start + lastDay * DAY_MS,
    stations: rows.slice(firstRow, lastRow + 1).map((one) => one.station_id),
  };
}

/** "2014-03-30,2014-04-01,01001099999,…" */
export function writeFill({ first, last, stations }: Fill): string {
  return [isoDay(first), isoDay(last), ...stations].join(",");
}

/** Null for what is no fill. */
export function readFill(text: unknown): Fill | null {
  if (typeof text !== "string") return null;
  const [first = "", last = "", ...stations] = text.split(",");
  if (!DAY.test(first) || !DAY.test(last) || !stations.length || stations.length > MOST_STATIONS) return null;
  if (!stations.every((one) => STATION.test(one))) return null;
  const days = [parseUtc(first), parseUtc(last)] as const;
  return isoDay(days[0]) === first && isoDay(days[1]) === last && days[0] <= days[1]
    ? { first: days[0], last: days[1], stations }
    : null;
}

/** Where a fill lies among these rows; null where no station of it is there. */
export function selectionOf(fill: Fill, rows: readonly StationDays[], start: number, days: number): Selection | null {
  const named = new Set(fill.stations);
  const found = rows.flatMap((one, row) => (named.has(one.station_id) ? [row] : []));
  const [first, last] = [(fill.first - start) / DAY_MS, (fill.last - start) / DAY_MS];
  if (!found.length || last < 0 || first >= days) return null;
  return {
    from: { row: found[0]!, day: Math.max(0, first) },
    to: { row: found.at(-1)!, day: Math.min(days - 1, last) },
  };
}

const STEPS: Record<string, readonly [row: number, day: number]> = {
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  PageUp: [0, -30],
  PageDown: [0, 30],
  Home: [0, -Infinity],
  End: [0, Infinity],
};

/** The cell a key goes to; null for other keys. */
export function steppedTo(key: string, at: Cell, rows: number, days: number): Cell | null {
  const step = STEPS[key];
  if (!step) return null;
  const within = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value));
  return { row: within(at.row + step[0], rows), day: within(at.day + step[1], days) };
}
