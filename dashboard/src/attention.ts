/** What of the pipeline needs somebody: a missed deadline, refused files, messages nobody could use. */

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

/** Nothing where all is well. */
export function attentionOf({ deadline, refused, unworked }: PipelineStatus): Attention[] {
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
    const names = refused.newest.slice(0, NAMED).map((one) => `${one.station_id} ${one.year}`);
    const more = refused.count > names.length ? ` and ${count(refused.count - names.length)} more` : "";
    const files = refused.count === 1 ? "1 file refused" : `${count(refused.count)} files refused`;
    found.push({
      key: "refused",
      text: `${files}: ${names.join(", ")}${more}`,
      tone: "late",
      explanation:
        "The archive has versions of them that cover less than ours, which stay. In Airflow accept_shrunken_files shows what they would lose.",
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
