import type { NbDbDriver } from "../drivers/contract/db.ts";
import type { Logger } from "../drivers/contract/logger.ts";
import type { DriverContext, FrameSubscriber, PubSubDriver } from "../drivers/contract/pubsub.ts";
import { AcceptanceDesk } from "./acceptance/acceptance_desk.ts";
import { nbDbClass } from "./config/options/host.ts";
import {
  drainTimeout,
  pubSubDriver,
  pubSubMultiprocDriver,
  pubSubUseMultiproc,
} from "./config/options/pub_sub.ts";
import { requireLocalDriver, requireNetworkDriver } from "./driver_roles.ts";
import { logHealth } from "./health_log.ts";
import { type Monitors, startMonitors } from "./monitors.ts";
import { ServiceObservation } from "./observability/service_observation.ts";
import type { ServiceView } from "./observability/service_view.ts";
import { Publisher, publisherOptions } from "./publisher.ts";
import { missingValuesFor } from "./missing_values.ts";
import { takeOverRow } from "./publisher_identity.ts";
import type { PublisherRegistration } from "./publisher_registration.ts";
import { RefusalLog } from "./refusal_log.ts";
import { openPositioned } from "./positions/open_positioned.ts";
import type { PositionedPublisher } from "./positions/positioned_publisher.ts";
import { advertisedAddress, registrationFor } from "./registration_for.ts";
import {
  identified,
  type IdentifiedOptions,
  type PublisherServiceOptions,
} from "./publisher_service_options.ts";
import { Relay, type RelayCounters } from "./relay.ts";
import { WarningFolder } from "./warning_folder.ts";

/** How a service stopped. */
export interface ServiceReport extends RelayCounters {
  /** False when the drain deadline left accepted events behind. */
  readonly isClean: boolean;
}

interface Opened {
  /** Where subscribers connect; undefined when they meet the publisher at a broker. */
  readonly boundAddress: string | undefined;
  readonly sink: PositionedPublisher;
  /** Absent when local processes do not publish through the service. */
  readonly source: FrameSubscriber | undefined;
  /** Tells local publishers what of theirs was accepted; absent where the source is. */
  readonly acceptance: AcceptanceDesk | undefined;
  readonly db: NbDbDriver;
  /** Counts all of them, and watches. */
  readonly observation: ServiceObservation;
}

/**
 * The publisher service: takes the events of local publishers and sends them to the network,
 * keeps its row in the publishers table, removes those of the dead, and watches tables.
 *
 * No event, peer or outage of the database ends it. Disposing without {@linkcode stop} drops what
 * is on its way.
 */
export class PublisherService implements AsyncDisposable {
  readonly #options: IdentifiedOptions;
  readonly #opened: Opened;
  readonly #registration: PublisherRegistration;
  readonly #relay: Relay | undefined;
  /** Resolves when the relay has ended, to whether it left nothing behind. */
  readonly #relaying: Promise<boolean>;
  /** Ends the relay where it waits for the network. */
  readonly #cut = new AbortController();
  readonly #monitors: Monitors;
  readonly #healthLogs: Promise<void>[];
  #stopping: Promise<ServiceReport> | undefined;
  #isDisposed = false;

  /**
   * Binds the network and the local address, opens the database, and begins to relay.
   *
   * @throws {DriverError} when a driver is unknown, an address taken or the database out of reach;
   * nothing is left open then
   */
  static async start(options: PublisherServiceOptions): Promise<PublisherService> {
    await using undo = new AsyncDisposableStack();
    const service = new PublisherService(...await open(await identified(options), undo));
    undo.move();
    return service;
  }

