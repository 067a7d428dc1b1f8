import { type Browser, launch, type Page } from "puppeteer-core";

/** A Debian package: tests/support/install_peers.sh installs it. */
const PROGRAM = "/usr/bin/chromium-headless-shell";

/** A page in its own browser process, with every error that the page caused. */
export interface BrowserPage extends AsyncDisposable {
  readonly page: Page;
  /** Script errors, error lines of the console, and failed requests. */
  readonly errors: readonly string[];
  /** The URL of every request. */
  readonly requests: readonly string[];
}

/** Starts a browser with one empty page. */
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
    // Requests that the end of the page cancels are not errors.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") {
      errors.push(`failed: ${request.url()}`);
    }
  });
  page.on("request", (request) => requests.push(request.url()));
  return { page, errors, requests, [Symbol.asyncDispose]: () => browser.close() };
}

async function start(): Promise<Browser> {
  try {
    // The sandbox needs an account other than root, or rights that a container does not have.
    const args = ["--no-sandbox", "--disable-dev-shm-usage"];
    return await launch({ executablePath: PROGRAM, headless: "shell", args });
  } catch (cause) {
    const wanted = "apt-get install chromium-headless-shell fonts-dejavu-core";
    throw new Error(`Cannot start ${PROGRAM}: ${wanted}`, { cause });
  }
}
