/** Which servers answer, and how fresh each source and station is. */

import { apiUrl, getJson, type Page, type Schemas } from "./api";
import { pageText as t } from "./locale/pipelinePage";
import { DAY_MS, isoDay } from "./time";

export type Server = Schemas["Server"];
export type Source = Schemas["SourceFreshness"];
export type StaleStation = Schemas["StationFreshness"];

export const SERVER_TONE: Record<Server["state"], string> = { up: "good", degraded: "late", away: "bad", unknown: "idle" };

/** Those that somebody should look at. */
export function unwell(servers: readonly Server[]): Server[] {
  return servers.filter((one) => one.state === "away" || one.state === "degraded");
}

/** All of them in a line. */
export function serversText(servers: readonly Server[]): string {
  const found = unwell(servers);
  if (!found.length) return t.allAnswer;
  const names = found.map((one) => `${one.name} ${t.serverStates[one.state]}`);
  return t.serversAre(names.join(", "));
}

/** A station that is silent for longer is taken for closed, as the API takes it. */
export const CLOSED_AFTER_DAYS = 30;

export async function fetchServers(signal?: AbortSignal): Promise<Server[]> {
  return (await getJson<Schemas["Servers"]>(apiUrl("servers"), signal)).data;
}

export async function fetchSources(signal?: AbortSignal): Promise<Source[]> {
  return (await getJson<Schemas["Sources"]>(apiUrl("freshness/sources"), signal)).data;
}

/** The stalest stations; of those that go on, or closed ones too. */
export async function fetchStalest(now: number, withClosed: boolean, limit: number, signal?: AbortSignal): Promise<StaleStation[]> {
  const from = withClosed ? undefined : isoDay(now - CLOSED_AFTER_DAYS * DAY_MS);
  return (await getJson<Page<StaleStation>>(apiUrl("freshness/stations", { from, limit }), signal)).data;
}
