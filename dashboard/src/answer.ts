/** What a part of a page asks the API: asked anew as the question changes, and again while nothing answers. */

import { onScopeDispose, type Ref, ref, type ShallowRef, shallowRef, watch } from "vue";
import { type Problem, problemOf } from "./problems";
import { useRetry } from "./retry";

export interface Answer<Body> {
  /** Null until there is one to the question that is asked now. */
  body: ShallowRef<Body | null>;
  problem: ShallowRef<Problem | null>;
  /** Whether nothing is being waited for. */
  isSettled: Ref<boolean>;
  again: () => void;
}

/** `question` names what is asked, null for nothing; the same name is asked once. The last one alone is answered. */
export function useAnswer<Body>(question: () => string | null, ask: (signal: AbortSignal) => Promise<Body>): Answer<Body> {
  const body = shallowRef<Body | null>(null);
  const problem = shallowRef<Problem | null>(null);
  const isSettled = ref(true);
  let asked = new AbortController();
  const retry = useRetry(() => void load());

  async function load(): Promise<void> {
    asked.abort();
    asked = new AbortController();
    const { signal } = asked;
    isSettled.value = question() === null;
    if (isSettled.value) return;
    try {
      const found = await ask(signal);
      if (signal.aborted) return;
      body.value = found;
      problem.value = null;
      retry.settled();
    } catch (error) {
      if (signal.aborted) return;
      problem.value = problemOf(error);
      if (problem.value.kind === "away") retry.failed();
    }
    isSettled.value = true;
  }

  function begin(): void {
    retry.settled();
    [body.value, problem.value] = [null, null];
    void load();
  }

  watch(question, begin, { immediate: true });
  onScopeDispose(() => asked.abort());
  return { body, problem, isSettled, again: begin };
}
