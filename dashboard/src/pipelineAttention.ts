/** All that needs somebody, the worst first: what the strip says, and ledger, drift, disk, files held back. */

import { type Attention, attentionOf } from "./attention";
import { minuteText } from "./dates";
import { driftText } from "./drift";
import { counted } from "./format";
import { ledgerSummary } from "./ledger";
import { pipelineText as t } from "./locale/pipeline";
import type { PipelineStatus } from "./pipeline";

/** Nothing where all is well. */
export function allAttention(status: PipelineStatus, now: number): Attention[] {
  const found = [
    ...firstRun(status),
    ...ledger(status, now),
    ...drift(status),
    ...attentionOf(status),
    ...heldBack(status),
    ...disk(status),
  ];
  return found.sort((one, other) => Number(other.tone === "bad") - Number(one.tone === "bad"));
}

function firstRun({ firstRun: state }: PipelineStatus): Attention[] {
  if (state !== "failed") return [];
  return [{ key: "first-run", text: t.firstRunFailed, tone: "bad", explanation: t.failedMore }];
}

function ledger({ ledger: lines, ledgerState }: PipelineStatus, now: number): Attention[] {
  const summary = ledgerSummary(lines, ledgerState, now);
  if (summary.tone !== "bad") return [];
  return [{ key: "ledger", text: summary.text, tone: "bad", explanation: t.ledgerMore }];
}

function drift({ drift: rows, reconciliation }: PipelineStatus): Attention[] {
  const text = driftText(rows, reconciliation);
  if (text?.tone !== "bad") return [];
  return [{ key: "drift", text: text.text, tone: "bad", explanation: t.driftMore(text.explanation) }];
}

function heldBack({ heldBack: files }: PipelineStatus): Attention[] {
  if (!files.length) return [];
  return [
    {
      key: "held-back",
      text: t.heldBack(counted(files.length, "file")),
      tone: "late",
      explanation: t.heldBackMore(`${files.slice(0, 3).join(", ")}${files.length > 3 ? " …" : ""}`),
    },
  ];
}

function disk({ disk: state }: PipelineStatus): Attention[] {
  if (!state?.is_warning) return [];
  const explanation = t.diskMore(minuteText(state.sampled_at));
  return [{ key: "disk", text: t.disk(counted(state.days_until_full ?? 0, "day")), tone: "late", explanation }];
}
