/** By whose clock hours are shown. */

import { texts } from "./language";

export const zoneText = texts({
  clock: ["Clock", "Horloge"],
  clocks: [
    { utc: "UTC", station: "Station's clock", browser: "My clock" },
    { utc: "UTC", station: "Heure de la station", browser: "Mon heure" },
  ],
  hoursIn: [(zone: string) => `Hours: ${zone}`, (zone: string) => `Heures : ${zone}`],
});
