/** A choice about the whole dashboard: said in the address where it is not the usual one, and remembered. */

import { readonly, type Ref, ref } from "vue";
import type { LocationQueryRaw, Router } from "vue-router";

export interface Preference<Name extends string> {
  /** What holds now. */
  current: Readonly<Ref<Name>>;
  /** Whether it is what holds where nobody chose. */
  isUsual: () => boolean;
  /** Takes it from the address, else from the last choice, and keeps it from page to page. Call it once. */
  follow: (router: Router) => void;
  choose: (router: Router, chosen: Name) => Promise<void>;
}

/** A browser that keeps nothing (a frame, a private window) shows what the address says. */
function storage(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

/** `key` names it in the address and, after the product's name, where it is remembered. */
export function preference<Name extends string>(key: string, names: readonly Name[], usual: () => Name): Preference<Name> {
  const current = ref(usual()) as Ref<Name>;
  const remembered = `isotherm.${key}`;
  const read = (text: unknown): Name | null => (names.includes(text as Name) ? (text as Name) : null);
  const isUsual = (): boolean => current.value === usual();

  /** The address says it wherever it is not the usual one, so that a copied link shows the same page. */
  function said({ [key]: _, ...query }: LocationQueryRaw): LocationQueryRaw {
    return isUsual() ? query : { ...query, [key]: current.value };
  }

  return {
    current: readonly(current) as Readonly<Ref<Name>>,
    isUsual,
    follow: (router) => {
      current.value = read(storage()?.getItem(remembered)) ?? usual();
      router.beforeEach((to) => {
        const asked = read(to.query[key]);
        if (asked) current.value = asked;
        else if (!isUsual()) return { ...to, query: said(to.query) };
        return true;
      });
    },
    choose: async (router, chosen) => {
      current.value = chosen;
      storage()?.setItem(remembered, chosen);
      await router.replace({ query: said(router.currentRoute.value.query) });
    },
  };
}
