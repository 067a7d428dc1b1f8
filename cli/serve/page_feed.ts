import { messageOf } from "../../drivers/contract/errors.ts";
import type { Logger } from "../../drivers/contract/logger.ts";
import type { Clock } from "../../service/base/clock.ts";
import type { PeersReport } from "../../service/controller/observability/peers_report.ts";
import type { ReadinessReport } from "../../service/controller/observability/readiness.ts";
import { RecentHistory } from "../../service/controller/observability/recent_history.ts";
import { RecentRates } from "../../service/controller/observability/recent_rates.ts";
import type { ServiceView } from "../../service/controller/observability/service_view.ts";
import { PeerRows, type RowChanges } from "./peer_rows.ts";

/** The data of the page. */
export type FeedSource = Pick<
  ServiceView,
  "counts" | "known" | "publishers" | "readiness" | "seenPeers" | "totals"
>;

/** Options of a {@linkcode PageFeed}. */
export interface PageFeedOptions {
  readonly source: () => FeedSource;
  /** Information about the process: its host, version and start. */
  readonly about: Readonly<Record<string, string | number>>;
  readonly clock: Pick<Clock, "monotonic" | "now" | "sleep">;
  readonly log: Logger;
}

const INTERVAL_MS = 1_000;
const MAX_PEERS = 1_000;
const MAX_PUBLISHERS = 500;
/** Time after which a browser reconnects. */
const RETRY_MS = 1_000;

interface Viewer {
  readonly controller: ReadableStreamDefaultController<string>;
  /** Whether it was too slow for a message: it gets the complete state next. */
  isBehind: boolean;
}

/**
 * The live data of the page, once per second, as server-sent events: first the complete state, then
 * the changes. All viewers share the same text.
 *
 * It keeps the last 15 minutes. Without viewers it does nothing else.
 */
export class PageFeed implements AsyncDisposable {
  readonly #options: PageFeedOptions;
  readonly #history = new RecentHistory();
  readonly #topicRates = new RecentRates();
  readonly #tableRates = new RecentRates();
  readonly #viewers = new Set<Viewer>();
  readonly #ended = new AbortController();
  readonly #running: Promise<void>;
  readonly #rows = new PeerRows();
  #others: Pick<PeersReport, "reason" | "total"> = { total: 0 };
  #readiness: ReadinessReport | undefined;

  constructor(options: PageFeedOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  /** The complete state, and then the changes; at most one message is queued for a reader. */
  stream(): ReadableStream<string> {
    let viewer: Viewer | undefined;
    return new ReadableStream({
      start: (controller) => {
        if (this.#viewers.size === 0) this.#forget();
        viewer = { controller, isBehind: false };
        this.#viewers.add(viewer);
        controller.enqueue(`retry: ${RETRY_MS}\n${this.#everything()}`);
      },
      cancel: () => {
        if (viewer !== undefined) this.#viewers.delete(viewer);
      },
    }, { highWaterMark: 1 });
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    try {
      for (;; await this.#options.clock.sleep(INTERVAL_MS, signal)) await this.#look();
    } catch (error) {
      if (!signal.aborted) this.#options.log.error(`The page has ended: ${messageOf(error)}`);
    }
  }

  async #look(): Promise<void> {
    const { source, clock } = this.#options;
    const service = source();
    const isSeen = this.#viewers.size > 0;
    if (isSeen) void service.readiness().then((report) => this.#readiness = report);
    // The one that is furthest behind comes first.
    const { peers, departed, total, reason } = await service.seenPeers(isSeen ? MAX_PEERS : 1);
    const time = { at: clock.now(), monotonic: clock.monotonic() };
    const sample = this.#history.add(service.totals, peers[0]?.behind ?? 0, time);
    if (!isSeen) return;
    const changes = await this.#rows.update({ peers, departed });
    this.#others = { total, ...(reason !== undefined && { reason }) };
    const rates = this.#rates(service, time.monotonic);
    const samples = sample === undefined ? [] : [sample];
    this.#send({ ...this.#state(), ...rates, samples }, changes);
  }

  /** Events per second by topic and by table, the busiest first. */
  #rates(service: FeedSource, monotonic: number): object {
    const { topics, tables } = service.counts();
    return {
      topics: this.#topicRates.add(topics, monotonic),
      tables: this.#tableRates.add(tables, monotonic),
    };
  }

  #forget(): void {
    this.#topicRates.forget();
    this.#tableRates.forget();
    this.#rows.clear();
    this.#others = { total: 0 };
    this.#readiness = undefined;
  }

  #send(state: object, { changed, removed }: RowChanges): void {
    const change = message({ ...state, removed }, changed);
    for (const viewer of this.#viewers) {
      const hasRoom = (viewer.controller.desiredSize ?? 0) > 0;
      if (hasRoom) viewer.controller.enqueue(viewer.isBehind ? this.#everything() : change);
      viewer.isBehind = !hasRoom;
    }
  }

  #everything(): string {
    const { about } = this.#options;
    const samples = this.#history.samples;
    return message({ about, ...this.#state(), samples }, this.#rows.all);
  }

  #state(): object {
    const { known, publishers } = this.#options.source();
    // A known problem takes precedence over the database's last answer.
    const readiness = known.ready ? this.#readiness ?? known : known;
    const shown = { ...readiness, publishers: publishers.slice(0, MAX_PUBLISHERS) };
    return { now: this.#options.clock.now(), ...shown, ...this.#others };
  }

  /** Ends all streams. Their viewers connect again. */
  endStreams(): void {
    for (const { controller } of this.#viewers) controller.close();
    this.#viewers.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort();
    this.endStreams();
    await this.#running;
  }
}

/** One server-sent event. JSON text has no line break, so it is one line. */
function message(state: object, rows: readonly string[]): string {
  return `data: ${JSON.stringify(state).slice(0, -1)},"peers":[${rows.join(",")}]}\n\n`;
}
