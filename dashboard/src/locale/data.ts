/** The texts of the pages for programs: the query builder and the API's documentation. */

import { texts } from "./language";

type Of = (what: string, period: string) => string;

export const dataText = texts({
  titles: [
    {
      hourly: ((what, period) => `Hourly temperatures of ${what}, ${period}`) as Of, daily: ((what, period) => `Daily temperatures of ${what}, ${period}`) as Of,
      monthly: ((what, period) => `Monthly temperatures of ${what}, ${period}`) as Of, seasonal: ((what, period) => `Seasonal temperatures of ${what}, ${period}`) as Of,
      yearly: ((what, period) => `Yearly temperatures of ${what}, ${period}`) as Of,
    },
    {
      hourly: ((what, period) => `Températures horaires de ${what}, ${period}`) as Of, daily: ((what, period) => `Températures quotidiennes de ${what}, ${period}`) as Of,
      monthly: ((what, period) => `Températures mensuelles de ${what}, ${period}`) as Of, seasonal: ((what, period) => `Températures saisonnières de ${what}, ${period}`) as Of,
      yearly: ((what, period) => `Températures annuelles de ${what}, ${period}`) as Of,
    },
  ],
  together: ["all stations together", "toutes les stations ensemble"],
  fromOn: [(day: string) => `from ${day} on`, (day: string) => `à partir du ${day}`],
  until: [(day: string) => `until ${day}`, (day: string) => `jusqu’au ${day}`],
  wholeRecord: ["the whole record", "toute la série"],
  wholeRecordButton: ["Whole record", "Toute la série"],
  about: [
    "Every choice goes into the address below, for a program, a notebook or a spreadsheet. The same numbers are on the other pages.",
    "Chaque choix entre dans l’adresse ci-dessous, pour un programme, un carnet ou un tableur. Les autres pages montrent les mêmes valeurs.",
  ],
  allApi: ["All that the API has", "Tout ce qu’offre l’API"],
  wanted: ["What is wanted", "Ce qui est voulu"],
  rowForEach: ["One row for each", "Une ligne par"],
  by: [
    { hourly: "Hour", daily: "Day", monthly: "Month", seasonal: "Season", yearly: "Year" },
    { hourly: "Heure", daily: "Jour", monthly: "Mois", seasonal: "Saison", yearly: "Année" },
  ],
  units: ["Units", "Unités"],
  clock: ["Clock", "Fuseau"],
  format: ["Format", "Format"],
  howToGet: ["How to get it", "Comment l’obtenir"],
  thisChoice: ["this choice", "ce choix"],
  address: ["Address", "Adresse"],
  download: ["Download", "Télécharger"],
  seeFirst: ["See the first rows", "Voir les premières lignes"],
  atMost: [(rows: string) => `${rows} at most.`, (rows: string) => `${rows} au plus.`],
  jsonPages: ["JSON comes in pages: `next` says where the following one begins.", "Le JSON vient par pages : `next` dit où commence la suivante."],
  firstRows: ["First rows", "Premières lignes"],
  nothingYet: ["Nothing yet.", "Encore rien."],
  togetherMore: [
    "All stations together: one row a period. Choose one or more for rows of their own.",
    "Toutes les stations ensemble : une ligne par période. Choisissez-en une ou plusieurs pour leurs propres lignes.",
  ],
  chosen: ["Chosen stations", "Stations choisies"],
  without: [(name: string) => `Without ${name}`, (name: string) => `Sans ${name}`],
  copy: ["Copy", "Copier"],
  copied: ["Copied", "Copié"],
  copyOf: [(label: string, of: string) => `Copy ${label}: ${of}`, (label: string, of: string) => `Copier ${label} : ${of}`],
  noAnswer: ["no answer", "pas de réponse"],
  noAnswerMore: ["The API does not answer. Check that Isotherm runs: ./isotherm status", "L’API ne répond pas. Vérifiez qu’Isotherm tourne : ./isotherm status"],
  parquet: ["A Parquet file: open the address to save it.", "Un fichier Parquet : ouvrez l’adresse pour l’enregistrer."],
  sources: ["Sources", "Sources"],
  data: ["Data", "Données"],
  generator: ["Isotherm's own generator, in NOAA's format: not observations.", "Le générateur d’Isotherm, au format de la NOAA : ce ne sont pas des observations."],
  noaa: [
    "NOAA National Centers for Environmental Information: Global Hourly (Integrated Surface Database) and the Global Historical Climatology Network hourly. Each row names the data set it was made from.",
    "NOAA National Centers for Environmental Information : Global Hourly (Integrated Surface Database) et Global Historical Climatology Network hourly. Chaque ligne nomme le jeu de données dont elle est issue.",
  ],
  terms: ["Terms", "Conditions"],
  termsMore: [
    "Free to use with the source named. What was exchanged under WMO Resolution 40 (Cg-XII) may be used without charge for research, education and other non-commercial purposes; for commercial use the providing country may set conditions.",
    "Libre d’usage en citant la source. Ce qui a été échangé au titre de la résolution 40 (Cg-XII) de l’OMM peut être utilisé gratuitement pour la recherche, l’enseignement et d’autres usages non commerciaux ; pour un usage commercial, le pays fournisseur peut fixer des conditions.",
  ],
  archive: ["Archive", "Archive"],
  notKnown: ["not known yet", "pas encore connue"],
  layer: [(name: string) => `Layer ${name}`, (name: string) => `Couche ${name}`],
  newestHour: [(hour: string, behind: string) => `newest hour ${hour}, ${behind}`, (hour: string, behind: string) => `dernière heure ${hour}, ${behind}`],
});

