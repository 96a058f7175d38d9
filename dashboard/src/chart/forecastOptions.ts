/** How uPlot draws a forecast with its interval, and skill by lead. */

import type uPlot from "uplot";
import type { Baseline, ForecastHour, LeadScores } from "../forecast";
import { BASELINES } from "../forecast";
import { decimal } from "../format";
import { common } from "../locale/common";
import { forecastText } from "../locale/forecast";
import { parseUtc } from "../time";
import { inUnits } from "../units";
import { type Palette, temperatureLabels, temperatureRange } from "./options";
import { timeLabels, timeSplits } from "./timeAxis";

const HOUR_S = 3600;
export const BASELINE_DASH: Record<Baseline, number[]> = { yesterday: [6, 3], climatology: [2, 3], damped14: [9, 3, 2, 3] };

export interface Drawing {
  options: Omit<uPlot.Options, "width" | "height">;
  data: uPlot.AlignedData;
}

function shared(palette: Palette, font: string, onCursor: (at: number | null) => void): Omit<uPlot.Options, "width" | "height" | "series"> {
  return {
    legend: { show: false },
    cursor: { y: false, points: { size: 8 }, drag: { x: false, y: false } },
    padding: [14, 14, 0, 0],
    hooks: { setCursor: [(u) => onCursor((u.cursor.left ?? -1) < 0 ? null : (u.cursor.idx ?? null))] },
    axes: [
      { stroke: palette.text, font, grid: { show: false }, ticks: { show: false }, size: 46, gap: 9 },
      { stroke: palette.text, font, grid: { stroke: palette.grid, width: 1 }, ticks: { show: false }, size: 58 },
    ],
  };
}

function line(label: string, stroke: string, width: number, dash?: number[]): uPlot.Series {
  // Beyond a day only every third hour is forecast: the line goes on, a value that is missing is a gap.
  return { label, stroke, width, ...(dash ? { dash } : {}), points: { show: false } };
}

export function forecastDrawing(
  rows: readonly ForecastHour[],
  beside: readonly Baseline[],
  palette: Palette,
  font: string,
  onCursor: (at: number | null) => void,
): Drawing {
  const base = shared(palette, font, onCursor);
  const [time, value] = base.axes!;
  const edge = { stroke: palette.band, width: 1, points: { show: false } };
  return {
    options: {
      ...base,
      scales: {
        x: { time: false, range: (_u, min, max) => [min - HOUR_S / 2, max + HOUR_S / 2] },
        y: { range: (_u, low, high) => temperatureRange(low, high) },
      },
      axes: [
        {
          ...time,
          incrs: [1, 2, 3, 6, 12, 24].map((hours) => hours * HOUR_S),
          splits: (_u, _axis, min, max, increment) => timeSplits(min, max, increment, "hour"),
          values: (_u, splits, _axis, _space, increment) => timeLabels(splits, increment, undefined, "hour"),
        },
        { ...value, values: (_u, splits) => temperatureLabels(splits, 0) },
      ],
      series: [
        {},
        { ...edge, label: "" },
        { ...edge, label: "" },
        ...beside.map((name) => ({
          ...line(forecastText.baselines[name], palette.min, 1.5, BASELINE_DASH[name]),
          // Of a station that reports every third hour no two values are joined.
          points: { show: rows.some((row) => row[`${name}_c`] === null), size: 5, fill: palette.min },
        })),
        line(common.forecast, palette.mean, 2.25),
        { ...line(forecastText.observed, palette.max, 2), points: { show: true, size: 5, fill: palette.max } },
      ],
      bands: [{ series: [2, 1], fill: palette.band }],
    },
    data: [
      rows.map((row) => parseUtc(row.valid_at) / 1000),
      rows.map((row) => inUnits(row.low_c)),
      rows.map((row) => inUnits(row.high_c)),
      ...beside.map((name) => rows.map((row) => inUnits(row[`${name}_c`]))),
      rows.map((row) => inUnits(row.temperature_c)),
      rows.map((row) => inUnits(row.observed_c)),
    ],
  };
}

export function skillDrawing(
  rows: readonly LeadScores[],
  palette: Palette,
  font: string,
  onCursor: (at: number | null) => void,
): Drawing {
  const base = shared(palette, font, onCursor);
  const [lead, skill] = base.axes!;
  const colours: Record<Baseline, string> = { yesterday: palette.mean, climatology: palette.max, damped14: palette.min };
  return {
    options: {
      ...base,
      scales: {
        x: { time: false },
        // No difference is on it, so that what loses is seen to lose.
        y: { range: (_u, low, high) => [Math.floor(Math.min(low ?? 0, 0) / 10) * 10, Math.ceil(Math.max(high ?? 0, 10) / 10) * 10] },
      },
      axes: [
        { ...lead, values: (_u, splits) => splits.map((one) => `${one} h`) },
        { ...skill, values: (_u, splits) => splits.map((one) => `${decimal(one, 0)} %`) },
      ],
      series: [{}, ...BASELINES.map((name) => line(forecastText.baselines[name], colours[name], 2, name === "yesterday" ? undefined : BASELINE_DASH[name]))],
    },
    data: [rows.map((row) => row.lead_h), ...BASELINES.map((name) => rows.map((row) => row[`skill_vs_${name}_pct`]))],
  };
}
