/** What the stream's newest run says of itself, in words. */

import { dayLabel, minuteText } from "./dates";
import type { components } from "./generated/api";
import { ago, count, counted, decimal } from "./format";
import { liveText as t } from "./locale/live";
import { parseUtc } from "./time";

export type StreamState = components["schemas"]["StreamState"];
export type StreamRun = components["schemas"]["StreamRun"];

export interface StreamText {
  tone: "running" | "idle" | "bad";
  headline: string;
  details: string[];
}

export function isRunning(run: StreamRun | null | undefined): boolean {
  return run?.state === "running";
}

/** @param newest start of the newest hour the stream ever brought, in milliseconds. */
export function describeStream(run: StreamRun | null, newest: number | null, now: number): StreamText {
  if (run && isRunning(run)) return describeRunning(run);
  const tone = run?.state === "failed" || run?.state === "unknown" ? "bad" : "idle";
  const streamed = newest === null ? t.nothingStreamed : t.newestDay(dayLabel(newest));
  const details = [streamed, ...(run ? describeEnd(run, now) : [])];
  const headline = run?.state === "unknown" ? t.silent : t.notRunning;
  return { tone, headline, details };
}

function describeRunning(run: StreamRun): StreamText {
  const place = run.newest_hour === null ? t.firstOnWay : t.newestAt(minuteText(run.newest_hour));
  return {
    tone: "running",
    headline: t.running,
    details: [
      t.pace(counted(run.fed, "row"), rate(run.rows_per_s), place),
      t.runSince(run.description, run.run_id, minuteText(run.started_at)),
    ],
  };
}

function describeEnd(run: StreamRun, now: number): string[] {
  const fed = counted(run.fed, "row");
  const done = run.newest_hour === null ? fed : t.upTo(fed, minuteText(run.newest_hour));
  if (run.state === "unknown") {
    return [t.unheard(run.run_id, minuteText(run.heartbeat_at), agoText(run.heartbeat_at, now), done)];
  }
  const end = run.ended_at ?? run.heartbeat_at;
  const how = t.ends[run.state as keyof typeof t.ends];
  const last = t.lastRun(run.run_id, how, minuteText(end), agoText(end, now), done);
  return run.failure ? [last, firstLine(run.failure)] : [last];
}

function rate(rows: number): string {
  return rows < 10 ? decimal(rows) : count(rows);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.slice(0, 200);
}

function agoText(time: string, now: number): string {
  const behind = Math.max(0, now - parseUtc(time));
  return behind < 60_000 ? t.justNow : ago(behind);
}
