import { requireWaitOptions, waitFor, type WaitOptions } from "../../drivers/contract/waiting.ts";
import { drainTimeout } from "../config/options/pub_sub.ts";
import { logHealth } from "../base/health_log.ts";
import { Monitors } from "./monitors.ts";
import { exposition } from "./observability/exposition.ts";
import type { ReadinessReport } from "./observability/readiness.ts";
import { ServiceObservation } from "./observability/service_observation.ts";
import type { ServiceView } from "./observability/service_view.ts";
import { Publisher, publisherOptions } from "../publish/publisher.ts";
import { OwedSyncs } from "./owed_syncs.ts";
import { missingValuesFor } from "./missing_values.ts";
import type { PublisherRegistration } from "../publishers/publisher_registration.ts";
import { RefusalLog } from "../base/refusal_log.ts";
import { announcedAddressFor, registrationFor } from "./registration_for.ts";
import {
  identified,
  type IdentifiedOptions,
  type PublisherServiceOptions,
} from "./publisher_service_options.ts";
import { type Opened, openService } from "./open_service.ts";
import { Relay } from "./relay.ts";
import { WarningFolder } from "../base/warning_folder.ts";

/** Minimum time for the database to remove the row, even after the drain deadline. */
const MIN_DB_MS = 1_000;

/** How a service stopped, and its totals. */
export interface ServiceReport {
  /** Events that were sent to the network. */
  readonly relayed: number;
  /** Relayed in the other format than they came in. */
  readonly converted: number;
  /** Messages of local publishers that were not an event, or could not be sent. */
  readonly refused: number;
  /**
   * False when the drain deadline left accepted events behind, or the broker has not taken the syncs
   * of events that it had refused.
   */
  readonly isClean: boolean;
}

/**
 * The publisher service: relays the events of local publishers to the network, maintains its row in
 * the publishers table, removes rows of dead publishers, and watches tables.
 *
 * No event, peer or database outage ends it. Disposing it without {@linkcode stop} drops events
 * that are under way.
 */
export class PublisherService implements AsyncDisposable {
  readonly #options: IdentifiedOptions;
  readonly #opened: Opened;
  readonly #registration: PublisherRegistration;
  readonly #relay: Relay | undefined;
  /** Resolves when the relay has ended, with whether it relayed everything. */
  readonly #relaying: Promise<boolean>;
  /** Ends the relay even if it waits for the network. */
  readonly #cut = new AbortController();
  readonly #monitors: Monitors;
  readonly #owed: OwedSyncs;
  /** Resolves when the requests for syncs of refused events have ended. */
  readonly #owing: Promise<void>;
  readonly #observation: ServiceObservation;
  readonly #round = new AbortController();
  readonly #healthLogs: Promise<void>[];
  #stopping: Promise<ServiceReport> | undefined;
  #isDisposed = false;

  /**
   * Binds the network and the local address, opens the database, and starts to relay.
   *
   * @throws {DriverError} if a driver is unknown, an address is in use, or the database is
   * unreachable; nothing stays open then
   */
  static async open(options: PublisherServiceOptions): Promise<PublisherService> {
    await using undo = new AsyncDisposableStack();
    const service = new PublisherService(...await openService(await identified(options), undo));
    undo.move();
    return service;
  }

