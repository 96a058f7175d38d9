/** What the pipeline says of itself, asked for every half minute. */

import { type InjectionKey, inject, onScopeDispose, provide, type Ref, ref } from "vue";
import {
  type DeadlineState,
  fetchPipeline,
  type LayerFreshness,
  type LedgerLine,
  type LedgerState,
  type PipelineAnswer,
  type Reconciliation,
  type RefusedFiles,
  type RolledBackModels,
} from "./api";
import { sentenceOf } from "./problems";
import { useRetry } from "./retry";
import { parseUtc } from "./time";

const POLL_MS = 30_000;

export interface PipelineStatus {
  firstRun: string;
  archive: string;
  isSimulated: boolean;
  /** Start of the newest hour by layer, in milliseconds. */
  newest: Record<string, number>;
  /** How current that hour is, by layer. */
  freshness: Record<string, LayerFreshness>;
  ledger: LedgerLine[];
  ledgerState: LedgerState[];
  /** Null where the answer does not say. */
  deadline: DeadlineState | null;
  refused: RefusedFiles;
  rolledBack: RolledBackModels;
  /** Rows in which the layers differ; null where nothing was compared. */
  drift: number | null;
  reconciliation: Reconciliation | null;
  /** Dead letters that nobody has worked, by reason. */
  unworked: Record<string, number>;
  /** Rows of files that could not be taken in, and dead letters, by reason. */
  rejected: Record<string, number>;
  /** Files held back for their rejects, by name. */
  heldBack: string[];
  /** Null before it was measured. */
  disk: PipelineAnswer["disk"];
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

function withoutNulls<Value>(values: Record<string, Value | null>): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values).filter((one): one is [string, Value] => one[1] !== null),
  );
}

/** Reads the API's answer; whatever is not there yet is empty. */
export function readPipeline(answer: Partial<PipelineAnswer>): PipelineStatus {
  return {
    firstRun: answer.first_run ?? "unknown",
    archive: answer.archive ?? "",
    isSimulated: answer.simulated === true,
    newest: newestByLayer(answer.newest_hour ?? {}),
    freshness: withoutNulls(answer.freshness ?? {}),
    ledger: answer.ledger ?? [],
    ledgerState: answer.ledger_state ?? [],
    deadline: answer.deadline ?? null,
    refused: answer.refused ?? { count: 0, newest: [] },
    rolledBack: answer.models_rolled_back ?? { count: 0, newest: [] },
    drift: answer.drift ?? null,
    reconciliation: answer.reconciliation ?? null,
    unworked: answer.dead_letters?.unworked ?? {},
    rejected: answer.dead_letters?.by_reason ?? {},
    heldBack: (answer.files_set_aside ?? [])
      .filter((one) => one.decided_at === null)
      .map((one) => `${one.station_id} ${one.year}`),
    disk: answer.disk ?? null,
  };
}

const KEY: InjectionKey<Pipeline> = Symbol("pipeline");

/** Starts asking, for this component and those below it; while there is no answer, more often. */
export function providePipeline(): Pipeline {
  const status = ref<PipelineStatus | null>(null);
  const error = ref("");
  const retry = useRetry(() => void refresh());
  async function refresh(): Promise<void> {
    try {
      status.value = readPipeline(await fetchPipeline());
      error.value = "";
      retry.settled();
    } catch (problem) {
      error.value = sentenceOf(problem);
      retry.failed();
    }
  }
  const pipeline = { status, error, refresh };
  const timer = setInterval(() => {
    if (!error.value) void refresh();
  }, POLL_MS);
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
