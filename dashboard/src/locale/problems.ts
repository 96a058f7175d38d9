/** What went wrong and what to do. */

import { texts } from "./language";

export const problemsText = texts({
  byItself: [
    "This page asks again by itself and comes back as soon as it can.",
    "Cette page redemande d’elle-même et revient dès que possible.",
  ],
  ifLong: [
    "If that takes long, whoever runs it finds out more with ./isotherm status.",
    "Si cela dure, la personne qui l’exploite en saura plus avec ./isotherm status.",
  ],
  ifLongIsotherm: [
    "If that takes long, whoever runs Isotherm finds out more with ./isotherm status.",
    "Si cela dure, la personne qui exploite Isotherm en saura plus avec ./isotherm status.",
  ],
  tooLong: ["Isotherm takes too long to answer", "Isotherm met trop de temps à répondre"],
  silent: ["Isotherm does not answer", "Isotherm ne répond pas"],
  notHere: ["This is not here", "Introuvable"],
  nothingHere: ["Isotherm has nothing under this address.", "Isotherm n’a rien à cette adresse."],
  several: [
    (name: string) => `Several stations have the code ${name}`,
    (name: string) => `Plusieurs stations portent le code ${name}`,
  ],
  noStation: [(name: string) => `There is no station ${name}`, (name: string) => `Il n’y a pas de station ${name}`],
  search: [
    "Search for it by its name, id or airport code, or look at all stations.",
    "Cherchez-la par son nom, son identifiant ou son code d’aéroport, ou affichez toutes les stations.",
  ],
  theyAre: ["They are", "Ce sont"],
  perhaps: ["Perhaps you mean", "Vouliez-vous dire"],
  notImported: ["None was imported that has this id or code.", "Aucune station importée ne porte cet identifiant ou ce code."],
  loginEnded: ["Your login has ended", "Votre session a expiré"],
  logIn: ["Log in to Airflow again, then reload this page.", "Reconnectez-vous à Airflow, puis rechargez cette page."],
  busy: ["Isotherm is busy", "Isotherm est occupé"],
  database: ["The database does not answer", "La base de données ne répond pas"],
  nothingLost: ["Nothing is lost.", "Rien n’est perdu."],
  badAddress: ["Part of this page's address makes no sense", "Une partie de l’adresse de cette page n’a pas de sens"],
  chooseAgain: ["Choose again above.", "Choisissez à nouveau ci-dessus."],
  couldNot: ["Isotherm could not answer", "Isotherm n’a pas pu répondre"],
  wentWrong: ["Something went wrong inside.", "Une erreur interne s’est produite."],
  log: ["Its log has the cause: ./isotherm logs api.", "Son journal en donne la cause : ./isotherm logs api."],
  broken: ["This page has an error", "Cette page a une erreur"],
  report: [
    (line: string) => `Reload it; if it comes again, report it with this line: ${line}`,
    (line: string) => `Rechargez-la ; si l’erreur revient, signalez-la avec cette ligne : ${line}`,
  ],
});
