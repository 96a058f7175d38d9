/** Light or dark: as the system wishes; in the Airflow UI as Airflow shows itself, also when it changes. */

import { readonly, ref } from "vue";
import { airflowWindow } from "./airflowTab";

export type Theme = "light" | "dark";

const current = ref<Theme>("light");

/** What is shown now. */
export const theme = readonly(current);

function systemTheme(): Theme {
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** The class Airflow gives its document; without one, what the system wishes. */
export function themeOf(document: Document): Theme {
  const classes = document.documentElement.classList;
  if (classes.contains("dark")) return "dark";
  return classes.contains("light") ? "light" : systemTheme();
}

/** Sets the theme before anything is drawn, and follows it. Call it once. */
export function followTheme(outer: Window | null = airflowWindow()): void {
  const show = (): void => {
    current.value = outer ? themeOf(outer.document) : systemTheme();
    document.documentElement.dataset["theme"] = current.value;
  };
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  if (outer) {
    new MutationObserver(show).observe(outer.document.documentElement, { attributeFilter: ["class"] });
  }
  show();
}
