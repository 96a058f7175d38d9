/** What a page writes into its own address by itself: the id a code means, the days of a period. */

import { onScopeDispose } from "vue";
import {
  isNavigationFailure,
  type LocationQueryRaw,
  NavigationFailureType,
  type RouteLocationNormalized,
  useRouter,
} from "vue-router";

/** The query the page is to have now; null where it is right as it is. */
export type Correction = () => LocationQueryRaw | null;

/**
 * Lets a page correct its own address. Where a navigation is under way the correction waits and is
 * worked out again once that has ended: it is somebody's wish, and another page's program may take
 * seconds to come. Written at once it would take the wish away, and the click would be lost.
 */
export function useOwnAddress(page: string): (correction: Correction) => void {
  const router = useRouter();
  const waiting: Correction[] = [];
  let underWay: RouteLocationNormalized | null = null;
  let isWriting = false;

  async function settle(): Promise<void> {
    if (underWay !== null || isWriting) return;
    const next = waiting.shift();
    if (next === undefined || router.currentRoute.value.name !== page) return;
    const query = next();
    if (query !== null) {
      isWriting = true;
      try {
        const failure = await router.replace({ query });
        if (isNavigationFailure(failure, NavigationFailureType.cancelled)) waiting.unshift(next);
      } finally {
        isWriting = false;
      }
    }
    await settle();
  }

  function ended(to: RouteLocationNormalized): void {
    if (underWay !== to) return; // Another one has taken its place.
    underWay = null;
    void settle();
  }

  const stops = [
    router.beforeEach((to) => {
      underWay = to;
    }),
    router.afterEach(ended),
    router.onError((_error, to) => ended(to)),
  ];
  onScopeDispose(() => {
    waiting.length = 0;
    for (const stop of stops) stop();
  });
  return (correction) => {
    waiting.push(correction);
    void settle();
  };
}
