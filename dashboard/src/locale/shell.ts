/** What stands around every page. */

import { texts } from "./language";

export const shellText = texts({
  skip: ["Skip to content", "Aller au contenu"],
  simulated: ["Simulated data.", "Données simulées."],
  simulatedMore: [
    "These temperatures come from Isotherm's own generator, not from weather stations.",
    "Ces températures viennent du générateur d’Isotherm, et non de stations météorologiques.",
  ],
  pages: ["Pages", "Pages"],
  titles: [
    {
      history: "History", map: "Map", live: "Live", forecast: "Forecast", pipeline: "Pipeline", compare: "Compare", records: "Records",
      stripes: "Stripes", groups: "Groups", letters: "Dead letters", data: "Data", docs: "API", missing: "No such page",
    },
    {
      history: "Historique", map: "Carte", live: "Direct", forecast: "Prévision", pipeline: "Chaîne", compare: "Comparer", records: "Records",
      stripes: "Bandes", groups: "Groupes", letters: "Messages rejetés", data: "Données", docs: "API", missing: "Page introuvable",
    },
  ],
  course: ["Course", "Évolution"],
  unit: ["Unit of temperatures", "Unité des températures"],
  showUnit: [
    { metric: "Show degrees Celsius", imperial: "Show degrees Fahrenheit" },
    { metric: "Afficher en degrés Celsius", imperial: "Afficher en degrés Fahrenheit" },
  ],
  language: ["Language", "Langue"],
  footSimulated: ["Simulated data", "Données simulées"],
  footSimulatedMore: [
    "in NOAA's format: not observations. Start Isotherm with another archive to see those of NOAA NCEI.",
    "au format de la NOAA : ce ne sont pas des observations. Démarrez Isotherm avec une autre archive pour voir celles du NCEI de la NOAA.",
  ],
  footData: ["Data: NOAA NCEI.", "Données : NOAA NCEI."],
  footTerms: [
    "Station observations of the Global Hourly data set. Some were exchanged under WMO Resolution 40 (Cg-XII): those may be used without charge for research, education and other non-commercial purposes; for commercial use, the providing country may set conditions.",
    "Observations en station du jeu de données Global Hourly. Certaines ont été échangées au titre de la résolution 40 (Cg-XII) de l’OMM : elles peuvent être utilisées gratuitement pour la recherche, l’enseignement et d’autres usages non commerciaux ; pour un usage commercial, le pays fournisseur peut fixer des conditions.",
  ],
  temperaturesIn: ["Temperatures in", "Températures en"],
  timesIn: ["times in UTC.", "heures en UTC."],
  getData: ["Get the data", "Obtenir les données"],
  api: ["API for people and programs", "API pour humains et programmes"],
  noPage: [(path: string) => `There is no page ${path}`, (path: string) => `Il n’y a pas de page ${path}`],
  noPageMore: [
    "The address may have been cut short or mistyped. These pages are here:",
    "L’adresse a peut-être été tronquée ou mal saisie. Ces pages existent :",
  ],
  askAgain: ["Ask again", "Redemander"],
});
