import { enableAutoUnmount, mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ref } from "vue";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import { csvUrl } from "../src/api";
import { timeLabels, timeSplits } from "../src/chart/timeAxis";
import { shownLabel, shownTime, zonedLabel } from "../src/dates";
import { chooseClock, clock, followClock, fromClock, onClock, useStationZone, zone } from "../src/zone";

const HOUR = 3_600_000;
const CHICAGO = { latitude_deg: 41.98, longitude_deg: -87.9 };

async function started(address = "/history"): Promise<Router> {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: "/history", component: { template: "" } }] });
  followClock(router);
  await router.push(address);
  return router;
}

async function atStation(place: typeof CHICAGO | { latitude_deg: null; longitude_deg: null }): Promise<void> {
  mount({ setup: () => useStationZone(ref(place) as Parameters<typeof useStationZone>[0]), template: "" });
  await chooseClock(await started(), "station");
  await vi.dynamicImportSettled();
  await new Promise((done) => setTimeout(done));
}

enableAutoUnmount(afterEach);
beforeEach(() => localStorage.clear());
afterEach(async () => chooseClock(await started(), "utc"));

describe("clock", () => {
  it("is UTC until another is chosen, which the address says and the next visit keeps", async () => {
    const router = await started();
    expect([clock.value, zone.value, router.currentRoute.value.query]).toEqual(["utc", "UTC", {}]);
    await chooseClock(router, "browser");
    expect(router.currentRoute.value.query).toEqual({ clock: "browser" });
    expect(zone.value).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone);
    expect((await started()).currentRoute.value.query).toEqual({ clock: "browser" });
  });

  it("is that of the station's place, in hours alone, in words and in what is downloaded", async () => {
    await atStation(CHICAGO);
    const start = Date.UTC(2014, 6, 5, 2);
    expect(zone.value).toBe("America/Chicago");
    expect(zonedLabel("hour", start)).toBe("2014-07-04 21:00 America/Chicago");
    expect([shownLabel("day", start), zonedLabel("day", start)]).toEqual(["2014-07-05", "2014-07-05 UTC"]);
    expect([shownTime(start), shownTime(start + 6 * HOUR)]).toEqual(["4 Jul 21:00", "03:00"]);
    const request = { station: "ZZ", rule: "routine", layer: "best", from: start, to: start + HOUR } as const;
    expect(csvUrl({ ...request, by: "hour" })).toContain("tz=America%2FChicago");
    expect(csvUrl({ ...request, by: "day" })).not.toContain("tz=");
  });

  it("is UTC for a station without a place", async () => {
    await atStation({ latitude_deg: null, longitude_deg: null });
    expect([clock.value, zone.value]).toEqual(["station", "UTC"]);
  });

  it("goes to and fro on days of 23 and of 25 hours", () => {
    const spring = Date.UTC(2014, 2, 9, 7); // 01:00 in Chicago, an hour before the clocks jump.
    const shown = [0, 1, 2].map((hours) => new Date(onClock(spring + hours * HOUR, "America/Chicago")).toISOString().slice(11, 16));
    expect(shown).toEqual(["01:00", "03:00", "04:00"]);
    expect(fromClock(Date.UTC(2014, 2, 9, 2), "America/Chicago")).toBe(spring + HOUR);
    const autumn = Date.UTC(2014, 10, 2, 6); // 01:00, which comes twice.
    expect([0, 1].map((hours) => new Date(onClock(autumn + hours * HOUR, "America/Chicago")).getUTCHours())).toEqual([1, 1]);
    for (let hour = 2; hour < 24; hour++) expect(fromClock(onClock(autumn + hour * HOUR, "America/Chicago"), "America/Chicago")).toBe(autumn + hour * HOUR);
    expect(new Date(onClock(Date.UTC(2014, 0, 1), "Asia/Kolkata")).toISOString().slice(11, 16)).toBe("05:30");
  });

  it("puts the axis' ticks on its own even hours, also where it jumps", async () => {
    await atStation(CHICAGO);
    const from = Date.UTC(2014, 2, 9, 6) / 1000; // Midnight in Chicago.
    const splits = timeSplits(from, from + 12 * 3600, 3 * 3600, "hour");
    expect(timeLabels(splits, 3 * 3600, undefined, "hour")).toEqual(["00:00\n9 Mar 2014", "03:00", "06:00", "09:00", "12:00"]);
    expect(splits.map((one) => (one - from) / 3600)).toEqual([0, 2, 5, 8, 11]);
    expect(timeLabels(timeSplits(from, from + 12 * 3600, 6 * 3600, "day"), 6 * 3600)[0]).toBe("06:00\n9 Mar 2014");
  });
});
