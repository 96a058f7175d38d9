import { afterEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";
import { airflowWindow, mirrorAddress } from "../src/airflowTab";
import { followTheme, theme, themeOf } from "../src/theme";

afterEach(() => vi.restoreAllMocks());

function systemIs(dark: boolean): void {
  vi.spyOn(window, "matchMedia").mockReturnValue({
    matches: dark,
    addEventListener: () => undefined,
  } as unknown as MediaQueryList);
}

function page(className: string): Document {
  const one = document.implementation.createHTMLDocument("Airflow");
  one.documentElement.className = className;
  return one;
}

describe("theme", () => {
  it("is Airflow's in its tab, whatever the system wishes", () => {
    systemIs(true);
    expect(themeOf(page("light"))).toBe("light");
    systemIs(false);
    expect(themeOf(page("dark"))).toBe("dark");
  });

  it("is the system's elsewhere", () => {
    systemIs(true);
    expect(themeOf(page(""))).toBe("dark");
    followTheme(null);
    expect(document.documentElement.dataset["theme"]).toBe("dark");
    expect(theme.value).toBe("dark");
  });

  it("changes with Airflow's", async () => {
    systemIs(false);
    const outer = page("dark");
    followTheme({ document: outer } as Window);
    expect(theme.value).toBe("dark");
    outer.documentElement.className = "light";
    await nextTick();
    await vi.waitFor(() => expect(document.documentElement.dataset["theme"]).toBe("light"));
  });
});

function windowAt(address: string): Window {
  const { pathname, search, hash } = new URL(address, "http://airflow");
  return { location: { pathname, search, hash }, history: { state: { idx: 3 }, replaceState: vi.fn() } } as unknown as Window;
}

describe("the Airflow tab's address", () => {
  it("carries the view, and leaves Airflow's own state", () => {
    const outer = windowAt("/plugin/isotherm/isotherm/#/history");
    mirrorAddress(windowAt("/isotherm/#/live?station=72530094846"), outer);
    expect(outer.history.replaceState).toHaveBeenCalledWith(
      { idx: 3 },
      "",
      "/plugin/isotherm/isotherm/#/live?station=72530094846",
    );
  });

  it("is left alone where it does not show this frame", () => {
    const outer = windowAt("/dags");
    mirrorAddress(windowAt("/isotherm/#/live"), outer);
    expect(outer.history.replaceState).not.toHaveBeenCalled();
  });

  it("is nobody's on a port of its own, or in a frame of another origin", () => {
    expect(airflowWindow(window)).toBeNull();
    const parent = Object.defineProperty({}, "document", {
      get: () => {
        throw new DOMException("blocked", "SecurityError");
      },
    });
    expect(airflowWindow({ parent } as unknown as Window)).toBeNull();
  });
});
