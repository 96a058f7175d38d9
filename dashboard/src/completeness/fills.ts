/** What filling days takes, and how it is started: by whoever is logged in to Airflow, or by hand. */

import { airflowWindow } from "../airflowTab";
import { apiUrl, getJson, type Schemas } from "../api";
import { fillText as t } from "../locale/pipelinePage";
import { DAY_MS, isoDay } from "../time";
import type { Fill } from "./selection";

export type Cost = Schemas["BackfillCost"];

export async function fetchCost(fill: Fill, signal?: AbortSignal): Promise<Cost> {
  const query = {
    ids: fill.stations.join(","),
    from: isoDay(fill.first),
    to: isoDay(fill.last + DAY_MS),
  };
  return (await getJson<Schemas["BackfillAnswer"]>(apiUrl("backfill/cost", query), signal)).data;
}

/** Address of Airflow's own API or page, beside the dashboard in it. */
export function airflowAddress(path: string, base: string = document.baseURI): string {
  return new URL(`..${path}`, new URL(".", base.split("#")[0])).href;
}

/** Why Airflow did not start it, for people. */
export class StartError extends Error {}

/** Starts it in Airflow with the login this page is shown behind; gives what it is called there. */
export async function startFill(cost: Cost): Promise<string> {
  let answer: Response;
  try {
    answer = await fetch(airflowAddress(cost.request.path), {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(cost.request.body),
    });
  } catch {
    throw new StartError(t.noAnswer);
  }
  if (!answer.ok) throw new StartError(t.refused[answer.status] ?? t.refusedIt(await refusalOf(answer)));
  const told = (await answer.json()) as { id?: number; dag_run_id?: string };
  return told.dag_run_id ?? t.backfill(String(told.id));
}

async function refusalOf(answer: Response): Promise<string> {
  const text = await answer.text();
  try {
    const { detail } = JSON.parse(text) as { detail?: unknown };
    return typeof detail === "string" ? detail : JSON.stringify(detail);
  } catch {
    return t.status(answer.status);
  }
}

/** Whether this page is the tab in Airflow. */
export function isInAirflow(): boolean {
  return airflowWindow() !== null;
}

/** Shows a page of Airflow's own in its window, as its links do: the frame may open none itself. */
export function goInAirflow(path: string): void {
  const outer = airflowWindow();
  if (outer === null) return;
  outer.history.pushState(null, "", airflowAddress(path));
  outer.dispatchEvent(new PopStateEvent("popstate"));
}