  private constructor(options: IdentifiedOptions, opened: Opened) {
    const { settings, log, clock } = options;
    this.#options = options;
    this.#opened = opened;
    const refusals = new RefusalLog("From a local publisher", log, clock);
    const sending = publisherOptions(settings);
    this.#registration = registrationFor(options, opened);
    this.#relay = opened.source && new Relay(opened.source, opened.sink, {
      sending,
      refusals,
      stalls: new WarningFolder({ subject: "Sending to the network", log, clock }),
      onActivity: () => this.#registration.noteActivity(),
      accepted: opened.acceptance?.counts,
      values: missingValuesFor(options, opened.db),
    });
    this.#monitors = startMonitors(options, opened.db, new Publisher(opened.sink, sending));
    this.#relaying = this.#relay?.run(this.#cut.signal) ?? Promise.resolve(true);
    opened.observation.attach({
      registration: this.#registration,
      monitors: this.#monitors,
      refusals,
      relay: this.#relay,
      relaying: this.#relaying,
    });
    const health = [opened.sink.health, ...(opened.source ? [opened.source.health] : [])];
    this.#healthLogs = health.map((stream) => logHealth(stream, { log, refusals, clock }));
  }

  /** Where events go: the bound address, with the port really in use, or the broker. */
  get networkAddress(): string {
    return this.#opened.sink.address;
  }

  /** Whether subscribers connect to this service, and do not meet it at a broker. */
  get isBound(): boolean {
    return this.#opened.boundAddress !== undefined;
  }

  /** Where local processes publish; undefined when they do not do so through this service. */
  get localAddress(): string | undefined {
    return this.#opened.source?.boundAddress;
  }

  /** The service as it is seen from outside: alive, ready, and in numbers. */
  get observation(): ServiceView {
    return this.#opened.observation;
  }

  /** The topics that it has sent events of, at most some thousands. */
  get topics(): readonly string[] {
    return [...this.#opened.sink.topics()];
  }

  /** Its row in the publishers table. */
  get registration(): PublisherRegistration {
    return this.#registration;
  }

  /** Resolves when the service is in the publishers table for the first time: all of it works. */
  async ready(): Promise<void> {
    await this.#registration.register();
  }

  /** Takes over at once what the settings have changed to; they are read where they are used. */
  applySettings(): void {
    if (this.#stopping !== undefined) return;
    this.#monitors.restart();
    this.#registration.look();
  }

  /**
   * Stops within `drain_timeout`: takes no more events, sends what it has accepted, leaves the
   * publishers table. Stopping twice is stopping once.
   */
  stop(): Promise<ServiceReport> {
    this.#opened.observation.noteStopping();
    return this.#stopping ??= this.#stop();
  }

  async #stop(): Promise<ServiceReport> {
    const { settings, clock } = this.#options;
    const deadline = clock.monotonic() + settings.get(drainTimeout) * 1000;
    const leftMs = () => this.#isDisposed ? 1 : Math.max(1, deadline - clock.monotonic());
    await this.#monitors.stop();
    const isDrained = await this.#drain(leftMs());
    await this.#registration.close();
    const { flushed } = await this.#opened.sink.close({ timeoutMs: leftMs() });
    await this.#opened.acceptance?.[Symbol.asyncDispose]();
    await this.#opened.db[Symbol.asyncDispose]();
    await Promise.all(this.#healthLogs);
    const counters = this.#relay?.counters ?? { relayed: 0, converted: 0, refused: 0 };
    return { isClean: isDrained && flushed, ...counters };
  }

  /** Takes no more events and relays what was accepted. False when the time was over before. */
  async #drain(timeoutMs: number): Promise<boolean> {
    const { source } = this.#opened;
    const { drained } = await source?.stop({ timeoutMs }) ?? { drained: true };
    this.#cut.abort();
    await source?.[Symbol.asyncDispose]();
    const isRelayed = await this.#relaying;
    this.#opened.acceptance?.complete();
    return isRelayed && drained;
  }

  /** Stops without waiting for what is on its way; cuts a {@linkcode stop} short. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.#cut.abort();
    await this.#opened.source?.[Symbol.asyncDispose]();
    await this.stop();
  }
}

/** Opens what the configuration names, `undo` closes it; drivers are looked up before. */
async function open(
  named: IdentifiedOptions,
  undo: AsyncDisposableStack,
): Promise<[IdentifiedOptions, Opened]> {
  const { settings, drivers, log } = named;
  const context: DriverContext = { settings, log };
  const network = await drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
  const local = settings.get(pubSubUseMultiproc)
    ? await drivers.loadPubSubDriver(settings.get(pubSubMultiprocDriver), context)
    : undefined;
  requireNetworkDriver(network);
  if (local !== undefined) requireLocalDriver(local);
  // First, as the id in the table goes into every event.
  const rows = undo.use(await drivers.loadDbDriver(settings.get(nbDbClass), context));
  const options = await takeOverRow(named, rows);
  const observation = new ServiceObservation(options);
  const sink = undo.use(await openSink(network, options, observation));
  const source = local && undo.use(observation.meterSubscriber(await openSubscriber(local, log)));
  const acceptance = local && undo.use(await AcceptanceDesk.open(local, options));
  const db = observation.meterDb(rows);
  const boundAddress = network.traits.listensToAddresses ? sink.address : undefined;
  return [options, { boundAddress, sink, source, acceptance, db, observation }];
}

async function openSink(
  network: PubSubDriver,
  options: IdentifiedOptions,
  observation: ServiceObservation,
): Promise<PositionedPublisher> {
  const { settings, clock, log, ownId, wasRegistered } = options;
  const publisher = await openPositioned(network, {
    id: ownId,
    awaitsReturns: wasRegistered,
    settings,
    clock,
    log,
    advertised: (address) => advertisedAddress(settings, address),
    watch: (frames) => observation.meterPublisher(frames),
    onCounters: (counters) => observation.countPositions(counters),
  });
  log.info(`Publishing at ${publisher.address} by ${network.name}`);
  return publisher;
}

async function openSubscriber(driver: PubSubDriver, log: Logger): Promise<FrameSubscriber> {
  const subscriber = await driver.openSubscriber();
  log.info(`Listening for local publishers by ${driver.name}`);
  return subscriber;
}
