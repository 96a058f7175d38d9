/** What is usual for the time of year, drawn behind the temperatures themselves. */

import type uPlot from "uplot";
import type { Usual } from "../climate";
import { inUnits } from "../units";
import type { Palette } from "./options";

/** Per position of the chart's columns; null where nothing is usual or there is too little to say it. */
export type UsualColumn = readonly (Usual | null)[];

const BAND_ALPHA = 0.13;

/** Stretches of positions that have it, [from, to), within those that are seen. */
export function stretches(usual: UsualColumn, first: number, last: number): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (let at = first; at <= last; at++) {
    if (!usual[at]) continue;
    let to = at + 1;
    while (to <= last && usual[to]) to++;
    found.push([at, to]);
    at = to;
  }
  return found;
}

/** Lowest and highest of it between two positions, in the unit of the page; null where there is none. */
export function usualExtent(usual: UsualColumn, first: number, last: number): [low: number, high: number] | null {
  const seen = usual.slice(first, last + 1).filter((one) => one !== null);
  if (!seen.length) return null;
  return [inUnits<never>(Math.min(...seen.map((one) => one.low_c))), inUnits<never>(Math.max(...seen.map((one) => one.high_c)))];
}

export function drawUsual(u: uPlot, usual: UsualColumn, palette: Palette): void {
  const range = u.series[0]!.idxs;
  if (!range) return;
  const { ctx } = u;
  const place = (at: number, value: number): [number, number] => [u.valToPos(u.data[0][at]!, "x", true), u.valToPos(inUnits<never>(value), "y", true)];
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.fillStyle = ctx.strokeStyle = palette.text;
  for (const [from, to] of stretches(usual, Math.max(0, range[0] - 1), Math.min(usual.length - 1, range[1] + 1))) {
    const positions = Array.from({ length: to - from }, (_, at) => from + at);
    ctx.beginPath();
    for (const at of positions) ctx.lineTo(...place(at, usual[at]!.high_c));
    for (const at of positions.toReversed()) ctx.lineTo(...place(at, usual[at]!.low_c));
    ctx.closePath();
    ctx.globalAlpha = BAND_ALPHA;
    ctx.fill();
    ctx.globalAlpha = 0.75;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    for (const at of positions) ctx.lineTo(...place(at, usual[at]!.mean_c));
    ctx.stroke();
  }
  ctx.restore();
}
