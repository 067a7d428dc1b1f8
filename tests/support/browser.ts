import { type Browser, launch, type Page } from "puppeteer-core";

/** Part of Debian: tests/support/install_peers.sh installs it. */
const PROGRAM = "/usr/bin/chromium-headless-shell";

/** A page in a browser of its own, with all that went wrong in it. */
export interface BrowserPage extends AsyncDisposable {
  readonly page: Page;
  /** Errors of scripts, lines that the console shows as errors, and requests that failed. */
  readonly errors: readonly string[];
  /** The address of every request. */
  readonly requests: readonly string[];
}

/** Opens a browser with one empty page. */
export async function openBrowser(): Promise<BrowserPage> {
  const browser = await start();
  const page = await browser.newPage();
  const errors: string[] = [];
  const requests: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (line) => {
    if (line.type() === "error") errors.push(line.text());
  });
  page.on("requestfailed", (request) => {
    // Those that the end of the page cuts off are none.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") {
      errors.push(`failed: ${request.url()}`);
    }
  });
  page.on("request", (request) => requests.push(request.url()));
  return { page, errors, requests, [Symbol.asyncDispose]: () => browser.close() };
}

async function start(): Promise<Browser> {
  try {
    // The sandbox wants an account other than root, or rights that a container does not have.
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    return await launch({ executablePath: PROGRAM, headless: "shell", args });
  } catch (cause) {
    const wanted = "apt-get install chromium-headless-shell fonts-dejavu-core";
    throw new Error(`Cannot start ${PROGRAM}: ${wanted}`, { cause });
  }
}
