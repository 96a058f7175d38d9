/** What the pipeline says of itself, asked for every half minute. */

import { type InjectionKey, inject, onScopeDispose, provide, type Ref, ref } from "vue";
import { fetchPipeline } from "./api";
import { parseUtc } from "./time";

const POLL_MS = 30_000;

export interface LedgerLine {
  run_label: string;
  rule: string;
  layer: string;
  fed: number;
  counted: number;
  not_selected: number;
  rejected: number;
  superseded: number;
  late: number;
  dead_lettered: number;
  deliveries: number;
  lost: number;
  doubled: number;
  checked_at: string;
}

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

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function newestByLayer(value: unknown): Record<string, number> {
  const newest: Record<string, number> = {};
  for (const [layer, hour] of Object.entries((value ?? {}) as Record<string, unknown>)) {
    if (typeof hour === "string") newest[layer] = parseUtc(hour);
  }
  return newest;
}

/** The newest check of each run, layer and rule: what an earlier one found may be settled since. */
function latestChecks(lines: LedgerLine[]): LedgerLine[] {
  const latest = new Map<string, LedgerLine>();
  for (const line of lines) {
    const key = JSON.stringify([line.run_label, line.layer, line.rule]);
    const known = latest.get(key);
    if (!known || line.checked_at > known.checked_at) latest.set(key, line);
  }
  return [...latest.values()];
}

/** Reads the API's answer; whatever is not there yet is empty. */
export function readPipeline(answer: Record<string, unknown>): PipelineStatus {
  const archive = text(answer["archive"]);
  return {
    firstRun: text(answer["first_run"]) || "unknown",
    archive,
    isSimulated: archive === "simulated" || answer["simulated"] === true,
    newest: newestByLayer(answer["newest_hour"]),
    ledger: Array.isArray(answer["ledger"]) ? latestChecks(answer["ledger"]) : [],
  };
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
