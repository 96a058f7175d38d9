/** The heat map drawn on a canvas: a row a station, a column a day. */

import { dayText } from "../dates";
import { DAY_MS, isoDay } from "../time";
import { type Cell, rectangleOf, type Selection } from "./selection";
import { HOURS_OF_A_DAY, nameOf, type StationDays } from "./days";

export interface GridStyle {
  text: string;
  soft: string;
  line: string;
  surface: string;
  empty: string;
  accent: string;
  /** From few hours to all. */
  shades: readonly string[];
  bad: string;
  late: string;
}

export interface GridLayout {
  width: number;
  height: number;
  left: number;
  top: number;
  rowHeight: number;
  days: number;
  rows: number;
}

export const ROW_PX = 18;
const TOP_PX = 20;
const LETTER_PX = 6.2;
const MONTH_PX = 54;

/** Names take a fourth of the width at most. */
export function layoutOf(width: number, rows: readonly StationDays[], days: number): GridLayout {
  const longest = Math.max(0, ...rows.map((one) => nameOf(one).length));
  const left = Math.round(Math.min(longest * LETTER_PX + 12, Math.max(88, width * 0.25)));
  return { width, height: TOP_PX + rows.length * ROW_PX, left, top: TOP_PX, rowHeight: ROW_PX, days, rows: rows.length };
}

/** Left edge of a day, on a whole pixel. */
export function dayLeft(layout: GridLayout, day: number): number {
  return Math.round(layout.left + ((layout.width - layout.left) * day) / layout.days);
}

/** The cell under a place; beyond the edge the nearest where `isHeld`, else none. */
export function cellAt(layout: GridLayout, x: number, y: number, isHeld = false): Cell | null {
  const day = Math.floor(((x - layout.left) / (layout.width - layout.left)) * layout.days);
  const row = Math.floor((y - layout.top) / layout.rowHeight);
  const isOutside = day < 0 || day >= layout.days || row < 0 || row >= layout.rows;
  if (isOutside && !isHeld) return null;
  return {
    row: Math.max(0, Math.min(layout.rows - 1, row)),
    day: Math.max(0, Math.min(layout.days - 1, day)),
  };
}

/** The share of the hours, from the first shade to the last. */
export function shadeOf(hours: number, shades: readonly string[]): string {
  const step = Math.ceil((Math.min(hours, HOURS_OF_A_DAY) / HOURS_OF_A_DAY) * shades.length) - 1;
  return shades[Math.max(0, step)]!;
}

function hatched(context: CanvasRenderingContext2D, ink: string, ground: string, isRising: boolean, width = 1.6): CanvasPattern | string {
  const tile = document.createElement("canvas");
  [tile.width, tile.height] = [6, 6];
  const pen = tile.getContext("2d");
  if (!pen) return ink;
  pen.fillStyle = ground;
  pen.fillRect(0, 0, 6, 6);
  pen.strokeStyle = ink;
  pen.lineWidth = width;
  for (const shift of [-6, 0, 6]) {
    pen.moveTo(shift, isRising ? 6 : 0);
    pen.lineTo(shift + 6, isRising ? 0 : 6);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat") ?? ink;
}

/** How a day without hours is filled, by its letter. */
export function fillsOf(context: CanvasRenderingContext2D, style: GridStyle): Record<string, CanvasPattern | string> {
  return {
    m: style.bad,
    f: hatched(context, style.surface, style.bad, true),
    l: hatched(context, style.late, style.surface, true),
    p: hatched(context, style.accent, style.surface, false),
    n: hatched(context, style.soft, style.empty, true, 0.6),
    q: style.empty,
    u: style.surface,
  };
}

export interface Drawn {
  rows: readonly StationDays[];
  start: number;
  cursor: Cell | null;
  selection: Selection | null;
}

export function drawGrid(context: CanvasRenderingContext2D, layout: GridLayout, style: GridStyle, drawn: Drawn): void {
  context.clearRect(0, 0, layout.width, layout.height);
  const fills = fillsOf(context, style);
  const gap = (layout.width - layout.left) / layout.days > 5 ? 1 : 0;
  context.font = "12px system-ui, sans-serif";
  context.textBaseline = "middle";
  drawn.rows.forEach((one, row) => {
    const y = layout.top + row * layout.rowHeight;
    context.fillStyle = style.text;
    context.fillText(fitted(context, nameOf(one), layout.left - 8), 0, y + layout.rowHeight / 2);
    for (let day = 0; day < layout.days; day += 1) {
      const x = dayLeft(layout, day);
      const width = dayLeft(layout, day + 1) - x - gap;
      const hours = one.hours[day] ?? 0;
      context.fillStyle = hours ? shadeOf(hours, style.shades) : (fills[one.states[day] ?? "q"] ?? style.empty);
      context.fillRect(x, y + 1, Math.max(1, width), layout.rowHeight - 2);
    }
  });
  drawDates(context, layout, style, drawn.start);
  if (drawn.selection) frame(context, layout, drawn.selection, style.text, 2);
  if (drawn.cursor) frame(context, layout, { from: drawn.cursor, to: drawn.cursor }, style.accent, 2);
}

/** As much of a name as there is room for. */
function fitted(context: CanvasRenderingContext2D, name: string, width: number): string {
  if (context.measureText(name).width <= width) return name;
  let length = name.length;
  while (length > 1 && context.measureText(`${name.slice(0, length)}…`).width > width) length -= 1;
  return `${name.slice(0, length).trimEnd()}…`;
}

/** The first of each month where there is room, else of each so many days. */
function drawDates(context: CanvasRenderingContext2D, layout: GridLayout, style: GridStyle, start: number): void {
  context.fillStyle = style.soft;
  let free = layout.left;
  for (let day = 0; day < layout.days; day += 1) {
    const text = isoDay(start + day * DAY_MS);
    const isMarked = layout.days <= 45 ? day % 7 === 0 : text.endsWith("-01");
    const x = dayLeft(layout, day);
    if (!isMarked || x < free || x + MONTH_PX > layout.width) continue;
    context.fillText(dayText(layout.days <= 45 ? text.slice(5) : text.slice(0, 7)), x, layout.top / 2);
    context.fillRect(x, layout.top - 4, 1, 4);
    free = x + MONTH_PX;
  }
}

function frame(context: CanvasRenderingContext2D, layout: GridLayout, selection: Selection, colour: string, width: number): void {
  const { firstRow, lastRow, firstDay, lastDay } = rectangleOf(selection);
  const [x, right] = [dayLeft(layout, firstDay), dayLeft(layout, lastDay + 1)];
  const y = layout.top + firstRow * layout.rowHeight;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(x, y, right - x, (lastRow - firstRow + 1) * layout.rowHeight);
}
