/** One uPlot on the page: it follows the holder's size; pointer, touch and keys move its cursor. */

import uPlot from "uplot";
import { type ChartStyle, chartOptions, readPalette } from "./options";
import type { Mark } from "./marks";
import type { Columns } from "./series";
import { addTouch } from "./touch";
import type { UsualColumn } from "./usualBand";
import type { Range } from "./zoom";
import type { Granularity } from "../time";

export interface PlotInputs {
  columns: () => Columns;
  style: () => ChartStyle;
  by: () => Granularity;
  visible: () => Range;
  marks: () => readonly Mark[];
  usual: () => UsualColumn;
  onCursor: (position: number | null, left: number, top: number) => void;
  onSelect: (range: Range) => void;
}

export interface Plot {
  /** Draws the rows anew, keeping everything else. */
  refresh: () => void;
  /** Draws all anew: style, colours, granularity. */
  redraw: () => void;
  /** Shows another stretch of time. */
  rescale: () => void;
  /** Puts the cursor on a position, or takes it away. */
  point: (position: number | null) => void;
  /** Pixels of the plotting area, from the holder's edges. */
  area: () => { left: number; top: number; width: number; height: number };
  destroy: () => void;
}

export function makePlot(holder: HTMLElement, inputs: PlotInputs): Plot {
  let chart: uPlot | null = null;
  let preview: Range | null = null;
  let removeTouch = (): void => undefined;
  const size = (): { width: number; height: number } => ({
    width: Math.max(240, holder.clientWidth),
    height: Math.max(160, holder.clientHeight),
  });
  const data = (): uPlot.AlignedData => {
    const { seconds, min, mean, max } = inputs.columns();
    return [seconds, min, max, mean];
  };

  function rescale(): void {
    const [min, max] = preview ?? inputs.visible();
    chart?.setScale("x", { min, max });
  }

  function redraw(): void {
    chart?.destroy();
    removeTouch();
    inputs.onCursor(null, 0, 0);
    const palette = readPalette(holder);
    const font = `12px ${getComputedStyle(holder).fontFamily}`;
    const visible = (): Range => preview ?? inputs.visible();
    const { style, by } = inputs;
    chart = new uPlot(
      chartOptions({ ...inputs, ...size(), style: style(), by: by(), visible, palette, font }),
      data(),
      holder,
    );
    removeTouch = addTouch(chart, {
      preview: (range) => {
        preview = range;
        rescale();
      },
      done: (range) => {
        preview = null;
        inputs.onSelect(range);
      },
    });
  }

  function point(position: number | null): void {
    if (!chart) return;
    const second = position === null ? undefined : chart.data[0][position];
    const left = second === undefined ? -10 : chart.valToPos(second, "x");
    chart.setCursor({ left, top: second === undefined ? -10 : 0 });
  }

  function area(): { left: number; top: number; width: number; height: number } {
    const over = chart?.over;
    if (!over) return { left: 0, top: 0, width: 0, height: 0 };
    return { left: over.offsetLeft, top: over.offsetTop, width: over.clientWidth, height: over.clientHeight };
  }

  const resized = new ResizeObserver(() => {
    const { width, height } = size();
    if (chart && (chart.width !== width || chart.height !== height)) chart.setSize({ width, height });
  });
  redraw();
  resized.observe(holder);

  return {
    refresh: () => chart?.setData(data()),
    redraw,
    rescale,
    point,
    area,
    destroy: () => {
      resized.disconnect();
      removeTouch();
      chart?.destroy();
    },
  };
}
