/** An answer that is asked for again and again while somebody looks at it. */

import { onScopeDispose, type Ref, ref, shallowRef } from "vue";
import { sentenceOf } from "./problems";
import { useRetry } from "./retry";

export interface Polled<Answer> {
  answer: Ref<Answer | null>;
  error: Ref<string>;
  load: () => Promise<void>;
}

/** Asks now, then each so many milliseconds; after a failure sooner. */
export function usePolled<Answer>(ask: (signal: AbortSignal) => Promise<Answer>, everyMs: number): Polled<Answer> {
  const answer = shallowRef<Answer | null>(null);
  const error = ref("");
  const retry = useRetry(() => void load());
  let asked = new AbortController();

  async function load(): Promise<void> {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    try {
      answer.value = await ask(signal);
      error.value = "";
      retry.settled();
    } catch (problem) {
      if (signal.aborted) return;
      error.value = sentenceOf(problem);
      retry.failed();
    }
  }

  const timer = setInterval(() => {
    if (!error.value) void load();
  }, everyMs);
  onScopeDispose(() => {
    clearInterval(timer);
    asked.abort();
  });
  void load();
  return { answer, error, load };
}
