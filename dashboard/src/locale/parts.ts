/** The texts of History's other tabs. */

import { texts } from "./language";

type Apart = (top: string, apart: string, bottom: string) => string;
type Ends = (top: string, value: string, bottom: string, low: string) => string;

export const compareText = texts({
  compare: ["Compare", "Comparer"],
  what: [
    { stations: "Stations", periods: "Two periods" },
    { stations: "Stations", periods: "Deux périodes" },
  ],
  value: ["Value", "Valeur"],
  twoPeriods: ["two periods", "deux périodes"],
  stations: ["Compare stations", "Comparer des stations"],
  over: [
    { hour: "Over the hours that all of them have", day: "Over the days that all of them have", month: "Over the months that all of them have", season: "Over the seasons that all of them have", year: "Over the years that all of them have" },
    { hour: "Sur les heures communes", day: "Sur les jours communs", month: "Sur les mois communs", season: "Sur les saisons communes", year: "Sur les années communes" },
  ],
  valueNames: [
    { mean: "mean", min: "min", max: "max" },
    { mean: "moyenne", min: "minimale", max: "maximale" },
  ],
  choose: ["Choose stations to compare", "Choisissez des stations à comparer"],
  tooMany: [
    "Too many hours for one picture: choose fewer days, or longer periods",
    "Trop d’heures pour un seul graphique : choisissez moins de jours, ou des périodes plus longues",
  ],
  adds: [(most: number) => `Adds a station, ${most} at most`, (most: number) => `Ajoute une station, ${most} au plus`],
  withThat: ["With that from", "Avec celle du"],
  upToFour: ["Up to four stations by name, id, code or place, in the field above.", "Jusqu’à quatre stations par nom, identifiant, code ou lieu, dans le champ ci-dessus."],
  secondLess: ["Second less first", "Deuxième moins première"],
  noDataOf: [" (no data)", " (pas de données)"],
  remove: [(label: string) => `Remove ${label}`, (label: string) => `Retirer ${label}`],
  same: [(one: string, other: string) => `${one} as warm as ${other}`, (one: string, other: string) => `${one} : aussi chaud que ${other}`],
  apart: [
    {
      mean: ((top, apart, bottom) => `${top} ${apart} warmer than ${bottom}`) as Apart,
      min: ((top, apart, bottom) => `${top} ${apart} higher minima than ${bottom}`) as Apart,
      max: ((top, apart, bottom) => `${top} ${apart} higher maxima than ${bottom}`) as Apart,
    },
    {
      mean: ((top, apart, bottom) => `${top} plus chaud que ${bottom} de ${apart}`) as Apart,
      min: ((top, apart, bottom) => `${top} : minimales plus élevées de ${apart} que ${bottom}`) as Apart,
      max: ((top, apart, bottom) => `${top} : maximales plus élevées de ${apart} que ${bottom}`) as Apart,
    },
  ],
  ends: [
    {
      mean: ((top, value, bottom, low) => `${top} warmest (${value}), ${bottom} coolest (${low})`) as Ends,
      min: ((top, value, bottom, low) => `${top} highest minima (${value}), ${bottom} lowest (${low})`) as Ends,
      max: ((top, value, bottom, low) => `${top} highest maxima (${value}), ${bottom} lowest (${low})`) as Ends,
    },
    {
      mean: ((top, value, bottom, low) => `${top} le plus chaud (${value}), ${bottom} le plus frais (${low})`) as Ends,
      min: ((top, value, bottom, low) => `minimales les plus élevées : ${top} (${value}), les plus basses : ${bottom} (${low})`) as Ends,
      max: ((top, value, bottom, low) => `maximales les plus élevées : ${top} (${value}), les plus basses : ${bottom} (${low})`) as Ends,
    },
  ],
});

export const groupsText = texts({
  what: [
    { country: "Countries", elevation: "Elevation", dew: "Dew point" },
    { country: "Pays", elevation: "Altitude", dew: "Point de rosée" },
  ],
  titles: [
    { country: "Countries", elevation: "Bands of elevation", dew: "Temperature and dew point" },
    { country: "Pays", elevation: "Tranches d’altitude", dew: "Température et point de rosée" },
  ],
  noCountry: ["No country has stations yet", "Aucun pays n’a encore de stations"],
  subtitle: ["Means of the stations’ means: every station weighs the same", "Moyennes des moyennes des stations : chaque station pèse autant"],
  stationsBy: ["Stations by", "Stations par"],
  addCountry: ["Add a country", "Ajouter un pays"],
  choose: ["Choose …", "Choisir…"],
  temperature: ["Temperature", "Température"],
  band: [(from: number, to: number) => `${from} to ${to} m`, (from: number, to: number) => `${from} à ${to} m`],
  dewBelow: [
    (apart: string, mean: string, months: string) => `dew point ${apart} below the temperature (${mean}), mean of ${months}`,
    (apart: string, mean: string, months: string) => `point de rosée ${apart} sous la température (${mean}), moyenne de ${months}`,
  ],
});

