import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { byPortOwner } from "../../drivers/host.ts";
import { host, localIp, managementIp } from "../../service/config/options/host.ts";
import { nothingKnown } from "../../service/controller/observability/applied_queries.ts";
import {
  httpAddress,
  httpAllowedHosts,
  httpPage,
} from "../../service/config/options/observability.ts";
import type { PageSource } from "../../service/controller/observability/health_pages.ts";
import { readinessOf } from "../../service/controller/observability/readiness.ts";
import type { PublisherService } from "../../service/controller/publisher_service.ts";
import type { Composition } from "../composition.ts";
import { type Answer, HttpServer } from "./http_server.ts";
import type { Io } from "../terminal/io.ts";
import { hasUsualAddress, pagesAddress } from "../../service/config/pages_address.ts";
import { readPagesToken } from "../../service/config/pages_token.ts";
import { VERSION } from "../flags/version.ts";
import { type FeedSource, PageFeed } from "./page_feed.ts";
import { answer } from "./pages.ts";
import { processMetrics } from "./process_metrics.ts";
import { ServiceManager } from "./service_manager.ts";

/** The data of the pages before the service has started. */
const STARTING: FeedSource & PageSource = {
  isAlive: true,
  known: readinessOf([{ name: "service", ok: false, detail: "starting" }]),
  readiness: () => Promise.resolve(STARTING.known),
  metrics: () => [],
  totals: { received: 0, sent: 0, batchCounts: [], database: { calls: 0, seconds: 0 } },
  counts: () => ({ topics: new Map(), tables: new Map() }),
  publishers: [],
  seenPeers: () => Promise.resolve({ total: 0, peers: [], departed: [], reason: "starting" }),
  peers: () =>
    Promise.resolve({ publisher: "", total: 0, peers: [], gone: [], reason: "starting" }),
  applied: (query) => Promise.resolve(nothingKnown("", query, "starting")),
};

/**
 * Reports the state of a running service to monitoring systems by its pages, and to the service
 * manager. The pages answer as soon as it is open.
 */
export class StatusReporter implements AsyncDisposable {
  readonly #manager: ServiceManager;
  readonly #feed: PageFeed | undefined;
  readonly #server: HttpServer | undefined;
  #service: PublisherService | undefined;
  #isReady = false;

  /**
   * @throws {DriverError} `ADDRESS_IN_USE` if the configured address is in use
   * @throws {ConfigError} if other hosts could read the page without a token, or the token file is
   * invalid
   */
  static async open(composition: Composition, io: Io): Promise<StatusReporter> {
    const { clock, config, log } = composition;
    const token = await readPagesToken(config, io);
    const manager = await ServiceManager.connect({ env: io.env, clock, log });
    try {
      return new StatusReporter(composition, { manager, token, io });
    } catch (error) {
      await manager[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(
    composition: Composition,
    { manager, token, io }: {
      readonly manager: ServiceManager;
      readonly token: string | undefined;
      readonly io: Io;
    },
  ) {
    this.#manager = manager;
    this.#server = listen(composition, io, (request) => {
      const source = withProcess(this.#source, io);
      return answer(request, { source, feed: this.#feed, token });
    });
    const { clock, config, log } = composition;
    if (this.#server === undefined || !config.get(httpPage)) return;
    const about = { host: Deno.hostname(), version: VERSION, startedAt: performance.timeOrigin };
    this.#feed = new PageFeed({ source: () => this.#source, about, clock, log });
  }

  /** The address of the pages; undefined if they are off. */
  get url(): string | undefined {
    return this.#server?.url;
  }

  get #source(): FeedSource & PageSource {
    return this.#service?.observation ?? STARTING;
  }

  /**
   * Shows this service on the pages from now on, and sends heartbeats to the watchdog while it is
   * alive.
   */
  show(service: PublisherService): void {
    this.#service = service;
    this.#manager.watch(() => service.observation.isAlive);
    service.observation.onChange(() => this.#reportStatus());
  }

  /** The service is in the publishers table. */
  ready(): void {
    this.#isReady = true;
    this.#manager.ready(this.#status());
  }

  /** Reports a reload to the service manager while `reload` runs. */
  async duringReload(reload: () => Promise<void>): Promise<void> {
    // A service that is still starting must not be reported as ready.
    if (!this.#isReady) return await reload();
    this.#manager.reloading();
    await reload();
    if (this.#isReady) this.#manager.ready(this.#status());
  }

  /** The service is stopping. */
  stopping(): void {
    this.#isReady = false;
    this.#manager.stopping();
  }

  #reportStatus(): void {
    if (this.#isReady) this.#manager.status(this.#status());
  }

  #status(): string {
    const failed = this.#service?.observation.known.checks.filter(({ ok }) => !ok) ?? [];
    if (failed.length === 0) return `Ready, at ${this.#service?.networkAddress}`;
    return `Not ready: ${failed.map(({ name, detail }) => `${name}: ${detail}`).join("; ")}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#feed?.[Symbol.asyncDispose]();
    await this.#server?.[Symbol.asyncDispose]();
    await this.#manager[Symbol.asyncDispose]();
  }
}

function listen(
  { config, log }: Composition,
  io: Io,
  answerRequest: Answer,
): HttpServer | undefined {
  const at = pagesAddress(config);
  if (at === undefined) return undefined;
  const names = [at.hostname, config.get(localIp), config.get(managementIp), config.get(host)];
  names.push(Deno.hostname(), ...config.get(httpAllowedHosts));
  const hosts = { names, fullName: () => io.hostName() };
  try {
    return new HttpServer(at, answerRequest, { hosts });
  } catch (error) {
    const address = config.get(httpAddress);
    const owner = error instanceof Deno.errors.AddrInUse ? byPortOwner(at.port) : "";
    const what = `Cannot serve the health pages at "${address}": ${messageOf(error)}${owner}`;
    if (!hasUsualAddress(config)) {
      const message =
        `${what}: set [df] http_address to another address, or stop the process that uses it`;
      throw new DriverError("ADDRESS_IN_USE", message, { cause: error });
    }
    log.warn(`${what}; the service runs without them: set [df] http_address`);
    return undefined;
  }
}

function withProcess(source: PageSource, { err }: Io): PageSource {
  return {
    isAlive: source.isAlive,
    readiness: () => source.readiness(),
    peers: (limit) => source.peers(limit),
    applied: (query) => source.applied(query),
    metrics: () => [...source.metrics(), ...processMetrics(err)],
  };
}
