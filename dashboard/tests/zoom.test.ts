import { describe, expect, it } from "vitest";
import { keyAction } from "../src/chart/keys";
import { pinchedRange } from "../src/chart/touch";
import { overlap, type Range, readZoom, snapped, within, zoomed, zoomText } from "../src/chart/zoom";
import { generator } from "./rows";

const HOUR_S = 3600;
const WHOLE: Range = [0, 1000 * HOUR_S];

describe("the part of a period that is shown", () => {
  it("is in the address as it is, and comes back", () => {
    const text = "2014-07-05T06:00Z/2014-07-07T18:00Z";
    expect(zoomText(readZoom(text))).toBe(text);
    expect(zoomText(readZoom("1901-01-01T00:00Z/1901-01-02T00:00Z"))).toBe("1901-01-01T00:00Z/1901-01-02T00:00Z");
  });

  it("is all of it where the address says nothing, nonsense, or a stretch that ends before it begins", () => {
    const none = [undefined, "", "x", 5, "2014-07-05/2014-07-06", "2014-07-06T00:00Z/2014-07-05T00:00Z", "2014-13-05T00:00Z/2014-07-05T00:00Z"];
    for (const text of none) expect(readZoom(text)).toBeNull();
  });

  it("is what of it lies in the data's period, else all", () => {
    expect(overlap([-5, 3 * HOUR_S], WHOLE)).toEqual([0, 3 * HOUR_S]);
    expect(overlap([-5, -1], WHOLE)).toBeNull();
    expect(overlap([-5, 2000 * HOUR_S], WHOLE)).toBeNull();
    expect(overlap(null, WHOLE)).toBeNull();
  });

  it("snaps to whole hours, and to all where that is all", () => {
    expect(snapped([10, HOUR_S + 10], WHOLE)).toEqual([0, 2 * HOUR_S]);
    expect(snapped([10, 1000 * HOUR_S - 10], WHOLE)).toBeNull();
  });

  it("stays within the period, no shorter than asked, and keeps the instant under the cursor", () => {
    const next = generator(3);
    const shortest = 2 * HOUR_S;
    for (let round = 0; round < 500; round++) {
      const from = next(900) * HOUR_S;
      const range: Range = [from, from + (2 + next(90)) * HOUR_S];
      const around = range[0] + next(range[1] - range[0]);
      const after = zoomed(range, [0.5, 2][next(2)]!, around, WHOLE, shortest) ?? WHOLE;
      expect(after[0]).toBeGreaterThanOrEqual(WHOLE[0]);
      expect(after[1]).toBeLessThanOrEqual(WHOLE[1] + 1e-6);
      expect(after[1] - after[0]).toBeGreaterThanOrEqual(shortest - 1e-6);
      expect(around).toBeGreaterThanOrEqual(after[0] - 1e-6);
      expect(around).toBeLessThanOrEqual(after[1] + 1e-6);
    }
  });

  it("moves back into the period with its length", () => {
    expect(within([-10, 90], WHOLE)).toEqual([0, 100]);
    expect(within([1000 * HOUR_S - 10, 1000 * HOUR_S + 90], WHOLE)).toEqual([1000 * HOUR_S - 100, 1000 * HOUR_S]);
  });
});

describe("two fingers", () => {
  it("keep their instants under them", () => {
    const range = pinchedRange({ seconds: [100, 200], pixels: [50, 250] }, 300);
    expect(range).toEqual([75, 225]);
    const perPixel = (range[1] - range[0]) / 300;
    expect([range[0] + 50 * perPixel, range[0] + 250 * perPixel]).toEqual([100, 200]);
  });

  it("may cross or meet without turning time around", () => {
    for (const pixels of [[100, 100], [200, 100]] as const) {
      const [from, to] = pinchedRange({ seconds: [100, 200], pixels }, 300);
      expect(from).toBeLessThan(to);
    }
  });
});

describe("keys of a chart", () => {
  const key = (name: string, more = {}) => keyAction({ key: name, ctrlKey: false, altKey: false, metaKey: false, ...more });

  it("move, jump, zoom and leave; all others and those with a modifier are the browser's", () => {
    expect([key("ArrowLeft"), key("End"), key("+"), key("0")]).toEqual([
      { kind: "move", steps: -1 },
      { kind: "edge", end: "last" },
      { kind: "zoom", factor: 0.5 },
      { kind: "whole" },
    ]);
    expect([key("Tab"), key("a"), key("+", { ctrlKey: true })]).toEqual([null, null, null]);
  });
});
