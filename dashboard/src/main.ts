import { createApp } from "vue";
import { createRouter, createWebHashHistory } from "vue-router";
import { keepAddress } from "./airflowTab";
import App from "./App.vue";
import "./styles.css";
import "uplot/dist/uPlot.min.css";
import { followTheme } from "./theme";
import HistoryView from "./views/HistoryView.vue";
import LiveView from "./views/LiveView.vue";

const router = createRouter({
  // The part behind the # stays in the browser: it works under any prefix and inside a frame.
  history: createWebHashHistory(),
  routes: [
    { path: "/history", name: "history", component: HistoryView, meta: { title: "History" } },
    { path: "/live", name: "live", component: LiveView, meta: { title: "Live" } },
    { path: "/:rest(.*)*", redirect: { name: "history" } },
  ],
});
router.afterEach((to) => {
  document.title = `${String(to.meta["title"] ?? "")} · Isotherm`;
});
keepAddress(router);
followTheme();
createApp(App).use(router).mount("#app");
