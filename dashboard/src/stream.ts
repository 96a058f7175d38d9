/** What the stream's newest run says of itself, in words. */

import type { components } from "./generated/api";
import { count, counted } from "./format";
import { isoDay, parseUtc } from "./time";

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
  const streamed = newest === null ? "Nothing was streamed yet." : `Newest day streamed: ${isoDay(newest)}.`;
  const details = [streamed, ...(run ? describeEnd(run, now) : [])];
  const headline = run?.state === "unknown" ? "The stream is silent" : "No stream is running";
  return { tone, headline, details };
}

function describeRunning(run: StreamRun): StreamText {
  const place = run.newest_hour === null ? "first hours on their way" : `newest hour ${minute(run.newest_hour)}`;
  return {
    tone: "running",
    headline: "Stream running",
    details: [
      `${counted(run.fed, "row")}, ${rate(run.rows_per_s)} rows/s, ${place}.`,
      `${run.description}; run ${run.run_id}, since ${minute(run.started_at)} UTC.`,
    ],
  };
}

function describeEnd(run: StreamRun, now: number): string[] {
  const reached = run.newest_hour === null ? "" : `, up to ${minute(run.newest_hour)}`;
  const done = `${counted(run.fed, "row")}${reached}`;
  if (run.state === "unknown") {
    return [
      `Run ${run.run_id} has not been heard of since ${minute(run.heartbeat_at)} UTC (${ago(run.heartbeat_at, now)}) and may have been killed; it had fed ${done}. Clear its task in Airflow to go on.`,
    ];
  }
  const end = run.ended_at ?? run.heartbeat_at;
  const how = { complete: "came to its end", failed: "failed", stopped: "was stopped" }[run.state as "complete"];
  const last = `Last run: ${run.run_id} ${how} at ${minute(end)} UTC (${ago(end, now)}): ${done}.`;
  return run.failure ? [last, firstLine(run.failure)] : [last];
}

/** 2014-12-31T05:00:00Z → 2014-12-31 05:00 */
function minute(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 16)}`;
}

function rate(rows: number): string {
  return rows < 10 ? rows.toFixed(1) : count(rows);
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]!.slice(0, 200);
}

function ago(time: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - parseUtc(time)) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 120) return `${counted(minutes, "minute")} ago`;
  return minutes < 2880 ? `${counted(Math.floor(minutes / 60), "hour")} ago` : `${counted(Math.floor(minutes / 1440), "day")} ago`;
}
