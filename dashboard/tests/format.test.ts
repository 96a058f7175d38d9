import { describe, expect, it } from "vitest";
import { count, decimal, difference, lag, percent, temperature } from "../src/format";

describe("format", () => {
  it("shows 0 °C as 0.0 and only a missing value as a dash", () => {
    expect(temperature(0)).toBe("0.0");
    expect(temperature(null)).toBe("–");
    expect(temperature(undefined)).toBe("–");
  });

  it("gives negative numbers a minus sign, and never to a rounded zero", () => {
    expect(decimal(-3.04)).toBe("−3.0");
    expect(decimal(-0.04)).toBe("0.0");
    expect(decimal(-0.05, 2)).toBe("−0.05");
  });

  it("groups thousands by thin spaces", () => {
    expect(count(4345)).toBe("4\u2009345");
    expect(count(1234567)).toBe("1\u2009234\u2009567");
    expect(count(999)).toBe("999");
  });

  it("does not round an incomplete series up to 100 %", () => {
    expect(percent(8759 / 8760)).toBe("99.9 %");
    expect(percent(1)).toBe("100 %");
    expect(percent(0)).toBe("0.0 %");
  });

  it("says how far the data lies behind the wall clock", () => {
    const now = Date.UTC(2026, 10, 23, 12);
    expect(lag(Date.UTC(2014, 11, 31), now)).toBe("11.9 years behind the clock");
    expect(lag(now - 693 * 86_400_000, now)).toBe("1.9 years behind the clock");
    expect(lag(Date.UTC(1901, 0, 1), now)).toBe("126 years behind the clock");
    expect(lag(now - 250 * 86_400_000, now)).toBe("8 months behind the clock");
    expect(lag(now - 3 * 86_400_000, now)).toBe("3 days behind the clock");
    expect(lag(now - 3_600_000 * 47, now)).toBe("47 hours behind the clock");
    expect(lag(now - 60_000, now)).toBe("1 minute behind the clock");
  });
});
