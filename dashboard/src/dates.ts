/** Periods and instants as people read them, in the language of the page. */

import { common } from "./locale/common";
import { language } from "./locale/language";
import { clockTime, type Granularity, isoDay, seasonOf } from "./time";
import { onClock, zone, zoneOf } from "./zone";

const YEAR_2001 = Array.from({ length: 12 }, (_, month) => Date.UTC(2001, month, 1));

function namesOf(month: "long" | "short"): Record<"en" | "fr", string[]> {
  const all = (locale: string): string[] => {
    const form = new Intl.DateTimeFormat(locale, { month, timeZone: "UTC" });
    return YEAR_2001.map((start) => form.format(start));
  };
  // In English three letters, always: some browsers write "Sept".
  return { en: all("en-GB").map((name) => (month === "short" ? name.slice(0, 3) : name)), fr: all("fr-FR") };
}

const MONTHS = namesOf("long");
const SHORT_MONTHS = namesOf("short");

/** Of 0 to 11: July, juillet. */
export function monthName(month: number): string {
  return MONTHS[language.value][month]!;
}

/** Of 0 to 11: Jul, juil. */
export function shortMonthName(month: number): string {
  return SHORT_MONTHS[language.value][month]!;
}

/** 5 Jul 2014, 1er juil. 2014; of a day as 2014-07-05. */
export function dayName(day: string, hasYear = true): string {
  const number = Number(day.slice(8));
  const name = `${language.value === "fr" && number === 1 ? "1er" : number} ${shortMonthName(Number(day.slice(5, 7)) - 1)}`;
  return hasYear ? `${name} ${day.slice(0, 4)}` : name;
}

/** A day as 2014-07-05 the way tables have it: 2014-07-05, 05/07/2014. */
export function dayText(day: string): string {
  return language.value === "fr" ? day.split("-").reverse().join("/") : day;
}

/** Both days included; one day is itself. */
export function daysText(first: string, last: string): string {
  return first === last ? dayText(first) : common.days(dayText(first), dayText(last));
}

/** An instant in UTC to the minute, as the API writes it: 2014-12-31 05:00, 31/12/2014 05:00. */
export function minuteText(time: string): string {
  return `${dayText(time.slice(0, 10))} ${time.slice(11, 16)}`;
}

/** The same to the second or finer, as far as the API says it. */
export function momentText(time: string): string {
  return `${dayText(time.slice(0, 10))} ${time.slice(11).replace("Z", "")}`;
}

/** How a period is called: 2014 · 2014 DJF · 2014-07 · 2014-07-05 · 2014-07-05 13:00; 07/2014 · 05/07/2014 in French. */
export function periodLabel(granularity: Granularity, start: number): string {
  if (granularity === "season") {
    const { season, year } = seasonOf(start);
    return `${year} ${season}`;
  }
  const text = new Date(start).toISOString();
  if (granularity === "year") return text.slice(0, 4);
  if (granularity === "month") return dayText(text.slice(0, 7));
  return granularity === "day" ? dayText(text.slice(0, 10)) : minuteText(text);
}

/** The same of a day's first instant. */
export function dayLabel(start: number): string {
  return dayText(isoDay(start));
}

/** The same, hours by the clock that is chosen: 2014-07-05 08:00. Which clock that is says `zoneOf`. */
export function shownLabel(granularity: Granularity, start: number): string {
  return periodLabel(granularity, granularity === "hour" ? onClock(start, zone.value) : start);
}

/** An hour's time by the chosen clock, 05:00; with its day, 30 Dec 23:00, where that is another one than in UTC. */
export function shownTime(start: number): string {
  const shown = onClock(start, zone.value);
  const day = isoDay(shown);
  return day === isoDay(start) ? clockTime(shown) : `${dayName(day, false)} ${clockTime(shown)}`;
}

/** With the clock's name: 2014-07-05 13:00 UTC. */
export function zonedLabel(granularity: Granularity, start: number): string {
  return `${shownLabel(granularity, start)} ${zoneOf(granularity)}`;
}
