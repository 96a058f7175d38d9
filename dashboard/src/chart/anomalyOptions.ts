/** How uPlot draws anomalies: a bar from zero for each period, warm ones up, weak ones faint. */

import uPlot from "uplot";
import type { Anomaly } from "../climate";
import { decimal, percent, signed, temperature } from "../format";
import { periodLabel } from "../dates";
import { chartText as t } from "../locale/chart";
import { common } from "../locale/common";
import { type Granularity, nextPeriod } from "../time";
import { degrees, differenceInUnits } from "../units";
import type { Drawing } from "./forecastOptions";
import type { Palette } from "./options";
import { incrementsOf, timeLabels, timeSplits, wholeRange } from "./timeAxis";

export interface AnomalyBar {
  start: number;
  /** Null where the period has none. */
  row: Anomaly | null;
}

/** Every period from the first to the last row, those without an anomaly too. */
export function anomalyBars(points: readonly { start: number }[], anomalies: ReadonlyMap<number, Anomaly>, by: Granularity): AnomalyBar[] {
  const bars: AnomalyBar[] = [];
  const last = points.at(-1)?.start ?? -Infinity;
  for (let start = points[0]?.start ?? 0; start <= last; start = nextPeriod(by, start)) {
    bars.push({ start, row: anomalies.get(start) ?? null });
  }
  return bars;
}

/** A bar in a sentence. */
export function anomalyText({ start, row }: AnomalyBar, by: Granularity): string {
  const when = `${periodLabel(by, start)} UTC`;
  if (!row) return common.titled(when, common.noDataHere);
  const text = t.anomaly(`${signed(row.anomaly_c)} ${degrees.value}`, temperature(row.mean_c), temperature(row.normal_c));
  const said = common.titled(when, text);
  return row.grade === "weak" ? `${said}; ${t.weak(percent(row.completeness))}` : said;
}

type Kind = (row: Anomaly) => boolean;
const isWeak: Kind = (row) => row.grade === "weak";
const KINDS: readonly { name: keyof typeof t.anomalyKinds; is: Kind; colour: (palette: Palette) => string; fill: string }[] = [
  { name: "warmer", is: (row) => !isWeak(row) && row.anomaly_c >= 0, colour: ({ max }) => max, fill: "" },
  { name: "cooler", is: (row) => !isWeak(row) && row.anomaly_c < 0, colour: ({ min }) => min, fill: "" },
  { name: "weak", is: isWeak, colour: ({ text }) => text, fill: "transparent" },
];
const NARROWEST_SPAN_C = 1;

export function anomalyDrawing(bars: readonly AnomalyBar[], by: Granularity, palette: Palette, font: string, onCursor: (at: number | null) => void): Drawing {
  const axis = { stroke: palette.text, font, ticks: { show: false } };
  const paths = uPlot.paths.bars!({ size: [0.8, 40] });
  const range = wholeRange(bars, by);
  return {
    options: {
      legend: { show: false },
      cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
      padding: [14, 14, 0, 0],
      hooks: { setCursor: [(u) => onCursor((u.cursor.left ?? -1) < 0 ? null : (u.cursor.idx ?? null))] },
      scales: {
        x: { time: false, range: () => [...range] },
        // Zero is on it, so that a bar has where to begin.
        y: { range: (_u, low, high) => [Math.floor(Math.min(low ?? 0, -NARROWEST_SPAN_C)), Math.ceil(Math.max(high ?? 0, NARROWEST_SPAN_C))] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 46,
          gap: 9,
          space: 64,
          incrs: incrementsOf(by),
          splits: (_u, _axis, min, max, increment) => timeSplits(min, max, increment, by),
          values: (_u, splits, _axis, _space, increment) => timeLabels(splits, increment, undefined, by),
        },
        {
          ...axis,
          grid: { stroke: palette.grid, width: 1 },
          size: 58,
          values: (_u, splits) => splits.map((one, at) => `${one > 0 ? "+" : ""}${decimal(one)}${at === splits.length - 1 ? ` ${degrees.value}` : ""}`),
        },
      ],
      series: [
        {},
        ...KINDS.map(({ name, colour, fill }) => ({
          label: t.anomalyKinds[name],
          paths,
          stroke: colour(palette),
          fill: fill || colour(palette),
          width: fill ? 1 : 0,
          points: { show: false },
        })),
      ],
    },
    data: [
      bars.map(({ start }) => start / 1000),
      ...KINDS.map(({ is }) => bars.map(({ row }) => (row && is(row) ? differenceInUnits(row.anomaly_c) : null))),
    ],
  };
}