export const recordsText = texts({
  records: ["Records", "Records"],
  parts: [
    { extremes: "Records", days: "Days & runs" },
    { extremes: "Records", days: "Jours et séries" },
  ],
  daysUtc: [(days: number) => `${days} days, UTC`, (days: number) => `${days} jours, UTC`],
  noDays: ["This station has no days under this rule", "Cette station n’a aucun jour selon cette règle"],
  countedBy: ["Counted by", "Compter par"],
  shown: ["Shown", "Affiché"],
  beyond: [
    (per: string, name: string) => `Days beyond thresholds ${per}, ${name}`,
    (per: string, name: string) => `Jours au-delà des seuils ${per}, ${name}`,
  ],
  kinds: [
    { highest: "Highest", lowest: "Lowest", warmest_day: "Warmest day", coldest_day: "Coldest day", highest_minimum: "Warmest night", lowest_maximum: "Coldest afternoon" },
    { highest: "Maximale", lowest: "Minimale", warmest_day: "Jour le plus chaud", coldest_day: "Jour le plus froid", highest_minimum: "Nuit la plus chaude", lowest_maximum: "Après-midi le plus froid" },
  ],
  thresholds: [
    {
      frost_days: { label: "Frost days", run: "frost days", means: "minimum below 0 °C" },
      ice_days: { label: "Ice days", run: "ice days", means: "maximum below 0 °C" },
      summer_days: { label: "Summer days", run: "summer days", means: "maximum 25 °C or more" },
      tropical_nights: { label: "Tropical nights", run: "tropical nights", means: "minimum of the UTC day 20 °C or more" },
    },
    {
      frost_days: { label: "Jours de gel", run: "jours de gel", means: "minimale inférieure à 0 °C" },
      ice_days: { label: "Jours sans dégel", run: "jours sans dégel", means: "maximale inférieure à 0 °C" },
      summer_days: { label: "Jours de chaleur", run: "jours de chaleur", means: "maximale d’au moins 25 °C" },
      tropical_nights: { label: "Nuits tropicales", run: "nuits tropicales", means: "minimale du jour UTC d’au moins 20 °C" },
    },
  ],
  longest: [(kind: string) => `Longest run of ${kind}`, (kind: string) => `Plus longue série de ${kind}`],
  finding: [
    (high: string, highDay: string, low: string, lowDay: string) => `highest ${high} on ${highDay}, lowest ${low} on ${lowDay}`,
    (high: string, highDay: string, low: string, lowDay: string) => `maximale ${high} le ${highDay}, minimale ${low} le ${lowDay}`,
  ],
  noRun: ["none", "aucune"],
  month: ["Month", "Mois"],
  all: ["All", "Tous"],
  periodUtc: ["Period (UTC)", "Période (UTC)"],
  daysComplete: ["Days complete", "Jours complets"],
});

export const stripesText = texts({
  pictures: [
    { stripes: "Climate stripes", hours: "Hours of a year" },
    { stripes: "Bandes climatiques", hours: "Heures d’une année" },
  ],
  picture: ["Picture", "Image"],
  views: [
    { chart: "Picture", table: "Table" },
    { chart: "Image", table: "Tableau" },
  ],
  stripePer: ["A stripe per", "Une bande par"],
  year: ["Year", "Année"],
  noStation: ["Stripes and heat map", "Bandes et carte de chaleur"],
  everyHour: [(year: string) => `every hour of ${year}`, (year: string) => `chaque heure de ${year}`],
  against: [
    (first: number, last: number) => `against ${first === last ? first : `${first} to ${last}`}`,
    (first: number, last: number) => `par rapport à ${first === last ? first : `${first}-${last}`}`,
  ],
  hoursUtc: ["hours in UTC", "heures en UTC"],
  noHours: [(year: string) => `No hours in ${year || "any year"}`, (year: string) => (year ? `Aucune heure en ${year}` : "Aucune heure")],
  importMore: ["Import more of its years (", "Importez plus d’années de cette station ("],
  orAnother: ["), or choose another station.", "), ou choisissez une autre station."],
  coloursFrom: [
    (low: string, high: string) => `Colours from ${low}, blue, by pale yellow, to ${high}, red`,
    (low: string, high: string) => `Couleurs de ${low}, bleu, en passant par le jaune pâle, à ${high}, rouge`,
  ],
  paleWeak: ["pale: weak, too few days", "pâle : peu fiable, trop peu de jours"],
  hatched: ["hatched: no data", "hachuré : pas de données"],
  finding: [
    (warmest: string, coolest: string, periods: string) => `warmest ${warmest}, coolest ${coolest}, of ${periods}`,
    (warmest: string, coolest: string, periods: string) => `écart maximal ${warmest}, minimal ${coolest}, sur ${periods}`,
  ],
  cellRole: ["picture of cells", "image en cellules"],
  arrows: [
    (label: string, columns: string) => `${label}. ${columns}. Arrow keys say one cell after the other.`,
    (label: string, columns: string) => `${label}. ${columns}. Les flèches du clavier annoncent une cellule après l’autre.`,
  ],
  pointAtIt: ["Point at the picture, or use the arrow keys.", "Pointez l’image, ou utilisez les flèches du clavier."],
  moreDays: ["Show more days", "Afficher plus de jours"],
});
