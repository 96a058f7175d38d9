/** What the pipeline says of itself, asked for every half minute. */

import { type InjectionKey, inject, onScopeDispose, provide, type Ref, ref } from "vue";
import { fetchPipeline, type LedgerLine, type PipelineAnswer } from "./api";
import { count } from "./format";
import { LAYER_NAME } from "./rules";
import { parseUtc } from "./time";

const POLL_MS = 30_000;

export interface PipelineStatus {
  firstRun: string;
  archive: string;
  isSimulated: boolean;
  /** Start of the newest hour by layer, in milliseconds. */
  newest: Record<string, number>;
  ledger: LedgerLine[];
}

export interface Pipeline {
  status: Ref<PipelineStatus | null>;
  error: Ref<string>;
  refresh: () => Promise<void>;
}

function newestByLayer(hours: PipelineAnswer["newest_hour"]): Record<string, number> {
  const newest: Record<string, number> = {};
  for (const [layer, hour] of Object.entries(hours)) if (hour !== null) newest[layer] = parseUtc(hour);
  return newest;
}

/** Reads the API's answer; whatever is not there yet is empty. */
export function readPipeline(answer: Partial<PipelineAnswer>): PipelineStatus {
  return {
    firstRun: answer.first_run ?? "unknown",
    archive: answer.archive ?? "",
    isSimulated: answer.simulated === true,
    newest: newestByLayer(answer.newest_hour ?? {}),
    ledger: answer.ledger ?? [],
  };
}

export interface LedgerSummary {
  text: string;
  tone: "good" | "bad" | "idle";
}

/** What a check came to: one that compared nothing proves nothing. */
export function verdictOf(line: LedgerLine): string {
  if (line.is_balanced === null) return "nothing compared";
  return line.is_balanced ? "balanced" : "does not balance";
}

/** All checks in a line. */
export function ledgerSummary(lines: readonly LedgerLine[]): LedgerSummary {
  const compared = lines.filter((line) => line.is_balanced !== null);
  if (!compared.length) return { text: "Ledger: nothing compared", tone: "idle" };
  const lost = compared.reduce((sum, line) => sum + line.lost, 0);
  const doubled = compared.reduce((sum, line) => sum + line.doubled, 0);
  const isBalanced = compared.every((line) => line.is_balanced);
  const layers = new Set(compared.map((line) => line.layer));
  const empty = new Set(lines.map((line) => line.layer).filter((layer) => !layers.has(layer)));
  const parts = [
    `Ledger ${isBalanced ? "balanced" : "does not balance"}: ${count(lost)} lost, ${count(doubled)} doubled`,
    ...[...empty].map((layer) => `${LAYER_NAME[layer] ?? layer}: nothing compared`),
  ];
  return { text: parts.join("; "), tone: isBalanced ? "good" : "bad" };
}

const KEY: InjectionKey<Pipeline> = Symbol("pipeline");

/** Starts asking, for this component and those below it. */
export function providePipeline(): Pipeline {
  const status = ref<PipelineStatus | null>(null);
  const error = ref("");
  async function refresh(): Promise<void> {
    try {
      status.value = readPipeline(await fetchPipeline());
      error.value = "";
    } catch (problem) {
      error.value = problem instanceof Error ? problem.message : String(problem);
    }
  }
  const pipeline = { status, error, refresh };
  const timer = setInterval(refresh, POLL_MS);
  onScopeDispose(() => clearInterval(timer));
  void refresh();
  provide(KEY, pipeline);
  return pipeline;
}

export function usePipeline(): Pipeline {
  const pipeline = inject(KEY);
  if (!pipeline) throw new Error("providePipeline() was not called above this component");
  return pipeline;
}

/** The newest hour of the layers asked for, in milliseconds. */
export function newestOf(status: PipelineStatus | null, ...layers: string[]): number | null {
  const hours = layers.flatMap((layer) => status?.newest[layer] ?? []);
  return hours.length ? Math.max(...hours) : null;
}
