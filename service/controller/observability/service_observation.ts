import type { IdentifiedOptions } from "../publisher_service_options.ts";
import type { EndWatch } from "./end_watch.ts";
import { AppliedQueries } from "./applied_queries.ts";
import type { PublisherRow } from "../../publishers/publishers_table.ts";
import type { AppliedQuery, AppliedReport } from "../../protocol/applied_report.ts";
import type { RowEventsQuery, RowEventsReport } from "../../protocol/row_events.ts";
import { RowSearch } from "./row_search.ts";
import type { MetricFamily } from "./metric.ts";
import type { ObservedParts } from "./observed_parts.ts";
import { type PeersReport, peersReport, type SeenPeers, seePeers } from "./peers_report.ts";
import { type ReadinessCheck, readinessOf, type ReadinessReport, RowProber } from "./readiness.ts";
import { serviceMetrics } from "./service_metrics.ts";
import type { EventCounts, SeenPublisher, ServiceTotals, ServiceView } from "./service_view.ts";

const PROBE_TIMEOUT_MS = 2_000;
const MAX_COUNTED_TOPICS = 10_000;

/**
 * The observable state of a publisher service: whether it is alive and ready, its metrics, and the
 * data of the pages. All values are current; only readiness asks the database.
 */
export class ServiceObservation implements ServiceView {
  readonly #options: IdentifiedOptions;
  readonly #parts: ObservedParts;
  readonly #prober: RowProber;
  readonly #looks: AppliedQueries;
  readonly #rows: RowSearch;
  #isStopping = false;
  #hasRelayEnded = false;

  /** @param parts those of the running service */
  constructor(options: IdentifiedOptions, parts: ObservedParts) {
    this.#options = options;
    this.#parts = parts;
    const { ownId: id, clock } = options;
    const { db, network: { end: publisher }, boundAddress, recorder, sink } = parts;
    this.#prober = new RowProber(db, {
      id,
      clock,
      timeoutMs: PROBE_TIMEOUT_MS,
      runOtherChecks: () => this.#runOtherChecks(),
    });
    const positionOf = (topic: string) => sink.positionOf(topic);
    const isBound = boundAddress !== undefined;
    this.#looks = new AppliedQueries({ id, publisher, isBound, positionOf });
    this.#rows = new RowSearch({ id, publisher, recorder });
    if (parts.relay === undefined) return;
    const onEnd = () => this.#hasRelayEnded = true;
    parts.relaying.then(onEnd, onEnd);
  }

  async #runOtherChecks(): Promise<void> {
    await Promise.all([this.#parts.registration.check(), this.#parts.announced?.check()]);
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
    return readinessOf(this.#checks(this.#parts.db.outage, true));
  }

  /**
   * Whether the service is ready. Asks the database, for at most two seconds, and writes the
   * service's own row if that was not tried within the last ten.
   */
  async readiness(): Promise<ReadinessReport> {
    if (this.#isStopping) return this.known;
    const { outage, hasRow } = await this.#prober.probe();
    return readinessOf(this.#checks(outage, hasRow));
  }

  #checks(outage: string | undefined, hasRow: boolean): ReadinessCheck[] {
    const { local, network, db } = this.#parts;
    return [
      this.#serviceCheck(),
      ...local ? [this.#endCheck("local", local.watch, local.end.boundAddress)] : [],
      this.#endCheck("network", network.watch, network.end.address),
      { name: "database", ok: outage === undefined, detail: outage ?? db.name },
      this.#registrationCheck(outage, hasRow),
      ...this.#announcedChecks(),
      ...this.#recorderChecks(),
    ];
  }

  #serviceCheck(): ReadinessCheck {
    const detail = this.#isStopping ? "stopping" : this.isAlive ? "running" : "the relay has ended";
    return { name: "service", ok: detail === "running", detail };
  }

  #endCheck(name: string, { outage }: EndWatch, address = ""): ReadinessCheck {
    if (this.#isStopping) return { name, ok: false, detail: "stopping" };
    return { name, ok: outage === undefined, detail: outage ?? address };
  }

  #registrationCheck(outage: string | undefined, hasRow: boolean): ReadinessCheck {
    const problem = this.#registrationProblem(outage, hasRow);
    const detail = problem ?? `as ${this.#options.ownId}`;
    return { name: "registration", ok: problem === undefined, detail };
  }

  #registrationProblem(outage: string | undefined, hasRow: boolean): string | undefined {
    if (outage !== undefined) return "unknown: the database does not answer";
    const { registered, failure, lastRefreshAt } = this.#parts.registration.state;
    if (failure !== undefined) return `the row is not up to date: ${failure}`;
    if (!registered) {
      return lastRefreshAt === null
        ? "not in the publishers table"
        : "another publisher uses the row with this id";
    }
    return hasRow ? undefined : "the row is gone";
  }

  #announcedChecks(): ReadinessCheck[] {
    const { announced } = this.#parts;
    if (announced === undefined) return [];
    const { uri, verdict: { fault, warning } } = announced;
    const detail = fault === undefined ? uri : `${uri}: ${fault}`;
    const ok = fault === undefined;
    return [{ name: "announced", ok, detail, ...(warning !== undefined && { warning }) }];
  }

  /** The service works without the recorder. */
  #recorderChecks(): ReadinessCheck[] {
    const state = this.#parts.recorder?.state;
    if (state === undefined) return [];
    const { path: detail, failure: warning } = state;
    return [{ name: "recorder", ok: true, detail, ...(warning !== undefined && { warning }) }];
  }

  /** The subscribers of the network publisher, at most `limit`, the furthest behind first. */
  peers(limit: number): Promise<PeersReport> {
    return peersReport(this.#parts.network.end, { id: this.#options.ownId, limit });
  }

  /** The same subscribers as they are, for what looks at them once per second. */
  seenPeers(limit: number): Promise<SeenPeers> {
    return seePeers(this.#parts.network.end, limit);
  }

  /** Which nodes have applied an event. */
  applied(query: AppliedQuery): Promise<AppliedReport> {
    return this.#looks.report(query);
  }

  /** The events of a row that are kept. Rejects if the recorder cannot be read. */
  rowEvents(query: RowEventsQuery): Promise<RowEventsReport> {
    return this.#rows.report(query);
  }

  get totals(): ServiceTotals {
    const { local, sink, relay, db } = this.#parts;
    return {
      received: local?.end.counters.received ?? 0,
      sent: sink.sent.events,
      batchCounts: relay?.batches.seconds.counts ?? [],
      database: { ...db.total },
    };
  }

  /** The number of published events, by topic and by table. */
  counts(): EventCounts {
    const { monitors: { tables }, sink } = this.#parts;
    const topics = new Map<string, number>();
    for (const topic of sink.topics()) {
      if (topics.size >= MAX_COUNTED_TOPICS) break;
      topics.set(topic, sink.positionOf(topic)?.seq ?? 0);
    }
    return {
      topics,
      tables: new Map(tables.map(({ table, monitor }) => [table, monitor.counters.published])),
    };
  }

  get publishers(): readonly SeenPublisher[] {
    return this.#parts.monitors.stale.rows.map(seenPublisher);
  }

  /** Every metric of the service. */
  metrics(): readonly MetricFamily[] {
    return serviceMetrics(this.known, this.#parts);
  }
}

function seenPublisher(row: PublisherRow): SeenPublisher {
  const { key: id, state } = row;
  if (row.state === "unreadable") return { id, state, uri: null, lastActivityAt: null };
  const { uri, lastActivityTimestamp } = row.record;
  return { id, state, uri, lastActivityAt: lastActivityTimestamp * 1000 };
}
