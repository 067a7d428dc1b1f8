import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import type { FramePublisher, FrameSubscriber } from "../../../drivers/contract/pubsub.ts";
import type { IdentifiedOptions } from "../publisher_service_options.ts";
import { EndWatch } from "./end_watch.ts";
import { AppliedQueries, nothingKnown } from "./applied_queries.ts";
import type { AppliedQuery, AppliedReport } from "../../protocol/applied_report.ts";
import { nothingSearched } from "../../protocol/row_events.ts";
import { RowSearch } from "./row_search.ts";
import type { MetricFamily } from "./metric.ts";
import { MeteredDb } from "./metered_db.ts";
import type { ObservedEnd, ObservedParts } from "./observed_parts.ts";
import { type PeersReport, peersReport, type SeenPeers, seePeers } from "./peers_report.ts";
import { type ReadinessCheck, readinessOf, type ReadinessReport, RowProber } from "./readiness.ts";
import { serviceMetrics } from "./service_metrics.ts";
import { seenPublisher } from "./seen_publisher.ts";
import type { EventCounts, SeenPublisher, ServiceTotals, ServiceView } from "./service_view.ts";

const PROBE_TIMEOUT_MS = 2_000;
const MAX_COUNTED_TOPICS = 10_000;

/**
 * The observable state of a publisher service: whether it is alive and ready, and its metrics.
 *
 * It wraps what the service opens, counts the operations, and provides the data of the pages. All
 * values are current; only readiness asks the database.
 */
export class ServiceObservation implements ServiceView {
  readonly #options: IdentifiedOptions;
  #network: ObservedEnd<FramePublisher> | undefined;
  #local: ObservedEnd<FrameSubscriber> | undefined;
  #db: MeteredDb | undefined;
  #prober: RowProber | undefined;
  #parts: ObservedParts | undefined;
  #looks: AppliedQueries | undefined;
  #rows: RowSearch | undefined;
  #isStopping = false;
  #hasRelayEnded = false;

  /** Creates it without opening or reading anything. */
  constructor(options: IdentifiedOptions) {
    this.#options = options;
  }

  /** Follows the health of the publisher to the network from now on. */
  watchNetwork(end: FramePublisher): void {
    this.#network = { end, watch: this.#watch(end) };
  }

  /** Follows the health of the local subscriber from now on. */
  watchLocal(end: FrameSubscriber): void {
    this.#local = { end, watch: this.#watch(end) };
  }

