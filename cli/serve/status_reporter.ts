import { messageOf } from "../../drivers/contract/errors.ts";
import { host, localIp, managementIp } from "../../service/config/options/host.ts";
import { nothingKnown } from "../../service/controller/observability/applied_queries.ts";
import { httpAllowedHosts, httpPage } from "../../service/config/options/observability.ts";
import type { PageSource } from "../../service/controller/observability/health_pages.ts";
import { readinessOf } from "../../service/controller/observability/readiness.ts";
import type { PublisherService } from "../../service/controller/publisher_service.ts";
import type { Composition } from "../composition.ts";
import type { HttpHostsOptions } from "./http_hosts.ts";
import type { HttpListener } from "./http_listener.ts";
import { HttpServer } from "./http_server.ts";
import type { Io } from "../terminal/io.ts";
import { pagesAddress } from "../../service/config/pages_address.ts";
import { asksClientCertificates, readPagesToken } from "../../service/config/pages_token.ts";
import { nothingSearched } from "../../service/protocol/row_events.ts";
import { VERSION } from "../flags/version.ts";
import { type FeedSource, PageFeed } from "./page_feed.ts";
import { openPages } from "./page_listener.ts";
import { answer } from "./pages.ts";
import { CertificateMetrics } from "./certificate_metrics.ts";
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
  rowEvents: () => Promise.resolve(nothingSearched("")),
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
  readonly #certificates: CertificateMetrics;
  readonly #reloads: Disposable;
  #token: string | undefined;
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
    await using undo = new AsyncDisposableStack();
    const manager = undo.use(await ServiceManager.connect({ env: io.env, clock, log }));
    const listener = undo.use(await openPages(composition));
    const reporter = new StatusReporter(composition, { manager, listener, token, io });
    undo.move();
    return reporter;
  }

  private constructor(
    composition: Composition,
    { manager, listener, token, io }: {
      readonly manager: ServiceManager;
      readonly listener: HttpListener | undefined;
      readonly token: string | undefined;
      readonly io: Io;
    },
  ) {
    this.#manager = manager;
    const { clock, config, log, settings } = composition;
    this.#token = token;
    this.#certificates = new CertificateMetrics(settings, io, clock);
    const asksCertificates = asksClientCertificates(config);
    this.#reloads = settings.onReload(async () => {
      await this.#readToken(composition, io);
      // Viewers whose certificates are no longer accepted must not see more.
      if (asksCertificates) this.#feed?.endStreams();
    });
    this.#server = listener && new HttpServer(listener, (request, client) => {
      const source = withProcess(this.#source, io, this.#certificates);
      const certificate = asksCertificates ? client.certificate : undefined;
      return answer(request, { source, feed: this.#feed, token: this.#token, certificate });
    }, { hosts: hostsOf(composition, io) });
    if (this.#server === undefined || !config.get(httpPage)) return;
    const about = { host: Deno.hostname(), version: VERSION, startedAt: performance.timeOrigin };
    this.#feed = new PageFeed({ source: () => this.#source, about, clock, log });
  }

  /** Reads the token again. If the new one is invalid, the old one stays in use. */
  async #readToken({ config, log }: Composition, io: Io): Promise<void> {
    try {
      const token = await readPagesToken(config, io);
      if (token === this.#token) return;
      log.info("New token for the health pages");
      this.#token = token;
      this.#feed?.endStreams();
    } catch (error) {
      log.warn(`The old token for the health pages stays in use: ${messageOf(error)}`);
    }
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
  }

  /** The service is in the publishers table. */
  ready(): void {
    this.#isReady = true;
    this.#manager.ready(() => this.#status());
  }

  /** Reports a reload to the service manager while `reload` runs. */
  async duringReload(reload: () => Promise<void>): Promise<void> {
    // A service that is still starting must not be reported as ready.
    if (!this.#isReady) return await reload();
    this.#manager.reloading();
    await reload();
    if (this.#isReady) this.ready();
  }

  /** The service is stopping. */
  stopping(): void {
    this.#isReady = false;
    this.#manager.stopping();
  }

  #status(): string {
    const failed = this.#service?.observation.known.checks.filter(({ ok }) => !ok) ?? [];
    if (failed.length === 0) return `Ready, at ${this.#service?.networkAddress}`;
    return `Not ready: ${failed.map(({ name, detail }) => `${name}: ${detail}`).join("; ")}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reloads[Symbol.dispose]();
    await this.#feed?.[Symbol.asyncDispose]();
    await this.#server?.[Symbol.asyncDispose]();
    await this.#certificates[Symbol.asyncDispose]();
    await this.#manager[Symbol.asyncDispose]();
  }
}

function hostsOf({ config }: Composition, io: Io): HttpHostsOptions {
  const at = pagesAddress(config);
  const names = [at?.hostname ?? "", config.get(localIp), config.get(managementIp)];
  names.push(config.get(host), Deno.hostname(), ...config.get(httpAllowedHosts));
  return { names, fullName: () => io.hostName() };
}

function withProcess(
  source: PageSource,
  { err }: Io,
  certificates: CertificateMetrics,
): PageSource {
  return {
    isAlive: source.isAlive,
    readiness: () => source.readiness(),
    peers: (limit) => source.peers(limit),
    applied: (query) => source.applied(query),
    rowEvents: (query) => source.rowEvents(query),
    metrics: () => [...source.metrics(), ...processMetrics(err), certificates.metric],
  };
}
