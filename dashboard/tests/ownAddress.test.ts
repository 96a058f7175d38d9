import { flushPromises, mount } from "@vue/test-utils";
import { describe, expect, it } from "vitest";
import { createMemoryHistory, createRouter, RouterView, useRoute } from "vue-router";
import { type Correction, useOwnAddress } from "../src/ownAddress";

const PAGE = { template: "<p>page</p>" };

/** A page that corrects its own address, and another whose program comes when `arrive` is called. */
async function open(address: string) {
  let correct: (correction: Correction) => void = () => undefined;
  let query: () => Record<string, unknown> = () => ({});
  let arrive: () => void = () => undefined;
  let fail: () => void = () => undefined;
  const History = {
    setup() {
      correct = useOwnAddress("history");
      const route = useRoute();
      query = () => route.query;
    },
    template: "<p>history</p>",
  };
  const later = new Promise<typeof PAGE>((resolve, reject) => {
    arrive = () => resolve(PAGE);
    fail = () => reject(new Error("its program did not come"));
  });
  const router = createRouter({
    history: createMemoryHistory(),
    routes: [
      { path: "/history", name: "history", component: History },
      { path: "/live", name: "live", component: () => later },
    ],
  });
  await router.push(address);
  mount({ components: { RouterView }, template: "<RouterView />" }, { global: { plugins: [router] } });
  await flushPromises();
  return { router, correct, query: () => query(), arrive, fail };
}

const withDays = (query: Record<string, unknown>) => (): Record<string, string> | null =>
  query["from"] ? null : { ...(query as Record<string, string>), from: "2014-01-01" };

describe("a page that corrects its own address", () => {
  it("writes at once where nothing else is under way, in the place of the old one", async () => {
    const page = await open("/history?by=day");
    page.correct(() => withDays(page.query())());
    await flushPromises();
    expect(page.router.currentRoute.value.fullPath).toBe("/history?by=day&from=2014-01-01");
  });

  it("does not take away a click on another page whose program is still to come", async () => {
    const page = await open("/history?by=day");
    void page.router.push("/live");
    await flushPromises();
    page.correct(() => withDays(page.query())());
    await flushPromises();
    page.arrive();
    await flushPromises();
    expect(page.router.currentRoute.value.fullPath).toBe("/live");
  });

  it("writes where the other page's program does not come", async () => {
    const page = await open("/history?by=day");
    const left = page.router.push("/live").catch(() => undefined);
    await flushPromises();
    page.correct(() => withDays(page.query())());
    page.fail();
    await left;
    await flushPromises();
    expect(page.router.currentRoute.value.fullPath).toBe("/history?by=day&from=2014-01-01");
  });

  it("is worked out again on what somebody chose meanwhile", async () => {
    const page = await open("/history?by=day");
    page.correct(() => withDays(page.query())());
    void page.router.push({ query: { by: "month" } });
    await flushPromises();
    expect(page.router.currentRoute.value.fullPath).toBe("/history?by=month&from=2014-01-01");
  });

  it("writes one correction after the other, each on what the one before left", async () => {
    const page = await open("/history?station=KORD");
    page.correct(() => ({ ...(page.query() as Record<string, string>), station: "72530094846" }));
    page.correct(() => withDays(page.query())());
    await flushPromises();
    expect(page.router.currentRoute.value.fullPath).toBe("/history?station=72530094846&from=2014-01-01");
  });
});
