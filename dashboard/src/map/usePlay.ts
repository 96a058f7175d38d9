/** Goes on by itself, step by step, each when the one before has been seen. */

import { onScopeDispose, readonly, ref } from "vue";

export const PACE_MS = 700;

/** `step` asks for the next; `reaches` says whether there is one; tell it by `arrived` what has come. */
export function usePlay(step: () => void, reaches: () => boolean) {
  const isPlaying = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  function stop(): void {
    clearTimeout(timer);
    isPlaying.value = false;
  }

  function next(): void {
    if (reaches()) step();
    else stop();
  }

  function arrived(): void {
    clearTimeout(timer);
    if (isPlaying.value) timer = setTimeout(next, PACE_MS);
  }

  function toggle(): void {
    if (isPlaying.value) return stop();
    isPlaying.value = true;
    next();
  }

  onScopeDispose(stop);
  return { isPlaying: readonly(isPlaying), toggle, stop, arrived };
}
