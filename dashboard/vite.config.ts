import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

export default defineConfig({
  // Relative addresses only: the same files serve at / and, inside Airflow, under /isotherm/.
  base: "./",
  plugins: [vue()],
  define: { __VUE_OPTIONS_API__: "false" },
  build: {
    outDir: "../src/isotherm/api/static",
    emptyOutDir: true,
    target: "es2022",
    // No data: addresses, no inline scripts: the page's content security policy allows neither.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 300,
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": process.env["ISOTHERM_API_URL"] ?? "http://127.0.0.1:24000" },
  },
});
