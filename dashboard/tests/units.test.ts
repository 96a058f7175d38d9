import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import { toColumns } from "../src/chart/series";
import { temperatureLabels, temperatureRange } from "../src/chart/options";
import { anomaliesUrl } from "../src/climate";
import { forecastUrl, readForecastState, scoresUrl } from "../src/forecast";
import { difference, temperature, temperatureOrNone } from "../src/format";
import { mapUrl } from "../src/map/mapData";
import { groupUrls, readGroups } from "../src/parts/groups";
import { readRecords, recordsUrl, thresholdsUrl } from "../src/parts/records";
import { chooseUnits, degrees, differenceInUnits, followUnits, inUnits, units, unitsQuery } from "../src/units";
import { point } from "./rows";

const nothing = { template: "" };

async function started(address = "/history"): Promise<Router> {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/history", name: "history", component: nothing },
      { path: "/map", name: "map", component: nothing },
    ],
  });
  followUnits(router);
  await router.push(address);
  return router;
}

beforeEach(() => localStorage.clear());
afterEach(async () => chooseUnits(await started(), "metric"));

describe("units", () => {
  it("shows degrees Celsius until another unit is chosen, and says nothing of it in the address", async () => {
    const router = await started("/history?station=72530094846");
    expect([units.value, degrees.value, unitsQuery()]).toEqual(["metric", "°C", {}]);
    expect(router.currentRoute.value.query).toEqual({ station: "72530094846" });
    expect(temperature(-3.04)).toBe("−3.0");
  });

  it("converts a temperature by ratio and offset, a difference by ratio alone, and nothing that is missing", async () => {
    await chooseUnits(await started(), "imperial");
    expect([inUnits(-40), inUnits(0), inUnits(100), inUnits(null)]).toEqual([-40, 32, 212, null]);
    expect([differenceInUnits(0), differenceInUnits(-5)]).toEqual([0, -9]);
    expect([temperature(0), temperature(-17.8), temperature(null), temperatureOrNone(null)]).toEqual(["32.0", "0.0", "–", "none"]);
    expect([difference(-1.25, 2), difference(undefined)]).toEqual(["−2.25", "–"]);
  });

  it("keeps the choice from page to page, in the address and for the next visit", async () => {
    const router = await started("/history?station=ZZ");
    await chooseUnits(router, "imperial");
    expect(router.currentRoute.value.query).toEqual({ station: "ZZ", units: "imperial" });
    await router.push({ name: "map" });
    expect(router.currentRoute.value.query).toEqual({ units: "imperial" });
    const later = await started("/map?by=year");
    expect(later.currentRoute.value.query).toEqual({ by: "year", units: "imperial" });
    await chooseUnits(later, "metric");
    expect([units.value, later.currentRoute.value.query]).toEqual(["metric", { by: "year" }]);
  });

  it("shows a copied link as it was copied", async () => {
    const router = await started();
    await chooseUnits(router, "imperial");
    await router.push({ name: "history", query: { units: "metric" } });
    expect(units.value).toBe("metric");
    await router.push({ name: "history", query: { units: "kelvin" } });
    expect(units.value).toBe("metric");
  });

  it("draws charts in the unit, with a calm day as calm as before", async () => {
    await chooseUnits(await started(), "imperial");
    const { mean, min } = toColumns([point(0, { mean_c: 10, min_c: null })], "hour");
    expect([mean, min]).toEqual([[50], [null]]);
    expect(temperatureRange(50, 50)).toEqual([45, 55]);
    expect(temperatureLabels([30, 40], 0)).toEqual(["30", "40 °F"]);
  });
});

describe("files", () => {
  it("are in the unit of the page, and what is drawn stays in degrees Celsius", async () => {
    await chooseUnits(await started(), "imperial");
    const station = "ZZ";
    const [records, groups] = [readRecords({ station }), readGroups({ what: "elevation" })];
    const map = { by: "day", at: "2014-07-05", rule: "routine" } as const;
    const span = { from: null, to: null };
    const files = [
      anomaliesUrl(station, "year", span, "routine", "csv"), recordsUrl(records, "csv"), thresholdsUrl(records, "csv"),
      ...groupUrls(groups, "csv"), mapUrl(map, "csv"), forecastUrl(readForecastState({ station }), "csv"), scoresUrl(station, "csv"),
    ];
    for (const one of files) expect(one).toContain("units=imperial");
    const drawn = [anomaliesUrl(station, "year", span, "routine"), recordsUrl(records), ...groupUrls(groups), mapUrl(map, "columns"), scoresUrl(station)];
    for (const one of drawn) expect(one).not.toContain("units");
  });
});
