/** The language of the dashboard, and texts that follow it. */

import { preference } from "../preference";

export const LANGUAGES = ["en", "fr"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The first of the browser's languages that there is; else English. */
export function browserLanguage(wanted: readonly string[] = navigator.languages ?? []): Language {
  const known = wanted.map((one) => LANGUAGES.find((name) => one.toLowerCase().split("-")[0] === name));
  return known.find((one) => one !== undefined) ?? "en";
}

const own = preference<Language>("lang", LANGUAGES, () => browserLanguage());
/** What is shown now. */
export const language = own.current;
export const { follow: followLanguage, choose: chooseLanguage } = own;

/** In English and in French: one without the other does not compile. */
export type Pair<Text> = readonly [en: Text, fr: Text];

/**
 * A page's texts, each read in the language of the moment: whatever draws one is drawn anew in another language.
 * Words are strings; what has numbers or names in it is a function, and words of one list a record.
 */
export function texts<Texts extends object>(pairs: { readonly [Name in keyof Texts]: Pair<Texts[Name]> }): Readonly<Texts> {
  return new Proxy({} as Texts, {
    get: (_, name) => (pairs[name as keyof Texts] as Pair<unknown> | undefined)?.[LANGUAGES.indexOf(language.value)],
  });
}

/** Words for the names of a list, likewise; its keys can be gone through. */
export function words<Words extends object>(...[en, fr]: Pair<Words>): Readonly<Words> {
  return new Proxy(en, { get: (_, name) => Reflect.get(language.value === "fr" ? fr : en, name) as unknown });
}
