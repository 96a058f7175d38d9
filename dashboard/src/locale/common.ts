/** Words that many pages use. */

import { texts } from "./language";

type Ways = (one: string, other: string) => string;

export const common = texts({
  loading: ["Loading …", "Chargement…"],
  asking: ["Asking …", "Interrogation…"],
  tryAgain: ["Try again", "Réessayer"],
  tryNow: ["Try now", "Réessayer maintenant"],
  close: ["Close", "Fermer"],
  showMore: ["Show more", "Afficher la suite"],
  chart: ["Chart", "Graphique"],
  table: ["Table", "Tableau"],
  shownAs: ["Shown as", "Affichage"],
  whatToShow: ["What to show", "Ce qui est affiché"],
  legend: ["Legend", "Légende"],
  by: ["By", "Par"],
  station: ["Station", "Station"],
  stations: ["Stations", "Stations"],
  allStations: ["All stations", "Toutes les stations"],
  searchStation: ["Search for a station", "Chercher une station"],
  chooseStation: ["Choose a station", "Choisissez une station"],
  newest: ["Newest", "Plus récent"],
  day: ["Day", "Jour"],
  state: ["State", "État"],
  layer: ["Layer", "Couche"],
  mean: ["Mean", "Moyenne"],
  minimum: ["Minimum", "Minimale"],
  maximum: ["Maximum", "Maximale"],
  usual: ["Usual", "Normale"],
  anomaly: ["Anomaly", "Écart"],
  dewPoint: ["Dew point", "Point de rosée"],
  forecast: ["Forecast", "Prévision"],
  observations: ["Observations", "Observations"],
  noData: ["No data", "Pas de données"],
  noDataHere: ["no data", "pas de données"],
  none: ["none", "aucune"],
  weak: ["weak", "peu fiable"],
  fewDays: ["Fewer than 90 % of its days are complete", "Moins de 90 % de ses jours sont complets"],
  tableHasIt: ["The table shows the same numbers.", "Le tableau donne les mêmes valeurs."],
  pointAtChart: ["Point at the chart, or use the arrow keys.", "Pointez le graphique, ou utilisez les flèches du clavier."],
  chartRole: ["chart", "graphique"],
  nothingYet: ["There are no temperatures yet", "Il n’y a pas encore de températures"],
  firstImport: [
    "The first import has not finished. If none is running, trigger import_history or ingest_observations in Airflow; this page fills when it is done.",
    "Le premier import n’est pas terminé. Si aucun n’est en cours, lancez import_history ou ingest_observations dans Airflow ; cette page se remplira ensuite d’elle-même.",
  ],
  tooFewYears: [
    (years: string) => `${years} of data: too few to say what is usual`,
    (years: string) => `${years} de données : trop peu pour établir une normale`,
  ],
  periods: [
    { hour: "Hour", day: "Day", month: "Month", season: "Season", year: "Year" },
    { hour: "Heure", day: "Jour", month: "Mois", season: "Saison", year: "Année" },
  ],
  /** By hour, by day. */
  per: [
    { hour: "by hour", day: "by day", month: "by month", season: "by season", year: "by year" },
    { hour: "par heure", day: "par jour", month: "par mois", season: "par saison", year: "par année" },
  ],
  values: [
    { mean: "Mean", min: "Min", max: "Max" },
    { mean: "Moyenne", min: "Min.", max: "Max." },
  ],
  titled: [((what, found) => `${what}: ${found}`) as Ways, ((what, found) => `${what} : ${found}`) as Ways],
  days: [((from, to) => `${from} to ${to}`) as Ways, ((from, to) => `du ${from} au ${to}`) as Ways],
  years: [((from, to) => `${from} to ${to}`) as Ways, ((from, to) => `de ${from} à ${to}`) as Ways],
  between: [((low, high) => `${low} to ${high}`) as Ways, ((low, high) => `${low} à ${high}`) as Ways],
  ofRows: [
    (shown: string, all: string) => `${shown} of ${all} rows`,
    (shown: string, all: string) => `${shown} lignes sur ${all}`,
  ],
});

/** Choices in the words of a record. */
export function choices<Name extends string>(names: readonly Name[], labels: Readonly<Record<Name, string>>): { value: Name; label: string }[] {
  return names.map((value) => ({ value, label: labels[value] }));
}
