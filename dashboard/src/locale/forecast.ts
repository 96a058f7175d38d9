/** The texts of forecasts and their scores. */

import { texts } from "./language";

type Methods = Partial<Record<string, string>>;
type Finding = (by: string) => string;

export const forecastText = texts({
  forecasts: ["Forecasts", "Prévisions"],
  baselines: [
    { yesterday: "Same hour yesterday", climatology: "Climatology", damped14: "Damped anomaly" },
    { yesterday: "Même heure la veille", climatology: "Climatologie", damped14: "Écart amorti" },
  ],
  /** Within a sentence. */
  baselinesIn: [
    { yesterday: "same hour yesterday", climatology: "climatology", damped14: "damped anomaly" },
    { yesterday: "même heure la veille", climatology: "climatologie", damped14: "écart amorti" },
  ],
  views: [
    { chart: "Chart", table: "Table", skill: "Skill" },
    { chart: "Graphique", table: "Tableau", skill: "Performance" },
  ],
  asWarm: ["next 24 hours as warm as the last 24", "24 prochaines heures aussi chaudes que les 24 dernières"],
  colder: [((by) => `next 24 hours ${by} colder than the last 24`) as Finding, ((by) => `24 prochaines heures plus froides de ${by} que les 24 dernières`) as Finding],
  warmer: [((by) => `next 24 hours ${by} warmer than the last 24`) as Finding, ((by) => `24 prochaines heures plus chaudes de ${by} que les 24 dernières`) as Finding],
  within: [(half: string) => `, each hour 80 % within ${half}`, (half: string) => `, chaque heure à ${half} près dans 80 % des cas`],
  /** The API says them in English. */
  methods: [
    {} as Methods,
    {
      blend: "la moyenne du modèle de la station et d’arbres de décision renforcés",
      neighbours: "le modèle de la station et ce que transmettent ses voisines",
      own: "le modèle propre à la station",
      damped14: "repli : l’habituel des 14 derniers jours et ce qui reste de l’écart du jour",
      climatology: "repli : l’habituel à cette heure et à ce jour de l’année",
      nothing: "rien ne peut être dit : trop peu est connu",
    } as Methods,
  ],
  madeBy: [(methods: string) => `Made by ${methods}.`, (methods: string) => `Établie par ${methods}.`],
  ofValues: [
    (method: string, count: number, all: number) => `${method} (${count} of ${all} values)`,
    (method: string, count: number, all: number) => `${method} (${count} valeurs sur ${all})`,
  ],
  interval: [(low: string, high: string) => `80 %: ${low} to ${high}`, (low: string, high: string) => `80 % : ${low} à ${high}`],
  observedIs: [(value: string) => `, observed ${value}`, (value: string) => `, observé ${value}`],
  ahead: [(when: string, hours: number) => `${when}, ${hours} h ahead`, (when: string, hours: number) => `${when}, échéance ${hours} h`],
  subtitle: [
    (from: string, behind: string, issued: string, model: string) => `From ${from}${behind} · issued ${issued} · model ${model}`,
    (from: string, behind: string, issued: string, model: string) => `À partir du ${from}${behind} · émise le ${issued} · modèle ${model}`,
  ],
  hindcast: ["hindcast", "a posteriori"],
  hindcastMore: [
    "Made when some of these hours were known, from what was known at its origin",
    "Établie quand une partie de ces heures était connue, à partir de ce qui l’était à son origine",
  ],
  fromStream: ["from the stream", "issue du flux"],
  feed: [(id: string) => `Feed ${id}`, (id: string) => `Flux ${id}`],
  simulated: ["simulated", "simulée"],
  notObservations: ["Not observations", "Pas des observations"],
  reach: ["Ahead", "Échéance"],
  whenMade: ["When it was made", "Date d’émission"],
  dayEarlier: ["A day earlier", "Un jour plus tôt"],
  dayLater: ["A day later", "Un jour plus tard"],
  notLoaded: ["The forecast could not be loaded", "La prévision n’a pas pu être chargée"],
  none: ["There is no forecast", "Il n’y a pas de prévision"],
  theNewest: ["The newest forecast", "La prévision la plus récente"],
  caption: [(name: string) => `Forecast for ${name}`, (name: string) => `Prévision pour ${name}`],
  label: [(name: string, from: string) => `Forecast for ${name}, from ${from}.`, (name: string, from: string) => `Prévision pour ${name}, à partir du ${from}.`],
  lines: ["Lines", "Courbes"],
  interval80: ["80 % interval", "Intervalle à 80 %"],
  observed: ["Observed", "Observé"],
  notKnown: [" (not known)", " (inconnue)"],
  hour: [(zone: string) => `Hour (${zone})`, (zone: string) => `Heure (${zone})`],
  aheadHead: ["Ahead", "Échéance"],
  madeByHead: ["Made by", "Établie par"],
  notScored: ["No forecast has been held against what came yet", "Aucune prévision n’a encore été confrontée aux observations"],
  better: [(by: string, than: string) => `${by} better than ${than}`, (by: string, than: string) => `meilleure de ${by} que ${than}`],
  worse: [(by: string, than: string) => `${by} worse than ${than}`, (by: string, than: string) => `moins bonne de ${by} que ${than}`],
  incomparable: [(than: string) => `not to be compared with ${than}`, (than: string) => `non comparable à ${than}`],
  sameHourYesterday: ["the same hour yesterday", "la même heure la veille"],
  sayLead: [
    (lead: number, error: string, skills: string, pairs: string) => `${lead} h ahead: mean error ${error}; skill against ${skills}; ${pairs} pairs`,
    (lead: number, error: string, skills: string, pairs: string) => `échéance ${lead} h : erreur moyenne ${error} ; gain par rapport à ${skills} ; ${pairs} paires`,
  ],
  inService: ["In service", "En service"],
  asHindcast: ["Hindcast", "A posteriori"],
  inServiceIn: ["in service", "en service"],
  summary: [
    (days: string, error: string, beside: string, inside: string, pairs: string) =>
      `, ${days}, next 24 hours: mean error ${error}, ${beside}; ${inside} inside the 80 % interval (${pairs} pairs).`,
    (days: string, error: string, beside: string, inside: string, pairs: string) =>
      `, ${days}, 24 prochaines heures : erreur moyenne ${error}, ${beside} ; ${inside} dans l’intervalle à 80 % (${pairs} paires).`,
  ],
  against: [(name: string) => `Against ${name}`, (name: string) => `Par rapport à : ${name}`],
  skillLabel: [
    (station: string) => `Skill by lead, ${station}: by how many percent the forecast's error is smaller. The table below shows the same numbers.`,
    (station: string) => `Performance par échéance, ${station} : réduction en pourcentage de l’erreur de la prévision. Le tableau ci-dessous donne les mêmes valeurs.`,
  ],
  scoresByLead: ["Scores by lead", "Scores par échéance"],
  scoresOf: [(station: string) => `Scores by lead, ${station}`, (station: string) => `Scores par échéance, ${station}`],
  meanError: ["Mean error", "Erreur moyenne"],
  bias: ["Bias", "Biais"],
  inside: ["Inside 80 %", "Dans les 80 %"],
  pairs: ["Pairs", "Paires"],
  scoresNotLoaded: ["The scores could not be loaded", "Les scores n’ont pas pu être chargés"],
  ofOneStation: ["A forecast is of one station.", "Une prévision concerne une station."],
  allSummary: [
    (stations: string, days: string, kind: string, skill: string) => `${stations}, ${days} (${kind}): mean skill against the same hour yesterday ${skill}.`,
    (stations: string, days: string, kind: string, skill: string) => `${stations}, ${days} (${kind}) : gain moyen par rapport à la même heure la veille ${skill}.`,
  ],
  scoresByStation: ["Scores by station", "Scores par station"],
  scoresCaption: ["Scores by station, next 24 hours", "Scores par station, 24 prochaines heures"],
  againstYesterday: ["Against yesterday", "Par rapport à la veille"],
  againstDamped: ["Against damped anomaly", "Par rapport à l’écart amorti"],
});
