import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope, ref } from "vue";
import { ALL_STATIONS, type Point } from "../src/api";
import { type LiveDay, useLiveDay } from "../src/liveDay";
import { point } from "./rows";
import { ScriptedSource } from "./scriptedSource";

const DAY = Date.UTC(1891, 4, 4);
const STATION = "72530094846";
/** Of the hours of the day, each question that was asked, and how to answer it. */
const asked: ((points: Point[]) => void)[] = [];

vi.mock("../src/api", async (original) => ({
  ...(await original<typeof import("../src/api")>()),
  fetchSeries: ({ station, layer }: { station: string; layer: string }) => {
    const isOfDay = layer === "speed" && station === wanted;
    return isOfDay ? new Promise<Point[]>((answer) => asked.push(answer)) : Promise.resolve([]);
  },
}));
let wanted = STATION;

function hour(number: number, mean_c: number): Point {
  return point(DAY + number * 3_600_000, { layer: "speed", mean_c });
}

describe("the day on the Live page", () => {
  const sources: ScriptedSource[] = [];
  let scope = effectScope(true);

  async function follow(station: string): Promise<LiveDay> {
    wanted = station;
    const day = scope.run(() => useLiveDay(ref(station), ref("routine"), ref(DAY)))!;
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(1);
    return day;
  }
  async function answer(number: number, ...points: Point[]): Promise<void> {
    asked[number]!(points);
    await vi.advanceTimersByTimeAsync(0);
  }
  const means = (day: LiveDay) => day.points.value.map((one) => one.mean_c);

  beforeEach(() => {
    vi.useFakeTimers();
    scope = effectScope(true);
    const open = (url: string) => sources[sources.push(new ScriptedSource(url)) - 1];
    vi.stubGlobal("EventSource", vi.fn(function (url: string) { return open(url); }));
  });
  afterEach(() => {
    scope.stop();
    vi.unstubAllGlobals();
    vi.useRealTimers();
    sources.length = asked.length = 0;
  });

  it("keeps an hour that came in while an older answer was on its way", async () => {
    const day = await follow(STATION);
    sources[0]!.send(JSON.stringify(hour(5, 2)));
    await answer(0, hour(4, 1));
    expect(means(day)).toEqual([1, 2]);
    sources[0]!.onopen?.();
    await vi.advanceTimersByTimeAsync(1_000);
    sources[0]!.send(JSON.stringify(hour(5, 7)));
    await answer(1, hour(4, 1), hour(5, 2));
    expect(means(day)).toEqual([1, 7]);
    await vi.advanceTimersByTimeAsync(1_000);
    sources[0]!.onopen?.();
    await vi.advanceTimersByTimeAsync(1_000);
    await answer(2, hour(4, 1), hour(5, 8));
    expect(means(day)).toEqual([1, 8]);
  });

  it("takes nothing of its first answer for a change, however late that comes", async () => {
    const day = await follow(ALL_STATIONS);
    sources[0]!.send(JSON.stringify(hour(5, 2)));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(asked).toHaveLength(2);
    expect(day.isLoading.value).toBe(true);
    await answer(0, hour(5, 2));
    expect(means(day)).toEqual([]);
    await answer(1, hour(5, 2));
    expect([means(day), day.receipts.value.size, day.isLoading.value]).toEqual([[2], 0, false]);
    sources[0]!.send(JSON.stringify({ ...hour(5, 2), changed: false }), "received");
    expect(day.receipts.value.get(DAY + 5 * 3_600_000)?.changed).toBe(false);
    sources[0]!.send(JSON.stringify(hour(5, 9)));
    await vi.advanceTimersByTimeAsync(1_000);
    await answer(2, hour(5, 3));
    expect([means(day), day.receipts.value.get(DAY + 5 * 3_600_000)?.changed]).toEqual([[3], true]);
  });
});
