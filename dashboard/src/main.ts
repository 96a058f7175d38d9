import { createApp } from "vue";
import { createRouter, createWebHashHistory } from "vue-router";
import { keepAddress } from "./airflowTab";
import App from "./App.vue";
import "./styles.css";
import { followTheme } from "./theme";
import { followUnits } from "./units";
import HistoryShell from "./views/HistoryShell.vue";
import HistoryView from "./views/HistoryView.vue";
import MissingView from "./views/MissingView.vue";

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
        { path: "", name: "history", component: HistoryView, meta: { title: "History" } },
        { path: "compare", name: "compare", component: () => import("./views/CompareView.vue"), meta: { title: "Compare" } },
        { path: "records", name: "records", component: () => import("./views/RecordsView.vue"), meta: { title: "Records" } },
        { path: "stripes", name: "stripes", component: () => import("./views/StripesView.vue"), meta: { title: "Stripes" } },
        { path: "groups", name: "groups", component: () => import("./views/GroupsView.vue"), meta: { title: "Groups" } },
      ],
    },
    { path: "/live", name: "live", component: () => import("./views/LiveView.vue"), meta: { title: "Live" } },
    { path: "/map", name: "map", component: () => import("./views/MapView.vue"), meta: { title: "Map" } },
    {
      path: "/forecast",
      name: "forecast",
      component: () => import("./views/ForecastView.vue"),
      meta: { title: "Forecast" },
    },
    {
      path: "/pipeline",
      name: "pipeline",
      component: () => import("./views/PipelineView.vue"),
      meta: { title: "Pipeline" },
    },
    {
      path: "/dead-letters",
      name: "letters",
      component: () => import("./views/LettersView.vue"),
      meta: { title: "Dead letters" },
    },
    { path: "/data", name: "data", component: () => import("./views/DataView.vue"), meta: { title: "Data" } },
    { path: "/docs", name: "docs", component: () => import("./views/DocsView.vue"), meta: { title: "API" } },
    { path: "/", redirect: { name: "history" } },
    { path: "/:rest(.*)*", name: "missing", component: MissingView, meta: { title: "No such page" } },
  ],
});
router.afterEach((to) => {
  document.title = `${String(to.meta["title"] ?? "")} · Isotherm`;
});
keepAddress(router);
followTheme();
followUnits(router);
createApp(App).use(router).mount("#app");
