/** Asking again after a failure, seldom enough that an outage makes no storm. */

import { onScopeDispose } from "vue";

export const FIRST_RETRY_MS = 1_000;
export const LAST_RETRY_MS = 6_000;

export interface Retry {
  /** It failed: asks again after 1 s, then 2, 4 and each 6 s, a little spread; at once when the page is looked at again. */
  failed: () => void;
  /** It succeeded, or is not wanted any more. */
  settled: () => void;
}

/** Asks again until the scope ends. */
export function useRetry(again: () => void): Retry {
  let delay = FIRST_RETRY_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function ask(): void {
    timer = undefined;
    again();
  }

  function failed(): void {
    clearTimeout(timer);
    // Not all pages in the same instant.
    timer = setTimeout(ask, delay * (0.8 + 0.4 * Math.random()));
    delay = Math.min(delay * 2, LAST_RETRY_MS);
  }

  function settled(): void {
    clearTimeout(timer);
    timer = undefined;
    delay = FIRST_RETRY_MS;
  }

  function look(): void {
    if (timer === undefined || document.visibilityState !== "visible") return;
    clearTimeout(timer);
    ask();
  }

  document.addEventListener("visibilitychange", look);
  onScopeDispose(() => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", look);
  });
  return { failed, settled };
}
