/** How uPlot draws temperatures: a band from minimum to maximum and the mean, or three lines. */

import type uPlot from "uplot";
import { celsius } from "../format";
import { isolatedPositions } from "./series";
import { TIME_INCREMENTS, timeLabels, timeSplits } from "./timeAxis";

export type ChartStyle = "band" | "lines";

/** Colours of the page's theme, read when the chart is made (a canvas knows no CSS variables). */
export interface Palette {
  text: string;
  grid: string;
  mean: string;
  min: string;
  max: string;
  band: string;
}

export function readPalette(element: Element): Palette {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: colour("--text-soft"),
    grid: colour("--grid"),
    mean: colour("--mean"),
    min: colour("--min"),
    max: colour("--max"),
    band: colour("--band"),
  };
}

function axes(palette: Palette, font: string): uPlot.Axis[] {
  const common = { stroke: palette.text, font, ticks: { show: false } };
  return [
    {
      ...common,
      grid: { show: false },
      space: 64,
      size: 46,
      gap: 9,
      incrs: TIME_INCREMENTS,
      splits: (_u, _axis, min, max, increment) => timeSplits(min, max, increment),
      values: (_u, splits, _axis, _space, increment) => timeLabels(splits, increment),
    },
    {
      ...common,
      grid: { stroke: palette.grid, width: 1 },
      size: 52,
      values: (_u, splits, _axis, _space, increment) =>
        splits.map((value) => celsius(value, increment < 1 ? 1 : 0)),
    },
  ];
}

function line(label: string, stroke: string, width: number, dash?: number[]): uPlot.Series {
  return {
    label,
    stroke,
    width,
    ...(dash ? { dash } : {}),
    spanGaps: false,
    points: {
      size: 5,
      fill: stroke,
      // Where points lie dense, only those without a neighbour: no line would show them.
      filter: (u, seriesIndex, show) => {
        if (show) return null;
        const values = u.data[seriesIndex];
        const range = u.series[0]!.idxs;
        return values && range ? isolatedPositions(values, range[0], range[1]) : null;
      },
    },
  };
}

// The mean comes last, so that it lies on top where all three are one value.
function seriesOf(style: ChartStyle, palette: Palette): uPlot.Series[] {
  if (style === "lines") {
    return [
      {},
      line("Minimum", palette.min, 1.75, [6, 3]),
      line("Maximum", palette.max, 1.75, [2, 3]),
      line("Mean", palette.mean, 2.25),
    ];
  }
  const edge = { stroke: palette.band, width: 1, points: { show: false } };
  return [
    {},
    { ...edge, label: "Minimum" },
    { ...edge, label: "Maximum" },
    line("Mean", palette.mean, 1.75),
  ];
}

/** A period alone between two gaps still shows how far it reached: a bar from minimum to maximum. */
function drawIsolatedRanges(palette: Palette) {
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

export interface ChartSetup {
  style: ChartStyle;
  palette: Palette;
  font: string;
  width: number;
  height: number;
  onCursor: (position: number | null) => void;
  /** Fixed time range in seconds, where the axis should not follow the data. */
  range?: [number, number] | undefined;
}

export function chartOptions(setup: ChartSetup): uPlot.Options {
  const { style, palette, range } = setup;
  return {
    width: setup.width,
    height: setup.height,
    legend: { show: false },
    cursor: { y: false, points: { size: 8 }, drag: { x: true, y: false } },
    scales: { x: range ? { time: false, range } : { time: false } },
    axes: axes(palette, setup.font),
    series: seriesOf(style, palette),
    bands: [{ series: [2, 1], fill: palette.band }],
    padding: [12, 12, 0, 0],
    hooks: {
      drawClear: [drawIsolatedRanges(palette)],
      setCursor: [(u) => setup.onCursor(u.cursor.idx ?? null)],
    },
  };
}
