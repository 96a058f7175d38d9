import { describe, expect, it } from "vitest";
import { type DayFacts, hoursOf, reportingHours } from "../src/liveHours";
import { readLiveState, writeLiveState } from "../src/liveState";
import { describeStream, type StreamRun } from "../src/stream";
import { DAY_MS, HOUR_MS } from "../src/time";
import { point } from "./rows";

const DAY = Date.UTC(2014, 11, 31);
const at = (hour: number): number => DAY + hour * HOUR_MS;

function run(values: Partial<StreamRun> = {}): StreamRun {
  return {
    run_id: "manual 1",
    state: "running",
    description: "2014-12-31, at most 100 stations, as fast as acknowledged",
    dataset: "global-hourly",
    feed_id: "f",
    first_day: "2014-12-31",
    last_day: "2014-12-31",
    started_at: "2026-11-26T01:00:00Z",
    heartbeat_at: "2026-11-26T01:02:00Z",
    ended_at: null,
    failure: null,
    fed: 12_345,
    rows_per_s: 2.54,
    newest_hour: "2014-12-31T05:00:00Z",
    ...values,
  };
}

function states(facts: Partial<DayFacts>): string {
  const whole = { day: DAY, points: [], streamed: new Set<number>(), newest: at(23), run: null, reporting: null };
  const letter = { data: "d", "to come": "?", "no report": "-", "not streamed": "." };
  return hoursOf({ ...whole, ...facts }).map((hour) => letter[hour.state]).join("");
}

describe("an hour without numbers", () => {
  it("is promised only where the running stream has it before it", () => {
    const points = [point(at(0)), point(at(3))];
    expect(states({ points, run: run() })).toBe(`d--d-${"?".repeat(19)}`);
    // Nobody says which days these are: what the stream has behind it may be another day's hour.
    expect(states({ points, run: run({ first_day: null, last_day: null }) })).toMatch(/^d--d\.\?+$/);
  });

  it("is not promised by a stream that ended, is silent, or plays other days", () => {
    for (const one of [
      run({ state: "unknown", newest_hour: null }),
      run({ state: "stopped", newest_hour: null }),
      run({ first_day: "2014-12-29", last_day: "2014-12-30", newest_hour: "2014-12-29T00:00:00Z" }),
      run({ first_day: "2015-01-01", last_day: "2015-01-02", newest_hour: null }),
    ]) {
      expect(states({ run: one })).toBe(".".repeat(24));
    }
  });

  it("has had no report where the newest run has passed it", () => {
    expect(states({ run: run({ state: "complete" }) })).toBe("-".repeat(24));
    expect(states({ run: run({ state: "stopped" }) })).toBe("-----" + ".".repeat(19));
  });

  it("has had no report where the stream brought that hour of another station", () => {
    const streamed = new Set([at(0), at(1), at(2), at(4)]);
    expect(states({ points: [point(at(1))], streamed })).toBe(`-d---${".".repeat(19)}`);
  });

  it("is still to come where the data has not got so far", () => {
    expect(states({ points: [point(at(21))], newest: at(21) })).toBe(`${".".repeat(21)}d??`);
    expect(states({ day: DAY + DAY_MS })).toBe("?".repeat(24));
    expect(states({ newest: null })).toBe("?".repeat(24));
  });

  it("is over where a later hour of the day has come in, whatever the pipeline says so far", () => {
    expect(states({ points: [point(at(0)), point(at(23))], newest: null })).toBe(`d${"-".repeat(22)}d`);
  });

  it("is left out where the station never reports, but not where it did", () => {
    const reporting = new Set([0, 3, 6, 9, 12, 15, 18, 21]);
    const hours = hoursOf({
      day: DAY, points: [point(at(0)), point(at(4))], streamed: new Set(), newest: at(4), run: null, reporting,
    });
    expect(hours.map((hour) => (hour.start - DAY) / HOUR_MS)).toEqual([0, 3, 4, 6, 9, 12, 15, 18, 21]);
  });
});

describe("the hours a station reports", () => {
  const days = (count: number, hours: readonly number[]) =>
    Array.from({ length: count }, (_, day) => hours.map((hour) => point(DAY - (day + 1) * DAY_MS + hour * HOUR_MS))).flat();

  it("are those of its days before, without exceptions", () => {
    const points = [...days(10, [0, 3, 6]), point(DAY - DAY_MS + HOUR_MS)];
    expect(reportingHours(points)).toEqual(new Set([0, 3, 6]));
  });

  it("are not guessed from one or two days, and are all where it reports every hour", () => {
    expect(reportingHours(days(2, [0, 12]))).toBeNull();
    expect(reportingHours(days(5, Array.from({ length: 24 }, (_, hour) => hour)))).toBeNull();
  });
});

describe("the address of the Live page", () => {
  it("holds the day one has chosen, and none while following", () => {
    const state = readLiveState({ station: "72530094846", rule: "qc", day: "2014-12-31" });
    expect(state).toEqual({ station: "72530094846", rule: "qc", day: DAY });
    expect(writeLiveState(state)).toEqual({ station: "72530094846", rule: "qc", day: "2014-12-31" });
    expect(writeLiveState({ ...state, day: null })).toEqual({ station: "72530094846", rule: "qc" });
  });

  it.each(["2014-02-30", "yesterday", "", undefined, ["2014-12-31"]])("takes %s for no day", (day) => {
    expect(readLiveState({ day }).day).toBeNull();
  });
});

describe("what the stream says of itself", () => {
  const now = Date.UTC(2026, 10, 26, 1, 14);
  const words = (one: StreamRun | null, newest: number | null = at(23)) => {
    const { headline, details } = describeStream(one, newest, now);
    return [headline, ...details].join(" | ");
  };

  it("is rows, rate and newest hour while it runs", () => {
    expect(words(run())).toContain("Stream running | 12\u2009345 rows, 2.5 rows/s, newest hour 2014-12-31 05:00.");
    expect(words(run({ newest_hour: null }))).toContain("first hours on their way");
  });

  it("is the newest day, by which run and when, when none runs", () => {
    const done = run({ state: "complete", ended_at: "2026-11-26T01:02:00Z" });
    expect(words(done)).toContain(
      "No stream is running | Newest day streamed: 2014-12-31. | Last run: manual 1 came to its end at 2026-11-26 01:02 UTC (12 minutes ago)",
    );
    expect(words(null, null)).toBe("No stream is running | Nothing was streamed yet.");
  });

  it("is the reason of a failure, and doubt about a run that was killed", () => {
    const ended_at = "2026-11-26T01:02:00Z";
    expect(words(run({ state: "failed", ended_at, failure: "the bridge died\nand more" }))).toMatch(/the bridge died$/);
    expect(words(run({ state: "stopped", ended_at }))).toContain("was stopped");
    expect(words(run({ state: "unknown" }))).toContain("not been heard of since 2026-11-26 01:02 UTC (12 minutes ago)");
  });
});
