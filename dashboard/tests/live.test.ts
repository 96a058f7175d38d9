import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { effectScope } from "vue";
import type { SummaryRow } from "../src/api";
import { type ReceivedHour, useLiveFeed } from "../src/live";
import type { StreamState } from "../src/stream";
import { point } from "./rows";
import { ScriptedSource } from "./scriptedSource";

describe("the live feed", () => {
  const sources: ScriptedSource[] = [];
  const rows: SummaryRow[] = [];
  const same: ReceivedHour[] = [];
  const states: StreamState[] = [];
  const scope = effectScope(true);

  function follow() {
    return scope.run(() =>
      useLiveFeed(
        {
          onRow: (row) => rows.push(row),
          onSame: (hour) => same.push(hour),
          onStream: (state) => states.push(state),
        },
        (url) => {
          const source = new ScriptedSource(url);
          sources.push(source);
          return source as unknown as EventSource;
        },
      ),
    )!;
  }

  beforeEach(() => vi.useFakeTimers());
  afterEach(() => {
    vi.useRealTimers();
    sources.length = 0;
    rows.length = 0;
  });

  it("hands on hours of any day and passes over what is no hour", () => {
    const feed = follow();
    feed.connect({ rule: "routine" });
    sources[0]!.send(JSON.stringify(point(Date.UTC(1901, 0, 1))));
    sources[0]!.send(JSON.stringify(point(Date.UTC(2024, 5, 1))));
    sources[0]!.send("hello");
    sources[0]!.send("null");
    expect(rows.map((row) => row.hour_start)).toEqual(["1901-01-01T00:00:00Z", "2024-06-01T00:00:00Z"]);
  });

  it("tells hours that came in and are the same from those that changed", () => {
    const feed = follow();
    feed.connect({});
    const hour = { hour_start: "2014-12-31T05:00:00Z", layer: "speed", rule: "routine", changed: false };
    sources[0]!.send(JSON.stringify(hour), "received");
    expect([rows.length, same.length, feed.last.value?.changed]).toEqual([0, 1, false]);
    sources[0]!.send(JSON.stringify({ ...hour, changed: true }), "hour");
    expect([rows.length, same.length, feed.last.value?.changed]).toEqual([1, 1, true]);
    sources[0]!.send(JSON.stringify({ run: null, start_url: "http://localhost/" }), "stream");
    expect(states).toHaveLength(1);
  });

  it("opens a refused stream again, waiting longer each time", () => {
    const feed = follow();
    feed.connect({});
    sources[0]!.refuse();
    expect(feed.connection.value).toBe("waiting");
    vi.advanceTimersByTime(2_000);
    expect(sources.length).toBe(2);
    sources[1]!.refuse();
    vi.advanceTimersByTime(2_000);
    expect(sources.length).toBe(2);
    vi.advanceTimersByTime(2_000);
    expect(sources.length).toBe(3);
    sources[2]!.onopen?.();
    expect(feed.connection.value).toBe("open");
  });

  it("closes with the page", () => {
    follow().connect({});
    scope.stop();
    expect(sources[0]!.closed).toBe(true);
  });
});
