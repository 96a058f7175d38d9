import { expect, test } from "vitest";
import { temperatureRange } from "../src/chart/options";

test("a calm day spans five degrees at least, around its own middle", () => {
  const [low, high] = temperatureRange(-6.4, -4.7) as [number, number];
  expect([low, high]).toEqual([-9, -3]);
});

test("a year is shown whole, from one round number to another", () => {
  expect(temperatureRange(-27.8, 35)).toEqual([-30, 35]);
});

test("no rows have no range", () => {
  expect(temperatureRange(null, null)).toEqual([null, null]);
});
