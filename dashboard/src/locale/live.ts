/** The texts of the live page, and of the stream's newest run. */

import { texts } from "./language";

export const liveText = texts({
  toFollow: ["What to follow", "Ce qui est suivi"],
  notLoaded: ["The hours could not be loaded", "Les heures n’ont pas pu être chargées"],
  nothingYet: ["Nothing has come through the stream yet", "Rien n’est encore passé par le flux"],
  started: ["The stream has started. Its first hours appear here in a moment.", "Le flux a démarré. Ses premières heures apparaîtront ici dans un instant."],
  trigger: [
    "Trigger stream_observations in Airflow. Hours appear here as they are computed; there is no need to reload.",
    "Lancez stream_observations dans Airflow. Les heures apparaîtront ici dès qu’elles seront calculées, sans recharger la page.",
  ],
  noneYet: ["No hours of this day yet", "Pas encore d’heures pour ce jour"],
  none: ["No hours of this day", "Pas d’heures pour ce jour"],
  willAppear: ["They appear here as the stream brings them.", "Elles apparaîtront ici à mesure que le flux les apporte."],
  broughtNone: [(day: string, owner: string) => `The stream brought no hour of ${day} for ${owner}.`, (day: string, owner: string) => `Le flux n’a apporté aucune heure du ${day} pour ${owner}.`],
  history: ["History", "L’historique"],
  historyShows: ["shows what was imported of it.", "montre ce qui en a été importé."],
  allStations: ["all stations", "toutes les stations"],
  label: [
    (day: string, owner: string) => `Minimum, mean and maximum by hour of ${day}, ${owner}.`,
    (day: string, owner: string) => `Minimale, moyenne et maximale par heure du ${day}, ${owner}.`,
  ],
  connection: [
    { open: "Connected: new hours appear here", connecting: "Connecting …", waiting: "Connection lost: trying again" },
    { open: "Connecté : les nouvelles heures apparaissent ici", connecting: "Connexion…", waiting: "Connexion perdue : nouvel essai" },
  ],
  clock: ["Data clock", "Horloge des données"],
  noneSince: ["none yet since this page was opened", "aucune depuis l’ouverture de cette page"],
  lastNow: ["last hour now", "dernière heure à l’instant"],
  lastAgo: [(seconds: number) => `last hour ${seconds} s ago`, (seconds: number) => `dernière heure il y a ${seconds} s`],
  sameAsBefore: [", same as before", ", inchangée"],
  noHour: ["no hour yet", "pas encore d’heure"],
  newestHour: [(hour: string) => `newest hour ${hour}`, (hour: string) => `dernière heure ${hour}`],
  waitingFirst: ["waiting for the first hour", "en attente de la première heure"],
  before: ["Day before", "Jour précédent"],
  after: ["Day after", "Jour suivant"],
  dayShown: ["Day shown", "Jour affiché"],
  follow: ["Follow the stream to other days", "Suivre le flux d’un jour à l’autre"],
  coming: ["Coming in now", "Arrivent maintenant"],
  comingNothing: ["Coming in now: nothing", "Arrive maintenant : rien"],
  hoursOf: [(day: string, zone: string) => `Hours of ${day}, ${zone}`, (day: string, zone: string) => `Heures du ${day}, ${zone}`],
  hour: [(zone: string) => `Hour, ${zone}`, (zone: string) => `Heure, ${zone}`],
  tomorrow: ["Tomorrow", "Demain"],
  obs: ["Obs.", "Obs."],
  newest: ["newest", "dernière"],
  same: ["same as before", "inchangée"],
  states: [
    { "to come": "no data yet", "no report": "no report", "not streamed": "not streamed" },
    { "to come": "pas encore de données", "no report": "pas de message", "not streamed": "hors du flux" },
  ],
  tomorrowIs: [
    (hour: string) => `Tomorrow: the same hour a day later, forecast from ${hour}.`,
    (hour: string) => `Demain : la même heure un jour plus tard, prévue à partir du ${hour}.`,
  ],
  tomorrowHindcast: [
    (hour: string) => `Tomorrow: the same hour a day later, forecast from ${hour}, a hindcast.`,
    (hour: string) => `Demain : la même heure un jour plus tard, prévue a posteriori à partir du ${hour}.`,
  ],
  allOfIt: ["All of it", "Prévision complète"],
  noTomorrow: ["Tomorrow: there is no forecast from these hours or before.", "Demain : il n’y a pas de prévision à partir de ces heures ou plus tôt."],
  usualHours: [
    "This station usually reports at the hours shown; the others are left out.",
    "Cette station transmet d’habitude aux heures affichées ; les autres sont omises.",
  ],
  askingStream: ["Asking for the stream …", "Interrogation du flux…"],
  howFar: ["How far it is stands here.", "Son avancement s’affichera ici."],
  stream: ["Stream", "Flux"],
  startOne: ["Start one in Airflow", "Démarrer dans Airflow"],
  details: ["Details", "Détails"],
  howToStart: [
    "To start one, trigger `stream_observations` in Airflow, with a new label to play the same days again. Hours appear here as they come in.",
    "Pour en démarrer un, lancez `stream_observations` dans Airflow, avec une nouvelle étiquette pour rejouer les mêmes jours. Les heures apparaissent ici à mesure qu’elles arrivent.",
  ],
  nothingStreamed: ["Nothing was streamed yet.", "Rien n’est encore passé par le flux."],
  newestDay: [(day: string) => `Newest day streamed: ${day}.`, (day: string) => `Dernier jour passé par le flux : ${day}.`],
  silent: ["The stream is silent", "Le flux est muet"],
  notRunning: ["No stream is running", "Aucun flux en cours"],
  running: ["Stream running", "Flux en cours"],
  firstOnWay: ["first hours on their way", "premières heures en route"],
  newestAt: [(hour: string) => `newest hour ${hour}`, (hour: string) => `dernière heure ${hour}`],
  pace: [(rows: string, rate: string, place: string) => `${rows}, ${rate} rows/s, ${place}.`, (rows: string, rate: string, place: string) => `${rows}, ${rate} lignes/s, ${place}.`],
  runSince: [
    (what: string, run: string, at: string) => `${what}; run ${run}, since ${at} UTC.`,
    (what: string, run: string, at: string) => `${what} ; exécution ${run}, depuis le ${at} UTC.`,
  ],
  upTo: [(rows: string, hour: string) => `${rows}, up to ${hour}`, (rows: string, hour: string) => `${rows}, jusqu’au ${hour}`],
  unheard: [
    (run: string, at: string, ago: string, done: string) =>
      `Run ${run} has not been heard of since ${at} UTC (${ago}) and may have been killed; it had fed ${done}. Clear its task in Airflow to go on.`,
    (run: string, at: string, ago: string, done: string) =>
      `L’exécution ${run} n’a plus donné signe de vie depuis le ${at} UTC (${ago}) et a peut-être été tuée ; elle avait transmis ${done}. Réinitialisez sa tâche dans Airflow pour continuer.`,
  ],
  ends: [
    { complete: "came to its end", failed: "failed", stopped: "was stopped" },
    { complete: "est allée à son terme", failed: "a échoué", stopped: "a été arrêtée" },
  ],
  lastRun: [
    (run: string, how: string, at: string, ago: string, done: string) => `Last run: ${run} ${how} at ${at} UTC (${ago}): ${done}.`,
    (run: string, how: string, at: string, ago: string, done: string) => `Dernière exécution : ${run} ${how} le ${at} UTC (${ago}) : ${done}.`,
  ],
  justNow: ["just now", "à l’instant"],
});