  private constructor(options: IdentifiedOptions, opened: Opened) {
    const { settings, log, clock } = options;
    this.#options = options;
    this.#opened = opened;
    const refusals = new RefusalLog("From a local publisher", log, clock);
    const sending = publisherOptions(settings);
    const publisher = new Publisher(opened.sink, sending);
    this.#owed = new OwedSyncs({
      publish: (update, signal) => publisher.sendEvent(update, { signal }),
      clock,
      log,
      folder: new WarningFolder({ subject: "Requesting syncs for refused events", log, clock }),
    });
    this.#registration = registrationFor(options, opened);
    const source = opened.local?.end;
    this.#relay = source && new Relay(source, opened.sink, {
      sending,
      refusals,
      clock,
      stalls: new WarningFolder({ subject: "Sending to the network", log, clock }),
      onActivity: () => this.#registration.noteActivity(),
      confirms: opened.confirms,
      onRefused: (topic) => this.#owed.note(topic),
      values: missingValuesFor(options, opened.db),
    });
    this.#monitors = new Monitors(options, opened.db, publisher, this.#registration);
    this.#owing = this.#owed.run(this.#round.signal);
    this.#relaying = this.#relay?.run(this.#cut.signal) ?? Promise.resolve(true);
    const announced = announcedAddressFor(options, opened);
    void announced?.check();
    this.#observation = new ServiceObservation(options, {
      ...opened,
      registration: this.#registration,
      announced,
      monitors: this.#monitors,
      refusals,
      relay: this.#relay,
      relaying: this.#relaying,
    });
    const unsent = new RefusalLog("To the network", log, clock);
    this.#healthLogs = [logHealth(opened.sink.health, { log, refusals: unsent, clock })];
    if (source === undefined) return;
    this.#healthLogs.push(logHealth(source.health, { log, refusals, clock }));
  }

  /** Where events are sent: the bound address, with the actual port, or the broker. */
  get networkAddress(): string {
    return this.#opened.sink.address;
  }

  /** Whether subscribers connect to this service, and not to a broker. */
  get isBound(): boolean {
    return this.#opened.boundAddress !== undefined;
  }

  /** The address for local processes; undefined if they do not publish through this service. */
  get localAddress(): string | undefined {
    return this.#opened.local?.end.boundAddress;
  }

  /**
   * The observable state of the service.
   *
   * @ignore internal: applications call `readiness` and `metrics`
   */
  get observation(): ServiceView {
    return this.#observation;
  }

  /** Whether the service can do its work just now; asks the database, for at most two seconds. */
  readiness(): Promise<ReadinessReport> {
    return this.#observation.readiness();
  }

  /** Every metric as of now, in Prometheus' text format 0.0.4. */
  metrics(): string {
    return exposition(this.#observation.metrics());
  }

  /** The topics that it has sent events of, unless that was long ago. */
  get topics(): readonly string[] {
    return [...this.#opened.sink.topics()];
  }

  /**
   * Its row in the publishers table.
   *
   * @ignore internal
   */
  get registration(): PublisherRegistration {
    return this.#registration;
  }

  /**
   * Resolves when the service is in the publishers table for the first time: then all of it works.
   * Rejects with the signal's reason on abort.
   *
   * @throws {DriverError} `CLOSED` if the service stops first
   */
  async ready(options: Pick<WaitOptions, "signal"> = {}): Promise<void> {
    requireWaitOptions("PublisherService.ready", options);
    await waitFor(this.#registration.register(), options);
    this.#monitors.stale.look();
  }

  /** Applies changed settings at once that are not read at each use. */
  applySettings(): void {
    if (this.#stopping !== undefined) return;
    this.#monitors.restart();
    this.#registration.look();
  }

  /**
   * Stops within `drain_timeout`: refuses further events, sends the accepted ones, and removes its
   * row from the publishers table as configured. The database has at least one second for that. A
   * second call returns the same promise.
   */
  stop(): Promise<ServiceReport> {
    this.#observation.noteStopping();
    return this.#stopping ??= this.#stop();
  }

  async #stop(): Promise<ServiceReport> {
    const { settings, clock } = this.#options;
    const deadline = clock.monotonic() + settings.get(drainTimeout) * 1000;
    const leftMs = () => this.#isDisposed ? 1 : Math.max(1, deadline - clock.monotonic());
    this.#round.abort();
    // A database that does not answer must not delay events.
    const monitors = this.#monitors.stop();
    const isDrained = await this.#drain(leftMs());
    await this.#owing;
    const areSynced = await this.#owed.finish(leftMs());
    const dbClosed = this.#closeDb(monitors, Math.max(MIN_DB_MS, leftMs()));
    dbClosed.catch(() => {});
    const { flushed } = await this.#opened.sink.close({ timeoutMs: leftMs() });
    await this.#opened.recorder?.[Symbol.asyncDispose]();
    await dbClosed;
    await Promise.all(this.#healthLogs);
    const counters = this.#relay?.counters ?? { relayed: 0, converted: 0, refused: 0 };
    return { isClean: isDrained && areSynced && flushed, ...counters };
  }

  /** Refuses further events and relays accepted ones. Returns false if the time was too short. */
  async #drain(timeoutMs: number): Promise<boolean> {
    const source = this.#opened.local?.end;
    const { drained } = await source?.stop({ timeoutMs }) ?? { drained: true };
    this.#cut.abort();
    await source?.[Symbol.asyncDispose]();
    const isRelayed = await this.#relaying;
    return isRelayed && drained;
  }

  /** Removes the row and closes the database; after the timeout, it goes on in the background. */
  #closeDb(monitors: Promise<void>, timeoutMs: number): Promise<void> {
    const { clock, log, ownId } = this.#options;
    const closed = Promise.all([monitors, this.#registration.close()])
      .then(() => this.#opened.db[Symbol.asyncDispose]());
    return waitFor(closed, { timeoutMs, clock }, () => {
      log.warn(`The database does not answer: publisher "${ownId}" may keep its row`);
    });
  }

  /** Stops without waiting for events that are under way; also interrupts {@linkcode stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#cut.abort();
    await this.#opened.local?.end[Symbol.asyncDispose]();
    await this.stop();
  }
}
