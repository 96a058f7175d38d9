/** How a station is looked for and described, which period and which observations are chosen. */

import { texts } from "./language";

export const stationsText = texts({
  meanOfMeans: ["mean of the stations' means", "moyenne des moyennes des stations"],
  pressKey: [(problem: string) => `${problem}. Press a key to try again.`, (problem: string) => `${problem}. Appuyez sur une touche pour réessayer.`],
  searching: ["Searching …", "Recherche…"],
  noMatch: [
    (text: string) => `No station matches “${text}”. Try a part of its name, its id or a code.`,
    (text: string) => `Aucune station ne correspond à « ${text} ». Essayez une partie de son nom, son identifiant ou un code.`,
  ],
  first: [(found: number) => `The first ${found}: type more of the name.`, (found: number) => `Les ${found} premières : précisez le nom.`],
  placeholder: ["Name, id or airport code", "Nom, identifiant ou code d’aéroport"],
  country: ["Country", "Pays"],
  any: ["any", "tous"],
  compass: [
    { north: "N", south: "S", east: "E", west: "W" },
    { north: "N", south: "S", east: "E", west: "O" },
  ],
  searchAbove: ["Search above, or take one of these.", "Cherchez ci-dessus, ou prenez l’une de celles-ci."],
  periodUtc: ["Period, in UTC days", "Période, en jours UTC"],
  period: ["Period", "Période"],
  presets: [
    { record: "Whole record", year: "Newest year", month: "Newest month", day: "Newest day", own: "Own dates" },
    { record: "Toute la série", year: "Dernière année", month: "Dernier mois", day: "Dernier jour", own: "Dates choisies" },
  ],
  earlier: ["Earlier", "Plus tôt"],
  later: ["Later", "Plus tard"],
  from: ["From", "Du"],
  to: ["To, included", "Au, inclus"],
  ruleAndLayer: ["Rule and layer", "Règle et couche"],
  rule: ["Rule", "Règle"],
  counted: ["Observations that count", "Observations prises en compte"],
  rules: [
    {
      routine: {
        label: "Routine",
        explanation:
          "Regular reports that passed NOAA's checks, one value a minute. Special reports are left out: they cluster in bad weather and would pull the mean. This is how NOAA counts its own daily summaries.",
      },
      qc: { label: "Quality-checked", explanation: "Every report that passed NOAA's checks, special reports and repeats included." },
      unfiltered: { label: "Unfiltered", explanation: "Every temperature as reported, suspect and erroneous ones included." },
    },
    {
      routine: {
        label: "Régulière",
        explanation:
          "Messages réguliers ayant passé les contrôles de la NOAA, une valeur par minute. Les messages spéciaux sont écartés : ils se multiplient par mauvais temps et fausseraient la moyenne. C’est ainsi que la NOAA établit ses propres résumés quotidiens.",
      },
      qc: { label: "Contrôlée", explanation: "Tous les messages ayant passé les contrôles de la NOAA, messages spéciaux et répétitions compris." },
      unfiltered: { label: "Sans filtre", explanation: "Toutes les températures telles que transmises, y compris douteuses ou erronées." },
    },
  ],
  layers: [
    {
      best: { label: "Best available", explanation: "Batch where it has the hour, else the stream." },
      batch: { label: "Batch", explanation: "Computed from NOAA's files by the daily and yearly imports." },
      speed: { label: "Stream", explanation: "Computed hour by hour as observations arrived." },
    },
    {
      best: { label: "Meilleure disponible", explanation: "La couche différée si elle a l’heure, sinon le flux." },
      batch: { label: "Différé", explanation: "Calculée à partir des fichiers de la NOAA par les imports quotidiens et annuels." },
      speed: { label: "Flux", explanation: "Calculée heure par heure à l’arrivée des observations." },
    },
  ],
  layerNames: [{ batch: "batch", speed: "stream" } as Record<string, string>, { batch: "différé", speed: "flux" } as Record<string, string>],
});
