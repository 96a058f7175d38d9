/** The dashboard as a tab of the Airflow UI: a frame of the same origin, behind Airflow's login. */

import type { Router } from "vue-router";

// Airflow writes the frame's address into its own when the frame has loaded; then it is ours to keep.
const AFTER_LOAD_MS = 300;

/** Airflow's window; null on the dashboard's own port, and in a frame of another origin. */
export function airflowWindow(own: Window = window): Window | null {
  if (own.parent === own) return null;
  try {
    return own.parent.document ? own.parent : null;
  } catch {
    return null;
  }
}

/**
 * Writes this page's address into Airflow's: /plugin/isotherm/<path of the frame>#<view>. Loaded anew,
 * Airflow opens the frame there. It notes each document that is loaded, but no view within it.
 */
export function mirrorAddress(own: Window, outer: Window): void {
  const { pathname, search, hash } = own.location;
  const shown = outer.location.pathname;
  if (!shown.endsWith(pathname)) return;
  // Airflow's router keeps its place in `state`.
  outer.history.replaceState(outer.history.state, "", `${shown}${search}${hash}`);
}

/** Keeps Airflow's address current; on the dashboard's own port there is nothing to do. */
export function keepAddress(router: Router): void {
  const outer = airflowWindow();
  if (outer === null) return;
  const mirror = (): void => mirrorAddress(window, outer);
  router.afterEach(mirror);
  window.addEventListener("load", () => setTimeout(mirror, AFTER_LOAD_MS));
}
