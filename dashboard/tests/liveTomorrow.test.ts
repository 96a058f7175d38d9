import { mount, RouterLinkStub } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import type { Point } from "../src/api";
import LiveTable from "../src/components/LiveTable.vue";
import type { Forecast, ForecastHour, Kind } from "../src/forecast";
import { hoursOf } from "../src/liveHours";
import { tomorrowOf } from "../src/liveTomorrow";
import { HOUR_MS, isoTime } from "../src/time";
import { point } from "./rows";

const DAY = Date.UTC(2014, 11, 31);

function liveHours(points: Point[]) {
  const facts = { day: DAY, points, streamed: new Set<number>(), newest: null, run: null };
  return hoursOf({ ...facts, reporting: null });
}

describe("tomorrow at the same hour", () => {
  const row = (valid: number, temperature_c: number | null): ForecastHour => ({
    ...{ lead_h: 24, valid_at: isoTime(valid), temperature_c, low_c: -1.5, high_c: 1.5, method: "own" },
    ...{ method_text: "the model", yesterday_c: null, climatology_c: null, damped14_c: null, observed_c: null },
  });
  const answer = (kind: Kind | null, origin: number | null, data: ForecastHour[]): Forecast =>
    ({ data, meta: { kind, origin_hour: origin === null ? null : isoTime(origin) }, next: null }) as unknown as Forecast;
  const tomorrow = DAY + 24 * HOUR_MS;

  it("is of the newer forecast, of equally new ones the one in service", () => {
    const [older, newer] = [answer("service", DAY, []), answer("hindcast", DAY + HOUR_MS, [])];
    expect(tomorrowOf([older, newer])?.kind).toBe("hindcast");
    expect(tomorrowOf([older, answer("hindcast", DAY, [])])?.kind).toBe("service");
    expect(tomorrowOf([answer(null, null, []), older])?.origin).toBe(DAY);
    expect(tomorrowOf([answer(null, null, [])])).toBeNull();
  });

  it("stands beside its hour with its interval; zero is a value, and what nobody knows is a dash", () => {
    const rows = [row(tomorrow, 0), row(tomorrow + HOUR_MS, null)];
    const points = [point(DAY), point(DAY + HOUR_MS), point(DAY + 2 * HOUR_MS)];
    const table = mount(LiveTable, {
      props: {
        ...{ day: DAY, hours: liveHours(points), isGlobal: false, receipts: new Map(), now: 0, station: "A" },
        tomorrow: tomorrowOf([answer("hindcast", DAY + 2 * HOUR_MS, rows)]),
      },
      global: { stubs: { RouterLink: RouterLinkStub } },
    });
    expect(table.findAll("[data-tomorrow]").map((cell) => cell.text())).toEqual(["0.0", "–", "–"]);
    expect(table.get("[data-hour='00:00'] [data-tomorrow]").attributes("title")).toBe("80 %: −1.5 to 1.5 °C; the model");
    expect(table.get("[data-forecast-note]").text()).toContain("02:00 UTC, a hindcast.");
  });
});
