/** By whose clock hours are shown. */

import { texts } from "./language";

export const zoneText = texts({
  clock: ["Clock", "Horloge"],
  clocks: [
    { utc: "UTC", station: "Station's clock", browser: "My clock" },
    { utc: "UTC", station: "Heure de la station", browser: "Mon heure" },
  ],
  /** Of several stations compared: whose clock theirs all go by. */
  hoursOf: [
    (zone: string, station: string) => `Hours: ${zone}, the clock of ${station}`,
    (zone: string, station: string) => `Heures : ${zone}, l’heure de ${station}`,
  ],
  hoursIn: [(zone: string) => `Hours: ${zone}`, (zone: string) => `Heures : ${zone}`],
});