export const docsText = texts({
  title: ["The API", "L’API"],
  failure: [
    "The API's description cannot be read just now. Check that Isotherm runs: ./isotherm status",
    "La description de l’API ne peut pas être lue pour l’instant. Vérifiez qu’Isotherm tourne : ./isotherm status",
  ],
  routes: ["Routes", "Routes"],
  tags: [
    {
      stations: "Stations", global: "All stations", climate: "Climate", forecast: "Forecasts", groups: "Groups of stations", map: "The map", live: "Live",
      pipeline: "The pipeline", about: "About the API", health: "Health",
    } as Partial<Record<string, string>>,
    {
      stations: "Stations", global: "Toutes les stations", climate: "Climat", forecast: "Prévisions", groups: "Groupes de stations", map: "La carte", live: "En direct",
      pipeline: "La chaîne de traitement", about: "À propos de l’API", health: "Santé",
    } as Partial<Record<string, string>>,
  ],
  errors: ["Errors", "Erreurs"],
  errorsMore: [
    "Every error has the media type `application/problem+json` (RFC 9457) and says in `detail` what failed and what to do; its `type` leads here.",
    "Chaque erreur a le type de média `application/problem+json` (RFC 9457) et dit dans `detail` ce qui a échoué et quoi faire ; son `type` mène ici.",
  ],
  needed: [" (needed)", " (obligatoire)"],
  notSaid: ["not said", "non précisé"],
  accepts: [
    {
      range: (low: number, high: number) => `${low} to ${high}`, above: (low: number, high: number) => `more than ${low}, up to ${high}`,
      usual: (value: string | number) => `default ${value}`, such: (examples: string) => `such as ${examples}`,
    },
    {
      range: (low: number, high: number) => `${low} à ${high}`, above: (low: number, high: number) => `plus de ${low}, jusqu’à ${high}`,
      usual: (value: string | number) => `par défaut ${value}`, such: (examples: string) => `par exemple ${examples}`,
    },
  ],
  selectionRule: ["Selection rule", "Règle de sélection"],
  tryIt: ["Try it", "Essayer"],
  stop: ["Stop", "Arrêter"],
  open: ["Open", "Ouvrir"],
  answer: ["Answer", "Réponse"],
  goesOn: ["The answer goes on; this is its beginning.", "La réponse continue ; en voici le début."],
  answers: ["Answers", "Réponses"],
  intro: [
    "The numbers of the dashboard, for people and programs: read only, without a key, as JSON, CSV or Parquet. This page is made from the API's own",
    "Les valeurs du tableau de bord, pour humains et programmes : en lecture seule, sans clé, en JSON, CSV ou Parquet. Cette page est faite à partir de la",
  ],
  description: ["OpenAPI description", "description OpenAPI"],
  introMore: [
    ", from which programs make clients; what it offers to try runs against this very server.",
    " de l’API, rédigée en anglais, dont les programmes tirent leurs clients ; les essais proposés s’adressent à ce serveur même.",
  ],
  chooseLink: ["Choose stations and a period", "Choisissez des stations et une période"],
  toGet: ["to get the address of a series.", "pour obtenir l’adresse d’une série."],
  insideAirflow: [
    "You read this inside Airflow: addresses below work in this browser, by your login. Programs take those of the API's own port, which `./isotherm status` names.",
    "Vous lisez ceci dans Airflow : les adresses ci-dessous fonctionnent dans ce navigateur, avec votre session. Les programmes prennent celles du port de l’API, que `./isotherm status` indique.",
  ],
  facts: [
    [
      ["Units", "Degrees Celsius (`_c`), metres (`_m`), degrees of latitude and longitude, north and east positive (`_deg`). With `units=imperial` °F, inHg and mph, and fields named so (`_f`, `_inhg`, `_mph`). Means are given to hundredths."],
      ["Times", "UTC, ISO 8601. Hours and days are named by their start. A range is half-open: from `from` on, up to but without `to`; a year, month or day means its start. With `tz=Europe/Paris` hours are printed by that clock."],
      ["Rules", "Which observations count: `unfiltered` every readable temperature, `qc` those that passed NOAA's checks, `routine` (default) of these without the special reports that cluster in bad weather. What did not count is counted by reason."],
      ["Layers", "`batch` comes from NOAA's whole files, `speed` from the stream. Without `layer` you get the batch row where there is one, else that of the stream."],
      ["Pages", "JSON comes as `data`, `meta`, `next`. While `next` is not null, ask again with it as `cursor`. A CSV without `limit` is the whole list; one that breaks off ends the connection early, which curl and Python tell you."],
      ["Unchanged answers", "Send an answer's `ETag` back as `If-None-Match`: 304 says that nothing has changed. `HEAD` gives the headers alone."],
      ["Licence", "`meta.attribution` says whose data it is, and so does the first line of a CSV: keep it with the data."],
    ],
    [
      ["Unités", "Degrés Celsius (`_c`), mètres (`_m`), degrés de latitude et de longitude, nord et est positifs (`_deg`). Avec `units=imperial` °F, inHg et mph, et des champs nommés ainsi (`_f`, `_inhg`, `_mph`). Les moyennes sont données au centième."],
      ["Heures", "UTC, ISO 8601. Heures et jours sont désignés par leur début. Un intervalle est semi-ouvert : à partir de `from`, jusqu’à `to` exclu ; une année, un mois ou un jour désigne son début. Avec `tz=Europe/Paris`, les heures suivent cette horloge."],
      ["Règles", "Les observations retenues : `unfiltered` toute température lisible, `qc` celles qui ont passé les contrôles de la NOAA, `routine` (par défaut) ces dernières sans les messages spéciaux, qui se multiplient par mauvais temps. Ce qui n’est pas retenu est compté par motif."],
      ["Couches", "`batch` vient des fichiers entiers de la NOAA, `speed` du flux. Sans `layer`, vous recevez la ligne différée si elle existe, sinon celle du flux."],
      ["Pages", "Le JSON vient sous la forme `data`, `meta`, `next`. Tant que `next` n’est pas nul, redemandez avec cette valeur comme `cursor`. Un CSV sans `limit` est la liste entière ; s’il s’interrompt, la connexion se ferme trop tôt, ce que curl et Python signalent."],
      ["Réponses inchangées", "Renvoyez l’`ETag` d’une réponse comme `If-None-Match` : 304 dit que rien n’a changé. `HEAD` ne donne que les en-têtes."],
      ["Licence", "`meta.attribution` dit à qui sont les données, comme la première ligne d’un CSV : gardez-la avec les données."],
    ],
  ],
});
