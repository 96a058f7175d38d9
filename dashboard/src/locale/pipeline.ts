/** What the strip says of the pipeline on every page, and what needs somebody. */

import { texts } from "./language";

type Numbered = (count: string) => string;

export const pipelineText = texts({
  pipeline: ["Pipeline", "Chaîne de traitement"],
  asking: ["Asking the pipeline …", "Interrogation de la chaîne…"],
  firstRun: [
    { complete: "First run complete", running: "First run running", failed: "First run failed", none: "First run not started" },
    { complete: "Première exécution terminée", running: "Première exécution en cours", failed: "Première exécution échouée", none: "Première exécution non lancée" },
  ],
  noLedger: ["No ledger yet", "Pas encore de bilan"],
  ledger: ["Ledger", "Bilan"],
  batch: ["Batch", "Différé"],
  stream: ["Stream", "Flux"],
  noHours: ["no hours yet", "pas encore d’heures"],
  upTo: [(hour: string) => `to ${hour}`, (hour: string) => `jusqu’au ${hour}`],
  nothingCompared: ["nothing compared", "rien de comparé"],
  balanced: ["balanced", "équilibré"],
  unbalanced: ["does not balance", "déséquilibré"],
  ledgerBalanced: ["Ledger balanced", "Bilan équilibré"],
  ledgerNothing: ["Ledger: nothing compared", "Bilan : rien de comparé"],
  ledgerWrong: [
    (lost: string, doubled: string) => `Ledger does not balance: ${lost}, ${doubled}`,
    (lost: string, doubled: string) => `Bilan déséquilibré : ${lost}, ${doubled}`,
  ],
  since: [(loads: string) => `${loads} since`, (loads: string) => `${loads} depuis`],
  writtenSince: [(layer: string) => `${layer} written since`, (layer: string) => `${layer} : écrit depuis`],
  ofLayer: [
    (layer: string) => `${layer}: nothing compared`,
    (layer: string) => `${layer} : rien de comparé`,
  ],
  ledgerHead: [
    ["Settled", "Covers", "Run", "Layer", "Rule", "Result"],
    ["Établi", "Étendue", "Exécution", "Couche", "Règle", "Résultat"],
  ],
  ledgerCounts: [
    {
      fed: "Fed", counted: "Counted", not_selected: "Not selected", rejected: "Rejected", superseded: "Superseded", late: "Late",
      dead_lettered: "Dead letters", repaired: "Repaired", lost: "Lost", doubled: "Doubled",
    },
    {
      fed: "Reçues", counted: "Comptées", not_selected: "Non retenues", rejected: "Rejetées", superseded: "Remplacées", late: "Tardives",
      dead_lettered: "Messages rejetés", repaired: "Réparées", lost: "Perdues", doubled: "Doublées",
    },
  ],
  feed: [(id: string) => `feed ${id}`, (id: string) => `flux ${id}`],
  driftNone: ["Drift: nothing compared", "Dérive : rien de comparé"],
  driftNoRows: [(days: string) => `${days}: no row on either side`, (days: string) => `${days} : aucune ligne d’un côté ni de l’autre`],
  drift: [
    (wrong: string, days: string) => `Drift ${wrong} · ${days}`,
    (wrong: string, days: string) => `Dérive ${wrong} · ${days}`,
  ],
  rowsOff: [(rows: string) => `${rows} off`, (rows: string) => `${rows} en écart`],
  lost: [((count) => `${count} lost`) as Numbered, ((count) => `${count} perdues`) as Numbered],
  doubled: [((count) => `${count} doubled`) as Numbered, ((count) => `${count} doublées`) as Numbered],
  replayed: [
    (rows: string, files: string, run: string) => `${rows} of ${files} replayed by the stream's code and held against the batch layer (${run})`,
    (rows: string, files: string, run: string) => `${rows} de ${files} rejouées par le code du flux et comparées à la couche différée (${run})`,
  ],
  asNew: [(title: string) => `As new as ${title} is published.`, (title: string) => `Aussi récent que la publication de ${title}.`],
  late: ["late", "en retard"],
  lateMore: [
    (title: string) => `Newer hours of ${title} should be here: has the daily run been successful?`,
    (title: string) => `Des heures plus récentes de ${title} devraient être là : l’exécution quotidienne a-t-elle réussi ?`,
  ],
  old: ["old", "ancien"],
  oldMore: [
    (title: string) => `Nothing of ${title} has come for a week: look at the runs in Airflow.`,
    (title: string) => `Rien de ${title} n’est arrivé depuis une semaine : voyez les exécutions dans Airflow.`,
  ],
  replay: ["a replay of history", "historique rejoué"],
  history: ["history", "historique"],
  historyMore: [
    (title: string, day: string) => `${title} ended on ${day}: nothing newer will come.`,
    (title: string, day: string) => `${title} s’arrête au ${day} : rien de plus récent ne viendra.`,
  ],
  andMore: [(names: string, more: string) => `${names} and ${more} more`, (names: string, more: string) => `${names} et ${more} de plus`],
  nothingNew: [(hours: number) => `Nothing new for ${hours} h`, (hours: number) => `Rien de nouveau depuis ${hours} h`],
  nothingNewMore: [
    (at: string) => `The newest observation is of ${at}: look at the runs of ingest_observations in Airflow.`,
    (at: string) => `L’observation la plus récente date du ${at} : voyez les exécutions de ingest_observations dans Airflow.`,
  ],
  refused: [
    (count: string, isOne: boolean, names: string) => `${count} ${isOne ? "file" : "files"} refused: ${names}`,
    (count: string, isOne: boolean, names: string) => `${count} ${isOne ? "fichier refusé" : "fichiers refusés"} : ${names}`,
  ],
  refusedMore: [
    "The archive has versions of them that cover less than ours, which stay. In Airflow accept_shrunken_files shows what they would lose.",
    "L’archive en a des versions qui couvrent moins que les nôtres, lesquelles restent. Dans Airflow, accept_shrunken_files montre ce qui serait perdu.",
  ],
  rolledBack: [(models: string, names: string) => `${models} rolled back: ${names}`, (models: string, names: string) => `${models} en retour arrière : ${names}`],
  rolledBackMore: [
    "Over seven days in service their forecasts were worse than the damped anomaly. They get no other model for a week; the runs of train_temperature_forecast in Airflow say why.",
    "Sur sept jours en service, leurs prévisions ont été moins bonnes que l’écart amorti. Elles n’auront pas d’autre modèle pendant une semaine ; les exécutions de train_temperature_forecast dans Airflow disent pourquoi.",
  ],
  letters: [
    (reasons: string) => `Messages that could not be used: ${reasons}. In Airflow repair_dead_letters sends them again.`,
    (reasons: string) => `Messages inutilisables : ${reasons}. Dans Airflow, repair_dead_letters les renvoie.`,
  ],
  failedMore: [
    "./isotherm up goes on with it; the failed task's log in Airflow says why.",
    "./isotherm up la reprend ; le journal de la tâche échouée dans Airflow dit pourquoi.",
  ],
  firstRunFailed: ["The first run failed", "La première exécution a échoué"],
  ledgerMore: [
    "The task settle_ledger says which files: its log names them. The next run mends what it can.",
    "La tâche settle_ledger dit quels fichiers : son journal les nomme. La prochaine exécution répare ce qu’elle peut.",
  ],
  driftMore: [
    (said: string) => `${said}. The log of reconcile_layers shows rows with both values.`,
    (said: string) => `${said}. Le journal de reconcile_layers montre les lignes avec les deux valeurs.`,
  ],
  heldBack: [(files: string) => `${files} held back for many rejects`, (files: string) => `${files} en attente pour trop de rejets`],
  heldBackMore: [
    (names: string) => `${names}. In Airflow, Required Actions asks whether to load or set aside.`,
    (names: string) => `${names}. Dans Airflow, Required Actions demande s’il faut charger ou mettre de côté.`,
  ],
  disk: [(days: string) => `The disk is full in about ${days}`, (days: string) => `Le disque sera plein dans environ ${days}`],
  diskMore: [
    (at: string) => `Measured ${at}. Free some, or move the state folder; maintain_platform removes what is of no use.`,
    (at: string) => `Mesuré le ${at}. Libérez de la place, ou déplacez le dossier d’état ; maintain_platform supprime ce qui ne sert plus.`,
  ],
});
