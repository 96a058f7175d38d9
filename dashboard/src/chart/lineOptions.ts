/** How uPlot draws several lines beside each other: told apart by colour and by dash. */

import type uPlot from "uplot";
import { type Granularity } from "../time";
import { inUnits } from "../units";
import type { Drawing } from "./forecastOptions";
import { type Palette, temperatureLabels, temperatureRange } from "./options";
import { isolatedPositions } from "./series";
import { incrementsOf, timeLabels, timeSplits, wholeRange } from "./timeAxis";

export const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

export interface DrawnLine {
  label: string;
  /** Degrees Celsius, one per position. */
  values_c: readonly (number | null)[];
}

/** Colours of the page's theme, as many as there are dashes. */
function lineColours(): string[] {
  const style = getComputedStyle(document.documentElement);
  return DASHES.map((_, at) => style.getPropertyValue(`--line-${at + 1}`).trim());
}

export function linesDrawing(
  starts: readonly number[],
  lines: readonly DrawnLine[],
  by: Granularity,
  palette: Palette,
  font: string,
  onCursor: (at: number | null) => void,
): Drawing {
  const axis = { stroke: palette.text, font, ticks: { show: false } };
  const colours = lineColours();
  const range = wholeRange(starts.map((start) => ({ start })), by);
  const points: uPlot.Series.Points = {
    size: 5,
    filter: (u, seriesAt, show) => {
      const seen = u.series[0]!.idxs;
      return show || !seen ? null : isolatedPositions(u.data[seriesAt]!, seen[0], seen[1]);
    },
  };
  return {
    options: {
      legend: { show: false },
      cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
      padding: [14, 14, 0, 0],
      hooks: { setCursor: [(u) => onCursor((u.cursor.left ?? -1) < 0 ? null : (u.cursor.idx ?? null))] },
      scales: { x: { time: false, range: () => [...range] }, y: { range: (_u, low, high) => temperatureRange(low, high) } },
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
          values: (_u, splits, _axis, _space, increment) => temperatureLabels(splits, Number.isInteger(increment) ? 0 : 1),
        },
      ],
      series: [
        {},
        ...lines.map(({ label }, at) => ({ label, stroke: colours[at]!, dash: [...DASHES[at]!], width: 2, points: { ...points, fill: colours[at]! } })),
      ],
    },
    data: [starts.map((start) => start / 1000), ...lines.map(({ values_c }) => values_c.map((one) => inUnits(one)))],
  };
}
