/** What is drawn on the canvas beside the lines: ranges of lonely periods, changes of the stations behind. */

import type uPlot from "uplot";
import type { Palette } from "./options";
import { isolatedPositions } from "./series";

/** A stretch of time, in seconds, that is not drawn as weather, or the instant at which stations change. */
export interface Mark {
  from: number;
  to: number;
  text: string;
}

/** Half of the width a mark has at least. */
const NARROWEST_PX = 3.5;
/** A wider one has a line at each side. */
const WIDE_PX = 24;

/** A period alone between two gaps still shows how far it reached: a bar from minimum to maximum. */
export function drawIsolatedRanges(palette: Palette) {
  return (u: uPlot): void => {
    const [xs, mins, maxs] = u.data;
    const range = u.series[0]!.idxs;
    if (!mins || !maxs || !range) return;
    const { ctx } = u;
    ctx.save();
    ctx.strokeStyle = palette.band;
    ctx.lineWidth = 4 * devicePixelRatio;
    for (const at of isolatedPositions(mins, range[0], range[1])) {
      const x = u.valToPos(xs[at]!, "x", true);
      ctx.beginPath();
      ctx.moveTo(x, u.valToPos(mins[at]!, "y", true));
      ctx.lineTo(x, u.valToPos(maxs[at] ?? mins[at]!, "y", true));
      ctx.stroke();
    }
    ctx.restore();
  };
}

/** A dashed line (or a shaded stretch) per mark; its text where it touches no other. */
export function drawMarks(u: uPlot, marks: readonly Mark[], palette: Palette, font: string): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  let free = bbox.left;
  ctx.save();
  ctx.font = font.replace(/^\d+/, (size) => String(Number(size) * ratio));
  ctx.textBaseline = "top";
  ctx.textAlign = "left";
  const seen = marks
    .map((mark) => ({ ...mark, left: u.valToPos(mark.from, "x", true), right: u.valToPos(mark.to, "x", true) }))
    .filter(({ left, right }) => right >= bbox.left && left <= bbox.left + bbox.width);
  for (const { left, right } of seen) drawMark(u, left, right, palette);
  for (const { left, right, text } of seen) {
    const width = ctx.measureText(text).width;
    const start = Math.min((left + right) / 2 + 6 * ratio, bbox.left + bbox.width - width);
    if (start < free) continue;
    ctx.fillStyle = palette.surface;
    ctx.fillRect(start - 2 * ratio, bbox.top + ratio, width + 4 * ratio, 16 * ratio);
    ctx.fillStyle = palette.mark;
    ctx.fillText(text, start, bbox.top + 2 * ratio);
    free = start + width + 10 * ratio;
  }
  ctx.restore();
}

function drawMark(u: uPlot, from: number, to: number, palette: Palette): void {
  const { ctx, bbox } = u;
  const ratio = devicePixelRatio;
  const middle = Math.round((from + to) / 2);
  const half = Math.max((to - from) / 2, NARROWEST_PX * ratio);
  const left = Math.max(bbox.left, middle - half);
  const right = Math.min(bbox.left + bbox.width, middle + half);
  // Where many rows share a pixel the line would bridge the gap: it is cleared to a width one sees.
  ctx.fillStyle = palette.surface;
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  ctx.fillStyle = palette.mark;
  ctx.globalAlpha = 0.12;
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  ctx.globalAlpha = 1;
  ctx.strokeStyle = palette.mark;
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  for (const x of right - left > WIDE_PX * ratio ? [left, right] : [middle]) {
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
  }
  ctx.stroke();
  ctx.setLineDash([]);
}
