import { expect, test } from "vitest";
import { finding, type ForecastHour, methodsText, readForecastState, writeForecastState } from "../src/forecast";

function rows(count: number, part: (lead: number) => Partial<ForecastHour>): ForecastHour[] {
  return Array.from({ length: count }, (_, at) => ({
    lead_h: at + 1,
    valid_at: "2014-01-01T00:00:00Z",
    temperature_c: 0,
    low_c: -2,
    high_c: 2,
    method: "own",
    method_text: "the station's own model",
    yesterday_c: 3.2,
    climatology_c: null,
    damped14_c: null,
    observed_c: null,
    ...part(at + 1),
  }));
}

test("the finding says how the next day differs, and zero is a temperature", () => {
  expect(finding(rows(24, () => ({})))).toBe(
    "next 24 hours 3.2 °C colder than the last 24, each hour 80 % within 2.0 °C",
  );
  expect(finding(rows(24, () => ({ temperature_c: 3.2, low_c: null, high_c: null })))).toBe(
    "next 24 hours as warm as the last 24",
  );
  // Beyond a day is another day.
  expect(finding(rows(48, (lead) => (lead > 24 ? { temperature_c: 40 } : {})))).toContain("3.2 °C colder");
});

test("of too few hours nothing is found", () => {
  expect(finding(rows(24, (lead) => (lead > 7 ? { temperature_c: null } : {})))).toBeNull();
  expect(finding([])).toBeNull();
});

test("what made the values is said in words, the commonest first", () => {
  const mixed = rows(3, (lead) => (lead === 1 ? { method_text: "fallback" } : {}));
  expect(methodsText(mixed)).toBe("Made by the station's own model (2 of 3 values); fallback (1 of 3 values).");
  expect(methodsText(rows(3, () => ({})))).toBe("Made by the station's own model.");
});

test("an address says all of the state, and nonsense takes its default", () => {
  const state = readForecastState({ station: "X", hours: "96", origin: "2014-01-01T05:00:00Z", view: "skill", beside: "none" });
  expect(state).toEqual({ station: "X", reach: "96", origin: "2014-01-01T05:00:00Z", view: "skill", beside: [] });
  expect(readForecastState(writeForecastState(state))).toEqual(state);
  expect(readForecastState({ station: "all", hours: "7", origin: "soon", view: "x" })).toEqual({
    station: "", reach: "24", origin: "", view: "chart", beside: ["yesterday"],
  });
});
