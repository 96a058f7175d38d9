/** How uPlot draws temperatures: a band from minimum to maximum and the mean, or three lines. */

import type uPlot from "uplot";
import { decimal } from "../format";
import { common } from "../locale/common";
import type { Granularity } from "../time";
import { drawIsolatedRanges, drawMarks, type Mark } from "./marks";
import { isolatedPositions } from "./series";
import { incrementsOf, timeLabels, timeSplits } from "./timeAxis";
import { drawUsual, type UsualColumn, usualExtent } from "./usualBand";
import type { Range } from "./zoom";
import { degrees, differenceInUnits } from "../units";

export type ChartStyle = "band" | "lines";

/** Colours of the page's theme, read when the chart is made (a canvas knows no CSS variables). */
export interface Palette {
  text: string;
  grid: string;
  mean: string;
  min: string;
  max: string;
  band: string;
  mark: string;
  surface: string;
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
    mark: colour("--mark"),
    surface: colour("--surface"),
  };
}

/** Labels of the ticks, thinned so that none touches another or the canvas's edge. */
function tickLabels(u: uPlot, splits: number[], increment: number, by: Granularity): string[] {
  const ratio = devicePixelRatio;
  u.ctx.save();
  u.ctx.font = (u.axes[0]!.font as unknown as [string])[0]; // uPlot keeps it with its size in pixels
  const labels = timeLabels(splits, increment, {
    at: (second) => u.valToPos(second, "x", true) / ratio,
    width: (text) => u.ctx.measureText(text).width / ratio,
    edges: [0, u.width],
  }, by);
  u.ctx.restore();
  return labels;
}

const NARROWEST_AXIS = 54;

/** Width of the temperature axis: that of its longest label, which is no narrower at any zoom than two digits. */
function axisWidth(u: uPlot, labels: string[] | null): number {
  u.ctx.save();
  u.ctx.font = (u.axes[1]!.font as unknown as [string])[0];
  const widths = (labels ?? []).map((text) => u.ctx.measureText(text).width / devicePixelRatio);
  u.ctx.restore();
  return Math.max(NARROWEST_AXIS, Math.ceil(Math.max(0, ...widths)) + 10);
}

function axes(palette: Palette, font: string, by: Granularity): uPlot.Axis[] {
  const common = { stroke: palette.text, font, ticks: { show: false } };
  return [
    {
      ...common,
      grid: { show: false },
      space: (_u, _axis, min, max) => (max - min < 4 * 86_400 ? 52 : 64),
      size: 46,
      gap: 9,
      incrs: incrementsOf(by),
      splits: (_u, _axis, min, max, increment) => timeSplits(min, max, increment, by),
      values: (u, splits, _axis, _space, increment) => tickLabels(u, splits, increment, by),
    },
    {
      ...common,
      grid: { stroke: palette.grid, width: 1 },
      size: axisWidth,
      values: (_u, splits, _axis, _space, increment) =>
        temperatureLabels(splits, Number.isInteger(increment) ? 0 : 1),
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
      line(common.minimum, palette.min, 1.75, [6, 3]),
      line(common.maximum, palette.max, 1.75, [2, 3]),
      line(common.mean, palette.mean, 2.25),
    ];
  }
  const edge = { stroke: palette.band, width: 1, points: { show: false } };
  return [
    {},
    { ...edge, label: common.minimum },
    { ...edge, label: common.maximum },
    line(common.mean, palette.mean, 1.75),
  ];
}

export interface ChartSetup {
  style: ChartStyle;
  by: Granularity;
  palette: Palette;
  font: string;
  width: number;
  height: number;
  /** What of the time axis is to be seen, in seconds; asked at every change of scale. */
  visible: () => Range;
  marks: () => readonly Mark[];
  /** By position; empty where it is not shown. */
  usual: () => UsualColumn;
  onCursor: (position: number | null, left: number, top: number) => void;
  onSelect: (range: Range) => void;
}

/** A calm day must not look like weather: the axis spans this much at least, degrees Celsius. */
const SMALLEST_SPAN_C = 5;

/** Numbers of the temperature axis, which is in the unit of the page; the topmost says which. */
export function temperatureLabels(splits: readonly number[], decimals: number): string[] {
  return splits.map((one, at) => `${decimal(one, decimals)}${at === splits.length - 1 ? ` ${degrees.value}` : ""}`);
}

/** What the temperature axis shows of rows between two temperatures, in the unit of the page; null where there are none. */
export function temperatureRange(lowest: number | null, highest: number | null): uPlot.Range.MinMax {
  if (lowest === null || highest === null) return [null, null];
  const lacking = Math.max(0, differenceInUnits(SMALLEST_SPAN_C) - (highest - lowest)) / 2;
  const from = lowest - lacking;
  const to = highest + lacking;
  const step = to - from > 20 ? 5 : 1; // whole numbers at both ends
  return [Math.floor(from / step) * step, Math.ceil(to / step) * step];
}

/** The extremes of the rows seen and of what is usual there. */
function withUsual(u: uPlot, usual: UsualColumn, lowest: number | null, highest: number | null): [number | null, number | null] {
  const seen = u.series[0]!.idxs;
  const extent = seen ? usualExtent(usual, seen[0], seen[1]) : null;
  if (!extent || lowest === null || highest === null) return [lowest, highest];
  return [Math.min(lowest, extent[0]), Math.max(highest, extent[1])];
}

export function chartOptions(setup: ChartSetup): uPlot.Options {
  const { style, palette } = setup;
  const noDoubleClick: uPlot.Cursor.MouseListenerFactory = () => null;
  return {
    width: setup.width,
    height: setup.height,
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 8 },
      drag: { x: true, y: false, setScale: false, dist: 6 },
      bind: { dblclick: noDoubleClick },
    },
    scales: {
      x: { time: false, range: () => [...setup.visible()] },
      y: { range: (u, lowest, highest) => temperatureRange(...withUsual(u, setup.usual(), lowest, highest)) },
    },
    axes: axes(palette, setup.font, setup.by),
    series: seriesOf(style, palette),
    bands: [{ series: [2, 1], fill: palette.band }],
    padding: [14, 14, 0, 0],
    hooks: {
      drawClear: [(u) => drawUsual(u, setup.usual(), palette), drawIsolatedRanges(palette)],
      draw: [(u) => drawMarks(u, setup.marks(), palette, setup.font)],
      setCursor: [
        (u) => {
          const { idx, left = -1, top = -1 } = u.cursor;
          setup.onCursor(left < 0 ? null : (idx ?? null), left, top);
        },
      ],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < 1) return;
          setup.onSelect([u.posToVal(left, "x"), u.posToVal(left + width, "x")]);
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}
