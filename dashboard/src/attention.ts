/** What of the pipeline needs somebody: a missed deadline, refused files, models that lost, dead letters. */

import { count, counted } from "./format";
import type { PipelineStatus } from "./pipeline";

const NAMED = 3;

export interface Attention {
  key: string;
  text: string;
  tone: "bad" | "late";
  explanation: string;
  /** The page that shows it whole. */
  page?: string;
}

function firstOf(names: string[], all: number): string {
  const named = names.slice(0, NAMED);
  const more = all > named.length ? ` and ${count(all - named.length)} more` : "";
  return `${named.join(", ")}${more}`;
}

/** Nothing where all is well. */
export function attentionOf({ deadline, refused, rolledBack, unworked }: PipelineStatus): Attention[] {
  const found: Attention[] = [];
  if (deadline?.is_missed) {
    found.push({
      key: "deadline",
      text: `Nothing new for ${deadline.stale_after_h} h`,
      tone: "bad",
      explanation: `The newest observation is of ${deadline.newest_at}: look at the runs of ingest_observations in Airflow.`,
    });
  }
  if (refused.count) {
    const names = refused.newest.map((one) => `${one.station_id} ${one.year}`);
    const files = refused.count === 1 ? "1 file refused" : `${count(refused.count)} files refused`;
    found.push({
      key: "refused",
      text: `${files}: ${firstOf(names, refused.count)}`,
      tone: "late",
      explanation:
        "The archive has versions of them that cover less than ours, which stay. In Airflow accept_shrunken_files shows what they would lose.",
    });
  }
  if (rolledBack.count) {
    const names = rolledBack.newest.map((one) => one.station_id);
    found.push({
      key: "rolled-back",
      text: `${counted(rolledBack.count, "forecast model")} rolled back: ${firstOf(names, rolledBack.count)}`,
      tone: "late",
      explanation:
        "Over seven days in service their forecasts were worse than the damped anomaly. They get no other model for a week; the runs of train_temperature_forecast in Airflow say why.",
    });
  }
  const letters = Object.values(unworked).reduce((sum, one) => sum + one, 0);
  if (letters) {
    const said = Object.entries(unworked).map(([reason, number]) => `${count(number)} ${reason}`);
    found.push({
      key: "letters",
      text: counted(letters, "dead letter"),
      tone: "late",
      explanation: `Messages that could not be used: ${said.join(", ")}. In Airflow repair_dead_letters sends them again.`,
      page: "letters",
    });
  }
  return found;
}
