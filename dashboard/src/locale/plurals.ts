/** Things that are counted, one and several of them. */

import { language, words } from "./language";

type Forms = readonly [one: string, other: string];

const NOUNS = words(
  {
    minute: ["minute", "minutes"] as Forms,
    hour: ["hour", "hours"] as Forms,
    day: ["day", "days"] as Forms,
    month: ["month", "months"] as Forms,
    season: ["season", "seasons"] as Forms,
    year: ["year", "years"] as Forms,
    wholeMonth: ["whole month", "whole months"] as Forms,
    wholeSeason: ["whole season", "whole seasons"] as Forms,
    wholeYear: ["whole year", "whole years"] as Forms,
    station: ["station", "stations"] as Forms,
    observation: ["observation", "observations"] as Forms,
    row: ["row", "rows"] as Forms,
    column: ["column", "columns"] as Forms,
    file: ["file", "files"] as Forms,
    run: ["run", "runs"] as Forms,
    load: ["load", "loads"] as Forms,
    thing: ["thing", "things"] as Forms,
    stationYear: ["station-year", "station-years"] as Forms,
    deadLetter: ["dead letter", "dead letters"] as Forms,
    forecastModel: ["forecast model", "forecast models"] as Forms,
    lost: ["lost", "lost"] as Forms,
    doubled: ["doubled", "doubled"] as Forms,
  },
  {
    minute: ["minute", "minutes"],
    hour: ["heure", "heures"],
    day: ["jour", "jours"],
    month: ["mois", "mois"],
    season: ["saison", "saisons"],
    year: ["an", "ans"],
    wholeMonth: ["mois complet", "mois complets"],
    wholeSeason: ["saison complète", "saisons complètes"],
    wholeYear: ["année complète", "années complètes"],
    station: ["station", "stations"],
    observation: ["observation", "observations"],
    row: ["ligne", "lignes"],
    column: ["colonne", "colonnes"],
    file: ["fichier", "fichiers"],
    run: ["exécution", "exécutions"],
    load: ["chargement", "chargements"],
    thing: ["point", "points"],
    stationYear: ["année-station", "années-stations"],
    deadLetter: ["message rejeté", "messages rejetés"],
    forecastModel: ["modèle de prévision", "modèles de prévision"],
    lost: ["perdue", "perdues"],
    doubled: ["doublée", "doublées"],
  },
);
export type Noun = keyof typeof NOUNS;

const RULES = { en: new Intl.PluralRules("en"), fr: new Intl.PluralRules("fr") };

/** The noun as it follows that number: 1 day, 2 days; 0 jour, 1,5 jour, 2 jours, 1 000 000 de jours. */
export function nounAfter(value: number, noun: Noun): string {
  const [one, other] = NOUNS[noun];
  const form = RULES[language.value].select(value);
  if (form === "many") return /^[aeiouéh]/.test(other) ? `d’${other}` : `de ${other}`;
  return form === "one" ? one : other;
}
