import { createApp, watchEffect } from "vue";
import { createRouter, createWebHashHistory } from "vue-router";
import { keepAddress } from "./airflowTab";
import App from "./App.vue";
import "./styles.css";
import { followLanguage, language } from "./locale/language";
import { shellText } from "./locale/shell";
import { followTheme } from "./theme";
import { followUnits } from "./units";
import HistoryShell from "./views/HistoryShell.vue";
import HistoryView from "./views/HistoryView.vue";
import MissingView from "./views/MissingView.vue";
import { followClock } from "./zone";

// An address as people type it, without the #, is the page of that name.
const typed = window.location.pathname.split("/").at(-1);
if (typed && !window.location.hash) window.location.replace(`./#/${typed}${window.location.search}`);

const router = createRouter({
  // The part behind the # stays in the browser: it works under any prefix and inside a frame.
  history: createWebHashHistory(),
  routes: [
    {
      path: "/history",
      component: HistoryShell,
      children: [
        { path: "", name: "history", component: HistoryView },
        { path: "compare", name: "compare", component: () => import("./views/CompareView.vue") },
        { path: "records", name: "records", component: () => import("./views/RecordsView.vue") },
        { path: "stripes", name: "stripes", component: () => import("./views/StripesView.vue") },
        { path: "groups", name: "groups", component: () => import("./views/GroupsView.vue") },
      ],
    },
    { path: "/live", name: "live", component: () => import("./views/LiveView.vue") },
    { path: "/map", name: "map", component: () => import("./views/MapView.vue") },
    { path: "/forecast", name: "forecast", component: () => import("./views/ForecastView.vue") },
    { path: "/pipeline", name: "pipeline", component: () => import("./views/PipelineView.vue") },
    { path: "/dead-letters", name: "letters", component: () => import("./views/LettersView.vue") },
    { path: "/data", name: "data", component: () => import("./views/DataView.vue") },
    { path: "/docs", name: "docs", component: () => import("./views/DocsView.vue") },
    { path: "/", redirect: { name: "history" } },
    { path: "/:rest(.*)*", name: "missing", component: MissingView },
  ],
});
keepAddress(router);
followTheme();
followUnits(router);
followLanguage(router);
followClock(router);
watchEffect(() => {
  const page = router.currentRoute.value.name as keyof typeof shellText.titles | undefined;
  document.title = page ? `${shellText.titles[page]} · Isotherm` : "Isotherm";
  document.documentElement.lang = language.value;
});
createApp(App).use(router).mount("#app");
