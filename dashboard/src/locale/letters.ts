/** The texts of the page about dead letters. */

import { texts } from "./language";

export const lettersText = texts({
  title: ["Dead letters", "Messages rejetés"],
  about: [
    "Messages that could not be used, with what became of each; they are kept for 30 days. In Airflow repair_dead_letters repairs them by a rule and sends them again.",
    "Messages qui n’ont pas pu être utilisés, et ce qu’il est advenu de chacun ; ils sont conservés 30 jours. Dans Airflow, repair_dead_letters les répare selon une règle et les renvoie.",
  ],
  states: [
    {
      new: "new", set_aside: "set aside", sending: "being sent", replayed: "sent again", counted: "counted", late: "too late",
      refused_again: "refused again", dropped: "closed",
    },
    {
      new: "nouveau", set_aside: "mis de côté", sending: "en cours d’envoi", replayed: "renvoyé", counted: "compté", late: "trop tard",
      refused_again: "refusé de nouveau", dropped: "clos",
    },
  ],
  notLoaded: ["The letters could not be loaded", "Les messages n’ont pas pu être chargés"],
  none: ["There are no dead letters", "Il n’y a pas de messages rejetés"],
  noneMore: ["Every message of the last 30 days could be used.", "Tous les messages des 30 derniers jours ont pu être utilisés."],
  byReason: ["By reason", "Par motif"],
  caption: ["Letters by reason and state", "Messages par motif et par état"],
  reason: ["Reason", "Motif"],
  all: ["All", "Tous"],
  only: ["Only", "Seulement"],
  showAll: ["Show all", "Tout afficher"],
  newestFirst: ["The newest first.", "Les plus récents d’abord."],
  letters: ["Letters", "Messages"],
  lettersCaption: ["Letters, the newest first", "Messages, les plus récents d’abord"],
  head: [
    ["Letter", "Refused, UTC", "Reason", "Station", "State", "What came of it, or why it was refused"],
    ["Message", "Refusé, UTC", "Motif", "Station", "État", "Ce qu’il en est advenu, ou la raison du refus"],
  ],
  open: [(id: number) => `Open letter ${id}`, (id: number) => `Ouvrir le message ${id}`],
  noneLikeThat: ["None like that.", "Aucun de ce genre."],
  neverReached: ["never reached it", "jamais arrivé"],
  notKnown: ["not known", "inconnu"],
  facts: [
    {
      refused: "Refused because", when: "When", where: "Where it was", feed: "Feed", station: "Station", state: "State", outcome: "What came of it", repaired: "Repaired by",
    },
    {
      refused: "Refusé car", when: "Quand", where: "Où il était", feed: "Flux", station: "Station", state: "État", outcome: "Ce qu’il en est advenu", repaired: "Réparé par",
    },
  ],
  byRule: [(who: string, rule: string) => `${who}, rule ${rule}`, (who: string, rule: string) => `${who}, règle ${rule}`],
  held: ["What it held", "Son contenu"],
  heldBytes: [(bytes: string) => `What it held: ${bytes} bytes`, (bytes: string) => `Son contenu : ${bytes} octets`],
  beginning: [", its beginning", ", son début"],
  base64: [", as base64", ", en base64"],
  letter: [(id: number) => `Letter ${id}`, (id: number) => `Message ${id}`],
  sentInstead: ["What was sent in its place", "Ce qui a été envoyé à la place"],
});