  async #runOtherChecks(): Promise<void> {
    await Promise.all([this.#parts?.registration.check(), this.#parts?.announced?.check()]);
  }

  /** Wraps the database to count its operations. */
  meterDb(inner: NbDbDriver): NbDbDriver {
    const { clock, ownId: id } = this.#options;
    this.#db = new MeteredDb(inner, clock);
    this.#prober = new RowProber(this.#db, {
      id,
      clock,
      timeoutMs: PROBE_TIMEOUT_MS,
      runOtherChecks: () => this.#runOtherChecks(),
    });
    return this.#db;
  }

  #watch({ health }: Pick<FramePublisher, "health">): EndWatch {
    const watch = new EndWatch();
    void watch.follow(health);
    return watch;
  }

  /** Attaches the parts of the running service. */
  attach(parts: ObservedParts): void {
    this.#parts = parts;
    if (this.#network !== undefined) {
      const { sink, isBound } = parts;
      const positionOf = (topic: string) => sink.positionOf(topic);
      const looked = { id: this.#options.ownId, publisher: this.#network.end, isBound, positionOf };
      this.#looks = new AppliedQueries(looked);
      this.#rows = new RowSearch({ ...looked, recorder: parts.recorder });
    }
    if (parts.relay === undefined) return;
    const onEnd = () => this.#hasRelayEnded = true;
    parts.relaying.then(onEnd, onEnd);
  }

  /** From now on the service is not ready. */
  noteStopping(): void {
    this.#isStopping = true;
  }

  /** False if the relay has ended without being stopped: only a restart helps. */
  get isAlive(): boolean {
    return this.#isStopping || !this.#hasRelayEnded;
  }

  /** The readiness as far as it is known without asking anyone. */
  get known(): ReadinessReport {
    return readinessOf(this.#checks(this.#db?.outage, true));
  }

  /**
   * Whether the service is ready. Asks the database, for at most two seconds, and writes the
   * service's own row if that was not tried within the last ten.
   */
  async readiness(): Promise<ReadinessReport> {
    if (this.#isStopping || this.#prober === undefined) return this.known;
    const { outage, hasRow } = await this.#prober.probe();
    return readinessOf(this.#checks(outage, hasRow));
  }

  #checks(outage: string | undefined, hasRow: boolean): ReadinessCheck[] {
    const local = this.#local === undefined
      ? []
      : [this.#endCheck("local", this.#local.watch, this.#local.end.boundAddress)];
    return [
      this.#serviceCheck(),
      ...local,
      this.#endCheck("network", this.#network?.watch, this.#network?.end.address),
      { name: "database", ok: outage === undefined, detail: outage ?? this.#db?.name ?? "" },
      this.#registrationCheck(outage, hasRow),
      ...this.#announcedChecks(),
      ...this.#recorderChecks(),
    ];
  }

  #serviceCheck(): ReadinessCheck {
    const detail = this.#isStopping ? "stopping" : this.isAlive ? "running" : "the relay has ended";
    return { name: "service", ok: detail === "running", detail };
  }

  #endCheck(name: string, watch: EndWatch | undefined, address = ""): ReadinessCheck {
    if (this.#isStopping) return { name, ok: false, detail: "stopping" };
    return { name, ok: watch?.outage === undefined, detail: watch?.outage ?? address };
  }

  #registrationCheck(outage: string | undefined, hasRow: boolean): ReadinessCheck {
    const problem = this.#registrationProblem(outage, hasRow);
    const detail = problem ?? `as ${this.#options.ownId}`;
    return { name: "registration", ok: problem === undefined, detail };
  }

  #registrationProblem(outage: string | undefined, hasRow: boolean): string | undefined {
    if (outage !== undefined) return "unknown: the database does not answer";
    const { registered, failure, lastRefreshAt = null } = this.#parts?.registration.state ?? {};
    if (failure !== undefined) return `the row is not up to date: ${failure}`;
    if (registered !== true) {
      return lastRefreshAt === null
        ? "not in the publishers table"
        : "another publisher uses the row with this id";
    }
    return hasRow ? undefined : "the row is gone";
  }

  #announcedChecks(): ReadinessCheck[] {
    const announced = this.#parts?.announced;
    if (announced === undefined) return [];
    const { uri, verdict: { fault, warning } } = announced;
    const detail = fault === undefined ? uri : `${uri}: ${fault}`;
    const ok = fault === undefined;
    return [{ name: "announced", ok, detail, ...(warning !== undefined && { warning }) }];
  }

  /** The service works without the recorder. */
  #recorderChecks(): ReadinessCheck[] {
    const state = this.#parts?.recorder?.state;
    if (state === undefined) return [];
    const { path: detail, failure: warning } = state;
    return [{ name: "recorder", ok: true, detail, ...(warning !== undefined && { warning }) }];
  }

  /** The subscribers of the network publisher, at most `limit`, the furthest behind first. */
  peers(limit: number): Promise<PeersReport> {
    return peersReport(this.#network?.end, { id: this.#options.ownId, limit });
  }

  /** The same subscribers as they are, for what looks at them once per second. */
  seenPeers(limit: number): Promise<SeenPeers> {
    return seePeers(this.#network?.end, limit);
  }

  /** Which nodes have applied an event. */
  applied(query: AppliedQuery): Promise<AppliedReport> {
    return this.#looks?.report(query) ??
      Promise.resolve(
        nothingKnown(this.#options.ownId, query, "the publisher to the network is not open yet"),
      );
  }

  /** The events of a row that are kept. Rejects if the recorder cannot be read. */
  readonly rowEvents: ServiceView["rowEvents"] = async (query) =>
    await this.#rows?.report(query) ?? nothingSearched(this.#options.ownId);

  get totals(): ServiceTotals {
    return {
      received: this.#local?.end.counters.received ?? 0,
      sent: this.#parts?.sink.sent.events ?? 0,
      batchCounts: this.#parts?.relay?.batches.seconds.counts ?? [],
      database: { calls: 0, seconds: 0, ...this.#db?.total },
    };
  }

  /** The number of published events, by topic and by table. */
  counts(): EventCounts {
    const { monitors: { tables = [] } = {}, sink } = this.#parts ?? {};
    const topics = new Map<string, number>();
    for (const topic of sink?.topics() ?? []) {
      if (topics.size >= MAX_COUNTED_TOPICS) break;
      topics.set(topic, sink?.positionOf(topic)?.seq ?? 0);
    }
    return {
      topics,
      tables: new Map(tables.map(({ table, counters }) => [table, counters.published])),
    };
  }

  get publishers(): readonly SeenPublisher[] {
    return (this.#parts?.monitors.publisherRows ?? []).map(seenPublisher);
  }

  /** Every metric of the service. */
  metrics(): readonly MetricFamily[] {
    return serviceMetrics({
      known: this.known,
      parts: this.#parts,
      network: this.#network,
      local: this.#local,
      db: this.#db,
    });
  }
}
