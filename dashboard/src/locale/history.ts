/** The texts of History's first tab, and of the sentences its charts open with. */

import { texts } from "./language";

export const historyText = texts({
  views: [
    { chart: "Chart", anomaly: "Anomaly", table: "Table" },
    { chart: "Graphique", anomaly: "Écart", table: "Tableau" },
  ],
  meanOfMeans: ["Mean of the stations’ means, extremes of any", "Moyenne des moyennes des stations, extrêmes toutes stations"],
  caption: [
    (per: string, name: string, days: string) => `Temperature ${per}, ${name}, ${days}`,
    (per: string, name: string, days: string) => `Température ${per}, ${name}, ${days}`,
  ],
  anomalyOf: [
    (per: string, name: string) => `Anomaly ${per}, ${name}.`,
    (per: string, name: string) => `Écart à la normale ${per}, ${name}.`,
  ],
  download: ["Download", "Télécharger"],
  tooMuch: ["That is too much for one picture", "C’est trop pour un seul graphique"],
  tooMuchMore: [
    (rows: string) => `More than ${rows} rows. Choose a shorter period, or show it by day. The API takes the whole period, page by page.`,
    (rows: string) => `Plus de ${rows} lignes. Choisissez une période plus courte, ou l’affichage par jour. L’API donne toute la période, page par page.`,
  ],
  showByDay: ["Show by day", "Afficher par jour"],
  showByHour: ["Show by hour", "Afficher par heure"],
  hoursOnly: ["The stream computes hours only", "Le flux ne calcule que des heures"],
  hoursOnlyMore: ["Days, months and years come from the batch layer.", "Les jours, mois et années viennent de la couche différée."],
  useBest: ["Use the best available layer", "Prendre la meilleure couche disponible"],
  thisStation: ["This station", "Cette station"],
  showAll: ["Show all stations", "Afficher toutes les stations"],
  noTemperatures: [(name: string) => `${name} has no temperatures`, (name: string) => `${name} n’a pas de températures`],
  onlyOther: [
    (from: string, to: string) =>
      `It has observations from ${from} to ${to}, and none of them holds an air temperature: a platform that measures something else, or one whose thermometer was missing.`,
    (from: string, to: string) =>
      `Elle a des observations du ${from} au ${to}, dont aucune ne contient de température de l’air : une plate-forme qui mesure autre chose, ou dont le thermomètre manquait.`,
  ],
  nothingRead: ["No observation of it has been read yet.", "Aucune de ses observations n’a encore été lue."],
  searchAnother: ["Search for another station", "Chercher une autre station"],
  nothingUnder: [
    (name: string, rule: string) => `${name} has nothing under the rule “${rule}”`,
    (name: string, rule: string) => `${name} n’a rien selon la règle « ${rule} »`,
  ],
  noneCounted: ["It has temperatures, but none that this rule counts.", "Elle a des températures, mais aucune que cette règle retienne."],
  showRule: [(rule: string) => `Show ${rule}`, (rule: string) => `Afficher la règle ${rule}`],
  nothingHere: ["Nothing in this period", "Rien dans cette période"],
  hasFromTo: [
    (name: string, from: string, to: string) => `${name} has temperatures from ${from} to ${to}, perhaps with holes, or nothing here in this layer.`,
    (name: string, from: string, to: string) => `${name} a des températures du ${from} au ${to}, peut-être avec des lacunes, ou rien ici dans cette couche.`,
  ],
  noneHere: [
    "No station has data here under this rule and layer. Choose another period.",
    "Aucune station n’a de données ici selon cette règle et cette couche. Choisissez une autre période.",
  ],
  goToNewest: ["Go to its newest data", "Aller aux données les plus récentes"],
  lowest: ["Lowest", "Minimale"],
  highest: ["Highest", "Maximale"],
  withoutOthers: [(count: string) => `without ${count} of other stations`, (count: string) => `sans ${count} d’autres stations`],
  ofMeans: ["of station means", "des moyennes des stations"],
  ofAll: ["of all observations", "de toutes les observations"],
  underRule: ["counted under this rule", "retenues par cette règle"],
  completeness: ["Completeness", "Complétude"],
  ofCount: [(has: string, all: string) => `${has} of ${all}`, (has: string, all: string) => `${has} sur ${all}`],
  leftOut: ["Left out", "Écartées"],
  rejected: ["Rejected", "Rejetées"],
  seasons: [
    { winter: "winter", spring: "spring", summer: "summer", autumn: "autumn" },
    { winter: "hiver", spring: "printemps", summer: "été", autumn: "automne" },
  ],
  asUsual: ["as warm as usual", "conforme à la normale"],
  cooler: [(by: string) => `${by} cooler than usual`, (by: string) => `${by} en dessous de la normale`],
  warmer: [(by: string) => `${by} warmer than usual`, (by: string) => `${by} au-dessus de la normale`],
  tooFew: [
    (years: string, isOne: boolean) => `${years} ${isOne ? "is" : "are"} too few to say what is usual`,
    (years: string) => `${years}, c’est trop peu pour établir une normale`,
  ],
  weak: [(share: string) => `; weak: ${share} of its days`, (share: string) => ` ; peu fiable : ${share} de ses jours`],
  ranked: [
    (warmest: string, coolest: string, years: string) => `warmest ${warmest}, coolest ${coolest}, against ${years}`,
    (warmest: string, coolest: string, years: string) => `la plus chaude ${warmest}, la plus fraîche ${coolest}, par rapport à ${years}`,
  ],
  usualNote: [
    (first: number, last: number, years: string) => `Usual: the mean daily minimum to maximum of ${first} to ${last} (${years}).`,
    (first: number, last: number, years: string) => `Normale : minimale à maximale quotidienne moyenne de ${first} à ${last} (${years}).`,
  ],
});
