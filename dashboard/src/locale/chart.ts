/** What is said of a chart's rows, its tooltip and its keys. */

import { texts } from "./language";

export const chartText = texts({
  mean: [(value: string) => `mean ${value}`, (value: string) => `moyenne ${value}`],
  minimum: [(value: string) => `minimum ${value}`, (value: string) => `minimale ${value}`],
  maximum: [(value: string) => `maximum ${value}`, (value: string) => `maximale ${value}`],
  weak: [(share: string) => `weak: ${share} of its days are complete`, (share: string) => `peu fiable : ${share} de jours complets`],
  weakDay: ["weak: a part of the day has no temperature", "peu fiable : une partie du jour n’a pas de température"],
  weakDayOfAll: [
    (share: string) => `weak: ${share} of its stations have temperatures all day long`,
    (share: string) => `peu fiable : ${share} des stations ont des températures du matin au soir`,
  ],
  usual: [
    (mean: string, low: string, high: string) => `usual ${mean} (${low} to ${high})`,
    (mean: string, low: string, high: string) => `normale ${mean} (${low} à ${high})`,
  ],
  cooler: [(by: string) => `${by} cooler`, (by: string) => `${by} en dessous`],
  warmer: [(by: string) => `${by} warmer`, (by: string) => `${by} au-dessus`],
  anomaly: [
    (anomaly: string, mean: string, usual: string) => `${anomaly} (mean ${mean}, usual ${usual})`,
    (anomaly: string, mean: string, usual: string) => `${anomaly} (moyenne ${mean}, normale ${usual})`,
  ],
  anomalyKinds: [
    { warmer: "Warmer", cooler: "Cooler", weak: "Weak" },
    { warmer: "Plus chaud", cooler: "Plus frais", weak: "Peu fiable" },
  ],
  warmerThanUsual: ["Warmer than usual", "Au-dessus de la normale"],
  coolerThanUsual: ["Cooler", "En dessous"],
  weakFewDays: ["Weak: too few days", "Peu fiable : trop peu de jours"],
  nothingUsual: ["Nothing is usual here yet", "Pas encore de normale ici"],
  noCompleteDays: ["This station has no complete days.", "Cette station n’a aucun jour complet."],
  importMore: ["Import more of its years:", "Importez plus d’années de cette station :"],
  keys: [
    "Left and right arrow: one row; Page Up and Page Down: ten; Home and End: first and last; plus and minus: zoom; 0: the whole period.",
    "Flèches gauche et droite : une ligne ; Page préc. et Page suiv. : dix ; Début et Fin : première et dernière ; plus et moins : zoom ; 0 : toute la période.",
  ],
  zoom: ["Zoom", "Zoom"],
  zoomIn: ["Zoom in", "Agrandir"],
  zoomOut: ["Zoom out", "Réduire"],
  wholePeriod: ["Whole period", "Toute la période"],
  minToMax: ["Minimum to maximum", "De la minimale à la maximale"],
  dragHint: ["Drag or pinch to zoom. Gaps: no data.", "Glissez ou pincez pour agrandir. Interruptions : pas de données."],
  change: [
    (before: string, after: string) => `${before} → ${after}`,
    (before: string, after: string) => `${before} → ${after}`,
  ],
  notDrawn: [(change: string) => `${change}: not drawn`, (change: string) => `${change} : non tracé`],
  notDrawnToo: [", not drawn", ", non tracé"],
  more: [(count: number) => `${count} more`, (count: number) => `${count} de plus`],
  otherStations: [
    (told: string) => `Other stations, not weather. ${told}.`,
    (told: string) => `D’autres stations, et non le temps. ${told}.`,
  ],
  reasons: [
    {
      missing: "missing", summary_of_day: "summary of day", special: "special", superseded: "superseded",
      bad_quality: "bad quality", out_of_range: "out of range", malformed: "malformed",
    },
    {
      missing: "absentes", summary_of_day: "résumé du jour", special: "spéciales", superseded: "remplacées",
      bad_quality: "mauvaise qualité", out_of_range: "hors limites", malformed: "mal formées",
    },
  ],
});
