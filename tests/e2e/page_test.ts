import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type BrowserPage, openBrowser } from "../support/browser.ts";
import { Deployment, type Service } from "../support/deployment.ts";
import { eventually } from "../support/eventually.ts";
import { ZmtpSub } from "../support/zmq/zmtp_client.ts";

/** Screenshots of the page for people. Each run replaces them. */
const PICTURES = fileURLToPath(new URL("../artefacts/", import.meta.url));

function urlOf({ program }: Pick<Service, "program">): string {
  return /^health at (\S+)$/m.exec(program.stderr.text)?.[1] ?? "";
}

/** The text of the first matching element, or an empty text. */
function textOf({ page }: BrowserPage, selector: string): Promise<string> {
  return page.$$eval(selector, ([found]) => found?.textContent ?? "");
}

async function shows(opened: BrowserPage, selector: string, wanted: RegExp): Promise<string> {
  return await eventually(() => textOf(opened, selector), (text) => wanted.test(text));
}

async function takePicture({ page }: BrowserPage, name: string): Promise<void> {
  await Deno.mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png`, fullPage: true });
}

async function nextUpdate(opened: BrowserPage): Promise<void> {
  const uptime = await textOf(opened, "#about");
  await eventually(() => textOf(opened, "#about"), (now) => now !== uptime);
}

/** Publishes some 1,000 events per second until it is disposed. */
function publishing(deployment: Deployment): AsyncDisposable {
  const program = deployment.start(["publish", "--stdin"]);
  let count = 0;
  const timer = setInterval(() => {
    const line = () =>
      JSON.stringify({ table: "lport", key: `k${count++}`, action: "set", value: 1 });
    void program.write(Array.from({ length: 100 }, () => `${line()}\n`).join(""));
  }, 100);
  return {
    [Symbol.asyncDispose]: () => {
      clearInterval(timer);
      return program[Symbol.asyncDispose]();
    },
  };
}

/** Asserts that the page had no error and sent requests only to the service. */
function assertQuiet({ errors, requests }: BrowserPage, url: string): void {
  assert.deepEqual(errors, []);
  assert.deepEqual(requests.filter((request) => !request.startsWith(`${url}/`)), []);
}

Deno.test("the page of serve, in a browser", async (t) => {
  await using deployment = await Deployment.create({
    "df.stale_publisher_poll_time": 0.5,
    // A stopped node stays connected.
    "df_zmq.heartbeat_interval": 20,
    "df_zmq.heartbeat_timeout": 60,
  });
  await using service = await deployment.serve();
  const url = urlOf(service);
  const follow = (name: string) => deployment.subscribe(["--json"], { "df_zmq.node_name": name });
  await using _moving = await follow("compute-7");
  const name = '<b title="x">compute-8</b>';
  await using standing = await follow(name);
  await using opened = await openBrowser();
  const { page } = opened;
  await page.setViewport({ width: 1280, height: 1000 });

  await t.step("shows a service without events, its subscribers and its row", async () => {
    await page.goto(`${url}/`);
    await shows(opened, "#status", /^Ready$/);
    await shows(opened, "#total", /^2$/);
    await shows(opened, "#received", /^0$/);
    assert.match(await textOf(opened, "#checks"), /network: ok tcp:\/\/.*database: ok sqlite/);
    await shows(opened, "#publishers tr", /alivetcp:/);
  });

  await t.step("shows changing values, while events flow", async () => {
    await using _events = publishing(deployment);
    await shows(opened, "#received", /^(\d{3}|\d,\d{3})$/);
    await shows(opened, "#p99", /\d/);
    await shows(opened, "#database", /\d/);
    const path = () => page.$eval("#charts path", (line) => line.getAttribute("d") ?? "");
    const before = await path();
    const moved = await eventually(path, (now) => now.length > before.length + 20);
    assert.match(moved, /^M[\d.]+ [\d.]+h0\.1L/);
  });

  await t.step("lists the stuck node first, as text and not as HTML", async () => {
    standing.kill("SIGSTOP");
    await using _events = publishing(deployment);
    await shows(opened, "#peers tbody tr:nth-child(2)", /stuck/);
    assert.equal(await textOf(opened, "#peers tbody th"), name);
    assert.equal(await textOf(opened, "#slowest"), `${name}, stuck`);
    assert.equal((await page.$$("#peers tbody b")).length, 0);
    await takePicture(opened, "page");
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
    await takePicture(opened, "page_dark");
    await page.setViewport({ width: 390, height: 800 });
    const isNarrow = "document.documentElement.scrollWidth <= innerWidth";
    assert.equal(await page.evaluate(isNarrow), true);
    await nextUpdate(opened);
    await takePicture(opened, "page_phone");
    await page.setViewport({ width: 1280, height: 1000 });
    standing.kill("SIGCONT");
  });

  await t.step("shows a disconnected node, and since when", async () => {
    standing.kill("SIGKILL");
    await shows(opened, "#gone", /^and 1 gone$/);
    await shows(opened, "#total", /^1$/);
    await shows(opened, "#peers tbody tr:nth-child(2)", /compute-8<\/b>gone \d+ s/);
  });

  await t.step("can be sorted and filtered by the keyboard", async () => {
    await page.focus("#peers th:nth-child(1) button");
    await page.keyboard.press("Enter");
    const order = () =>
      page.$eval("#peers th:nth-child(1)", (header) => header.getAttribute("aria-sort"));
    assert.equal(await order(), "ascending");
    assert.equal(await textOf(opened, "#peers tbody th"), name);
    await page.keyboard.press("Enter");
    assert.equal(await order(), "descending");
    assert.equal(await textOf(opened, "#peers tbody th"), "compute-7");
    await page.focus("#filter");
    await page.keyboard.type("COMPUTE-8");
    assert.equal(await textOf(opened, "#peers tbody th"), name);
    assert.equal(await textOf(opened, "#shown"), "1 of 2 shown");
    await page.$eval("#charts svg", (chart) => chart.focus());
    await page.keyboard.press("ArrowLeft");
    const label = await page.$eval("#charts svg", (chart) => chart.getAttribute("aria-label"));
    assert.match(label ?? "", /^Events, per second: .*\d+:\d+.*: In [\d.,–]+, Out /);
  });

  await t.step("shows why the service is not ready", async () => {
    const aside = deployment.path("aside");
    await Deno.rename(deployment.databasePath, aside);
    await Deno.mkdir(deployment.databasePath);
    await shows(opened, "#status", /^Not ready$/);
    await shows(opened, "#checks li", /^database: failed .*is a directory/);
    await Deno.remove(deployment.databasePath);
    await Deno.rename(aside, deployment.databasePath);
    await shows(opened, "#status", /^Ready$/);
    assertQuiet(opened, url);
  });

  await t.step("shows that the service has gone", async () => {
    service.program.kill("SIGKILL");
    await shows(opened, "#status", /^No connection to the service$/);
  });
});

Deno.test("the page of serve shows 1,000 subscribers, a few rows at a time", async () => {
  await using deployment = await Deployment.create();
  await using service = await deployment.serve();
  using nodes = new DisposableStack();
  for (let count = 0; count < 1_000; count++) {
    await nodes.use(await ZmtpSub.connect(service.port)).subscribe("D");
  }
  await using opened = await openBrowser();
  const { page } = opened;
  await page.setViewport({ width: 1280, height: 1000 });
  await page.goto(`${urlOf(service)}/`);
  await shows(opened, "#shown", /^1,000 shown$/);
  assert.equal(await page.$eval("#peers table", (table) => table.ariaRowCount), "1001");
  assert((await page.$$("#peers tbody tr")).length < 60);
  const last = "#peers tbody tr[aria-rowindex='1001'] th";
  assert.equal(await textOf(opened, last), "");
  await page.$eval("#peers", (scroll) => scroll.scrollTo(0, scroll.scrollHeight));
  await shows(opened, last, /^127\.0\.0\.1:\d+$/);
  await takePicture(opened, "page_1000_subscribers");
  const session = await page.createCDPSession();
  // In processor time: another process may have the processor meanwhile.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const worked = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return metrics.find(({ name }) => name === "ThreadTime")?.value ?? NaN;
  };
  const before = await worked();
  const updates = 3;
  for (let count = 0; count < updates; count++) {
    await nextUpdate(opened);
  }
  const perUpdate = (await worked() - before) / updates;
  assert(perUpdate < 0.25, `${perUpdate} s of work per update`);
  assertQuiet(opened, urlOf(service));
});
