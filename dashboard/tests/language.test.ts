import { mount } from "@vue/test-utils";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMemoryHistory, createRouter, type Router } from "vue-router";
import { dayName, periodLabel } from "../src/dates";
import { findingOf, periodName } from "../src/finding";
import { bytes, count, counted, decimal, duration, percent, signed } from "../src/format";
import { browserLanguage, chooseLanguage, followLanguage, language, texts } from "../src/locale/language";
import { nounAfter } from "../src/locale/plurals";
import { countryName, placeText } from "../src/stationText";

const nothing = { template: "" };

async function started(address = "/history"): Promise<Router> {
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/history", name: "history", component: nothing },
      { path: "/map", name: "map", component: nothing },
    ],
  });
  followLanguage(router);
  await router.push(address);
  return router;
}

beforeEach(() => localStorage.clear());
afterEach(async () => chooseLanguage(await started(), "en"));

describe("language", () => {
  it("is the first of the browser's that there is", () => {
    expect(browserLanguage(["de-DE", "fr-CA", "en-US"])).toBe("fr");
    expect(browserLanguage(["EN-us", "fr"])).toBe("en");
    expect([browserLanguage(["de", "ja"]), browserLanguage([])]).toEqual(["en", "en"]);
  });

  it("stays from page to page, in the address and for the next visit", async () => {
    const router = await started("/history?station=ZZ");
    await chooseLanguage(router, "fr");
    expect(router.currentRoute.value.query).toEqual({ station: "ZZ", lang: "fr" });
    await router.push({ name: "map" });
    expect(router.currentRoute.value.query).toEqual({ lang: "fr" });
    const later = await started("/map?by=year");
    expect(later.currentRoute.value.query).toEqual({ by: "year", lang: "fr" });
    await later.push({ name: "map", query: { lang: "en" } });
    expect(language.value).toBe("en");
  });

  it("draws anew what is seen when another one is chosen", async () => {
    const t = texts({ hello: ["Hello", "Bonjour"], many: [(n: number) => `${n} days`, (n: number) => `${n} jours`] });
    const page = mount({ setup: () => ({ t }), template: "<p>{{ t.hello }}, {{ t.many(2) }}</p>" });
    expect(page.text()).toBe("Hello, 2 days");
    await chooseLanguage(await started(), "fr");
    expect(page.text()).toBe("Bonjour, 2 jours");
  });
});

describe("French", () => {
  beforeEach(async () => chooseLanguage(await started(), "fr"));

  it("has a decimal comma, thin spaces between thousands, and octets", () => {
    expect([decimal(-3.04), decimal(-0.04), signed(1.25), percent(0.9999)]).toEqual(["−3,0", "0,0", "+1,3", "99,9 %"]);
    expect([count(1_234_567), bytes(640_000), bytes(9_100_000)]).toEqual(["1\u2009234\u2009567", "640 ko", "9,1 Mo"]);
  });

  it("counts none, one and a half in the singular, and millions of things", () => {
    expect([counted(0, "day"), counted(1, "day"), counted(2, "day")]).toEqual(["0 jour", "1 jour", "2 jours"]);
    expect([nounAfter(1.9, "year"), nounAfter(2.1, "year")]).toEqual(["an", "ans"]);
    expect([nounAfter(1e6, "row"), nounAfter(2e6, "observation")]).toEqual(["de lignes", "d’observations"]);
    expect(duration(1.9 * 365.25 * 86_400_000)).toBe("1,9 an");
  });

  it("writes dates as French people do", () => {
    const start = Date.UTC(2014, 6, 5, 13);
    expect([periodLabel("hour", start), periodLabel("day", start)]).toEqual(["05/07/2014 13:00", "05/07/2014"]);
    expect([periodLabel("month", start), periodLabel("year", start)]).toEqual(["07/2014", "2014"]);
    expect([dayName("2014-07-01"), dayName("2014-08-24", false)]).toEqual(["1er juil. 2014", "24 août"]);
    expect(periodName("2014-03-03", "2014-07-05", null)).toBe("du 3 mars au 5 juil. 2014");
    expect(periodName("2014-06-01", "2014-08-31", -33)).toBe("hiver 2014");
  });

  it("says how far a month was from its normal", () => {
    const row = { period: "2014-07", mean_c: 21.3, normal_c: 22.5, anomaly_c: -1.2, completeness: 1, good_day_count: 31, grade: "good" };
    const facts = { from: "2014-07-01", to: "2014-07-31", years: 8, anomalies: [row] } as unknown as Parameters<typeof findingOf>[0];
    expect(findingOf(facts)).toBe("1,2 °C en dessous de la normale (8 ans)");
  });

  it("calls countries and directions by their French names", () => {
    expect(countryName({ country: "NO", name: "Norway" })).toBe("Norvège");
    expect(countryName({ country: "fips:OC", name: "Oceans" })).toBe("Oceans");
    expect(placeText(41.978, -87.904, 201)).toBe("41,98° N ; 87,90° O · 201 m");
  });
});
