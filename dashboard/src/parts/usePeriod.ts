/** The period a tab is opened with: the newest there is, written into its address. */

import { type Ref, watch } from "vue";
import { defaultPeriod } from "../historyState";
import { newestOf, usePipeline } from "../pipeline";
import { startOf } from "../time";

/** `years` whole years before it, and the part of the newest. */
export function useOpeningPeriod(isEmpty: Ref<boolean>, years: number, set: (from: string, to: string) => void): void {
  const { status } = usePipeline();
  watch(
    [isEmpty, status],
    () => {
      const last = newestOf(status.value, "batch", "speed");
      if (!isEmpty.value || last === null) return;
      const { to } = defaultPeriod(null, last);
      const first = new Date(startOf("year", last)).getUTCFullYear() - years;
      set(`${first}-01-01`, to);
    },
    { immediate: true },
  );
}
