/** What of the pipeline needs somebody: a missed deadline, refused files, models that lost, dead letters. */

import { minuteText } from "./dates";
import { count, counted, MISSING } from "./format";
import { pipelineText as t } from "./locale/pipeline";
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
  const text = named.join(", ");
  return all > named.length ? t.andMore(text, count(all - named.length)) : text;
}

/** Nothing where all is well. */
export function attentionOf({ deadline, refused, rolledBack, unworked }: PipelineStatus): Attention[] {
  const found: Attention[] = [];
  if (deadline?.is_missed) {
    found.push({
      key: "deadline",
      text: t.nothingNew(deadline.stale_after_h),
      tone: "bad",
      explanation: t.nothingNewMore(deadline.newest_at ? minuteText(deadline.newest_at) : MISSING),
    });
  }
  if (refused.count) {
    const names = refused.newest.map((one) => `${one.station_id} ${one.year}`);
    found.push({
      key: "refused",
      text: t.refused(count(refused.count), refused.count === 1, firstOf(names, refused.count)),
      tone: "late",
      explanation: t.refusedMore,
    });
  }
  if (rolledBack.count) {
    const names = rolledBack.newest.map((one) => one.station_id);
    found.push({
      key: "rolled-back",
      text: t.rolledBack(counted(rolledBack.count, "forecastModel"), firstOf(names, rolledBack.count)),
      tone: "late",
      explanation: t.rolledBackMore,
    });
  }
  const letters = Object.values(unworked).reduce((sum, one) => sum + one, 0);
  if (letters) {
    const said = Object.entries(unworked).map(([reason, number]) => `${count(number)} ${reason}`);
    found.push({
      key: "letters",
      text: counted(letters, "deadLetter"),
      tone: "late",
      explanation: t.letters(said.join(", ")),
      page: "letters",
    });
  }
  return found;
}
