/** The wall clock as a value that moves. */

import { onScopeDispose, type Ref, ref } from "vue";

/** Milliseconds since 1970, renewed every second. */
export function useNow(intervalMs = 1000): Ref<number> {
  const now = ref(Date.now());
  const timer = setInterval(() => (now.value = Date.now()), intervalMs);
  onScopeDispose(() => clearInterval(timer));
  return now;
}
