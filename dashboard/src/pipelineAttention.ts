/** All that needs somebody, the worst first: what the strip says, and ledger, drift, disk, files held back. */

import { type Attention, attentionOf } from "./attention";
import { driftText } from "./drift";
import { counted } from "./format";
import { ledgerSummary } from "./ledger";
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
  const explanation = "./isotherm up goes on with it; the failed task's log in Airflow says why.";
  return [{ key: "first-run", text: "The first run failed", tone: "bad", explanation }];
}

function ledger({ ledger: lines, ledgerState }: PipelineStatus, now: number): Attention[] {
  const summary = ledgerSummary(lines, ledgerState, now);
  if (summary.tone !== "bad") return [];
  const explanation = "The task settle_ledger says which files: its log names them. The next run mends what it can.";
  return [{ key: "ledger", text: summary.text, tone: "bad", explanation }];
}

function drift({ drift: rows, reconciliation }: PipelineStatus): Attention[] {
  const text = driftText(rows, reconciliation);
  if (text?.tone !== "bad") return [];
  const explanation = `${text.explanation}. The log of reconcile_layers shows rows with both values.`;
  return [{ key: "drift", text: text.text, tone: "bad", explanation }];
}

function heldBack({ heldBack: files }: PipelineStatus): Attention[] {
  if (!files.length) return [];
  return [
    {
      key: "held-back",
      text: `${counted(files.length, "file")} held back for many rejects`,
      tone: "late",
      explanation: `${files.slice(0, 3).join(", ")}${files.length > 3 ? " …" : ""}. In Airflow, Required Actions asks whether to load or set aside.`,
    },
  ];
}

function disk({ disk: state }: PipelineStatus): Attention[] {
  if (!state?.is_warning) return [];
  const explanation = `Measured ${state.sampled_at}. Free some, or move the state folder; maintain_platform removes what is of no use.`;
  return [{ key: "disk", text: `The disk is full in about ${counted(state.days_until_full ?? 0, "day")}`, tone: "late", explanation }];
}
