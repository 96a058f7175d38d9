/** The texts of the map's page. */

import { texts } from "./language";

export const mapText = texts({
  map: ["Map", "Carte"],
  mapOf: [(when: string) => `Map, ${when}`, (when: string) => `Carte, ${when}`],
  at: [(value: string, name: string) => `${value} at ${name}`, (value: string, name: string) => `${value} à ${name}`],
  fromTo: [
    (when: string, coldest: string, warmest: string) => `${when}: from ${coldest} to ${warmest}`,
    (when: string, coldest: string, warmest: string) => `${when} : minimum ${coldest}, maximum ${warmest}`,
  ],
  known: [
    {
      mean: (known: string, all: string) => `Mean temperature of ${known} of ${all} stations`,
      min: (known: string, all: string) => `Lowest temperature of ${known} of ${all} stations`,
      max: (known: string, all: string) => `Highest temperature of ${known} of ${all} stations`,
    },
    {
      mean: (known: string, all: string) => `Température moyenne de ${known} stations sur ${all}`,
      min: (known: string, all: string) => `Température minimale de ${known} stations sur ${all}`,
      max: (known: string, all: string) => `Température maximale de ${known} stations sur ${all}`,
    },
  ],
  weakOf: [(count: string) => `${count} of them weak`, (count: string) => `dont ${count} peu fiables`],
  source: [
    (archive: string) => `Isotherm · data: ${archive} · coasts: Natural Earth`,
    (archive: string) => `Isotherm · données : ${archive} · côtes : Natural Earth`,
  ],
  colour: ["Colour", "Couleur"],
  allInSight: ["All in sight", "Tout voir"],
  label: [
    (count: string, when: string) => `Map of ${count} stations, ${when}. The table has the same numbers.`,
    (count: string, when: string) => `Carte de ${count} stations, ${when}. Le tableau donne les mêmes valeurs.`,
  ],
  nowhere: [(name: string) => `Nobody says where ${name} is: it is on no map.`, (name: string) => `Personne ne dit où se trouve ${name} : elle n’est sur aucune carte.`],
  itsHistory: ["Its history", "Son historique"],
  caption: [(when: string) => `Stations, ${when}`, (when: string) => `Stations, ${when}`],
  legendLabel: [
    (low: string, middle: string, high: string) => `Colours from ${low}, blue, by ${middle}, pale yellow, to ${high}, red`,
    (low: string, middle: string, high: string) => `Couleurs de ${low}, bleu, en passant par ${middle}, jaune pâle, à ${high}, rouge`,
  ],
  weakWhy: [
    {
      hour: "", day: "A part of the day has no temperature: its mean may be that of the rest",
      month: "Fewer than 90 % of the month's days have temperatures all day long: its values may be those of a part of it",
      year: "Fewer than 90 % of the year's days have temperatures all day long: its values may be those of a part of it",
    },
    {
      hour: "", day: "Une partie du jour n’a pas de température : sa moyenne peut être celle du reste",
      month: "Moins de 90 % des jours du mois ont des températures du matin au soir : ses valeurs peuvent n’en représenter qu’une partie",
      year: "Moins de 90 % des jours de l’année ont des températures du matin au soir : ses valeurs peuvent n’en représenter qu’une partie",
    },
  ],
  weakDay: ["weak: not all of the day", "peu fiable : jour incomplet"],
  weakPeriod: ["weak: less than 90 % complete", "peu fiable : moins de 90 % complet"],
  noValue: ["no value", "pas de valeur"],
  emptyTitle: [(when: string) => `No station has a temperature, ${when}`, (when: string) => `Aucune station n’a de température, ${when}`],
  emptyMore: [
    (rule: string) => `Nothing was imported of it, or nothing counts under the rule “${rule}”. Choose another moment.`,
    (rule: string) => `Rien n’en a été importé, ou rien n’est retenu par la règle « ${rule} ». Choisissez un autre moment.`,
  ],
  goToNewest: ["Go to the newest", "Aller au plus récent"],
  chosen: ["Chosen station", "Station choisie"],
  away: [(km: string) => `${km} km away`, (km: string) => `à ${km} km`],
  noTemperature: [(when: string) => `No temperature, ${when}`, (when: string) => `Pas de température, ${when}`],
  meanIs: [
    (low: string, high: string) => `mean, ${low} to ${high}`,
    (low: string, high: string) => `en moyenne, ${low} à ${high}`,
  ],
  complete: ["complete", "complet"],
  notAllDay: ["not all of the day", "jour incomplet"],
  daysComplete: [(share: string) => `${share} of the days complete`, (share: string) => `${share} de jours complets`],
  weakIs: [
    (why: string) => `Weak: ${why}. Its values may be those of a part of it.`,
    (why: string) => `Peu fiable : ${why}. Ses valeurs peuvent n’en représenter qu’une partie.`,
  ],
  history: ["History", "Historique"],
  columns: [
    { km: "km", mean: "Mean", min: "Min", max: "Max", complete: "Complete" },
    { km: "km", mean: "Moyenne", min: "Min.", max: "Max.", complete: "Complet" },
  ],
  tableWeakDay: ["Weak: a part of the day has no temperature", "Peu fiable : une partie du jour n’a pas de température"],
  tableWeak: ["Weak: fewer than 90 % of the days are complete", "Peu fiable : moins de 90 % de jours complets"],
  yes: ["yes", "oui"],
  no: ["no", "non"],
  ofStations: [(shown: string, all: string) => `${shown} of ${all} stations`, (shown: string, all: string) => `${shown} stations sur ${all}`],
  moment: ["Moment", "Moment"],
  earlier: [
    { hour: "An hour earlier", day: "A day earlier", month: "A month earlier", year: "A year earlier" },
    { hour: "Une heure plus tôt", day: "Un jour plus tôt", month: "Un mois plus tôt", year: "Un an plus tôt" },
  ],
  later: [
    { hour: "An hour later", day: "A day later", month: "A month later", year: "A year later" },
    { hour: "Une heure plus tard", day: "Un jour plus tard", month: "Un mois plus tard", year: "Un an plus tard" },
  ],
  play: ["Play", "Lecture"],
  pause: ["Pause", "Pause"],
  goTo: [
    { hour: "Day", day: "Go to the day", month: "Go to the month", year: "Go to the year" },
    { hour: "Jour", day: "Aller au jour", month: "Aller au mois", year: "Aller à l’année" },
  ],
  near: ["Near", "Près de"],
  askingWhere: ["Asking …", "Recherche…"],
  nearMe: ["Near me", "Autour de moi"],
  nowhereInParticular: ["Nowhere in particular", "Nulle part en particulier"],
  badPlace: ["Latitude and longitude in degrees, such as 59.91, 10.75.", "Latitude et longitude en degrés, par exemple 59.91, 10.75."],
  cannotSay: ["This browser cannot say where you are. Type coordinates instead.", "Ce navigateur ne peut pas dire où vous êtes. Saisissez plutôt des coordonnées."],
  refused: [
    ["The browser does not tell this page where you are. Type coordinates instead.", "Where you are could not be found out. Type coordinates instead.", "Where you are took too long to find out. Try again, or type coordinates."],
    ["Le navigateur ne dit pas à cette page où vous êtes. Saisissez plutôt des coordonnées.", "Votre position n’a pas pu être déterminée. Saisissez plutôt des coordonnées.", "Trouver votre position a pris trop de temps. Réessayez, ou saisissez des coordonnées."],
  ],
  mapRole: ["map", "carte"],
  keys: [
    "Arrow keys move the map, plus and minus zoom, Enter chooses the station nearest to the middle. The table has the same numbers.",
    "Les flèches déplacent la carte, plus et moins agrandissent et réduisent, Entrée choisit la station la plus proche du centre. Le tableau donne les mêmes valeurs.",
  ],
});
