import { Broadcast } from "../../../drivers/contract/channel.ts";
import type { HealthEvent } from "../../../drivers/contract/health.ts";
import type { Settings } from "../../../drivers/contract/option.ts";
import type { PubSubDriver } from "../../../drivers/contract/pubsub.ts";
import type { Clock } from "../../base/clock.ts";
import {
  pubSubHoldBytes,
  pubSubHoldEvents,
  pubSubSyncInterval,
  pubSubSyncJitter,
} from "../../config/options/gaps.ts";
import { pubSubHelloInterval } from "../../config/options/positions.ts";
import type { DbUpdate } from "../../event/db_update.ts";
import type { RefusalLog } from "../../base/refusal_log.ts";
import type { Arrivals, Received } from "../subscriber.ts";
import type { PublisherPosition } from "../../protocol/position_log.ts";
import { GapHealer } from "./gap_healer.ts";
import type { GapCounters, GapNotice, PublisherStart } from "../../protocol/notices.ts";
import { Outlet } from "./outlet.ts";
import { PositionTracker } from "./position_tracker.ts";
import { RestartSyncs } from "./restart_syncs.ts";
import { ReturnWatch } from "./return_watch.ts";
import { stillHeard } from "./still_heard.ts";
import { SyncPacer } from "./sync_pacer.ts";

/** What an {@linkcode EventFlow} works with. */
export interface EventFlowOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** The cross-node driver. */
  readonly driver: PubSubDriver;
  /** Takes updates in order, one call after the other. It must not throw. */
  readonly onUpdates: (updates: readonly DbUpdate[]) => void | Promise<void>;
  /** Called with each notice. It must not throw. */
  readonly onNotice?: ((notice: GapNotice) => void) | undefined;
  /** The topics that are heard. */
  readonly topics: () => ReadonlySet<string>;
  /** How far the frames have come. */
  readonly arrivals: () => Arrivals;
  /** Where what publishers answer wrongly, or not, is reported. */
  readonly refusals: RefusalLog;
  readonly clock: Clock;
  /** A number from 0 to below 1, uniformly distributed. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/** How far apart events and the hello that speaks of them may come, on two connections. */
const GRACE_MS = 250;
/** What a hello may be late by. */
const HELLO_LATE_MS = 1_000;

/** From what arrives to what the application gets: in order, each once, losses told and synced. */
export class EventFlow implements AsyncDisposable {
  readonly #options: EventFlowOptions;
  readonly #notices = new Broadcast<GapNotice>();
  readonly #tracker = new PositionTracker();
  readonly #outlet: Outlet;
  readonly #pacer: SyncPacer;
  readonly #healer: GapHealer;
  readonly #returns: ReturnWatch;
  readonly #restarts = new RestartSyncs();

  constructor(options: EventFlowOptions) {
    const { settings, clock } = options;
    this.#options = options;
    this.#outlet = new Outlet(options.onUpdates, () => clock.now());
    this.#pacer = new SyncPacer({
      jitterMs: settings.get(pubSubSyncJitter) * 1000,
      intervalMs: settings.get(pubSubSyncInterval) * 1000,
      random: options.random ?? Math.random,
      clock,
      onSync: (topic) => this.#outlet.sync(topic),
    });
    this.#healer = this.#createHealer();
    this.#returns = new ReturnWatch({
      patienceMs: this.hearsHellos ? this.#helloMs + HELLO_LATE_MS : 0,
      clock,
      topics: options.topics,
      arrivals: options.arrivals,
      onSync: () => this.#sync(),
      onLeft: () => this.#syncSoon(),
    });
  }

  #syncSoon(): void {
    for (const topic of this.#options.topics()) this.#pacer.request(topic);
  }

  #createHealer(): GapHealer {
    const { settings, clock } = this.#options;
    return new GapHealer({
      tracker: this.#tracker,
      replayer: undefined,
      clock,
      helloMs: this.#helloMs,
      graceMs: GRACE_MS,
      holdEvents: settings.get(pubSubHoldEvents),
      holdOctets: settings.get(pubSubHoldBytes),
      onReady: (updates) => this.#outlet.push(updates),
      onNotice: (notice) => this.#onNotice(notice),
      onLost: (topic) => this.#pacer.request(topic),
      onHeard: (address, topic, isKnown) => this.#returns.heard(address, topic, isKnown),
    });
  }

  #onNotice(notice: GapNotice): void {
    this.#notices.publish(notice);
    this.#options.onNotice?.(notice);
    if (notice.kind === "restart") this.#onRestart(notice);
    if (notice.kind === "contested") this.#warnOf(notice);
  }

  #warnOf({ publisher, topic }: PublisherStart): void {
    const why = "two hosts share its id, or somebody publishes in its name";
    const what = `Publisher ${publisher} contradicts itself under topic "${topic}": ${why}`;
    this.#options.refusals.note("CONTESTED", what);
  }

  /** What a publisher sent last before it went may be lost; what a broker has taken is not. */
  #onRestart({ publisher, epoch, topic }: PublisherStart): void {
    if (!this.#options.driver.traits.listensToAddresses) return;
    if (this.#restarts.wants(publisher, epoch)) this.#pacer.request(topic);
  }

  get #helloMs(): number {
    return this.#options.settings.get(pubSubHelloInterval) * 1000;
  }

  get #keeps(): boolean {
    return this.#options.driver.traits.delivery === "keeps";
  }

  /** Whether hellos come: not where the broker keeps events, nor when they are turned off. */
  get hearsHellos(): boolean {
    return !this.#keeps && this.#helloMs > 0;
  }

  /** What was found out; each iteration is a bounded stream of its own, from now on. */
  get notices(): AsyncIterable<GapNotice> {
    return this.#notices;
  }

  /** Totals of what was found out. */
  get counters(): GapCounters {
    return this.#healer.counters;
  }

  /** Where every publisher stands, as far as its events and hellos have told. */
  get positions(): PublisherPosition[] {
    return [...this.#tracker.tracks()].flatMap(({ publisher, epoch, topic, next }) =>
      next === 0 ? [] : [{ publisher, epoch, topic, seq: next - 1 }]
    );
  }

  /** Takes what came in one wake-up; resolves when what is ready of it is handed on. */
  async take(received: readonly Received[]): Promise<void> {
    const ready = this.#keeps
      ? received.flatMap((each) => "update" in each ? [each.update] : [])
      : this.#healer.take(stillHeard(received, this.#options.topics()));
    if (ready.length > 0) await this.#outlet.push(ready);
  }

  /** An address is new, or was not proven to be live: what it sent before was missed. */
  away(address: string): void {
    this.#returns.away(address);
  }

  /** An address is followed no more. */
  leave(address: string): void {
    this.#returns.leave(address);
  }

  /** Draws conclusions from what became of a connection. */
  onHealth(event: HealthEvent): void {
    if (event.kind === "gap") return this.#outlet.sync(event.topic);
    if (event.kind === "disconnected") this.#onLost(event.address);
    if (event.kind === "live" && !this.#keeps) this.#returns.live(event.address, event.proof);
  }

  #onLost(address: string): void {
    this.#returns.away(address);
    this.#rebaseAtBroker();
  }

  /** Who was cut off from a broker was cut off from every publisher. */
  #rebaseAtBroker(): void {
    const { listensToAddresses } = this.#options.driver.traits;
    if (!listensToAddresses) this.#push(this.#healer.rebase());
  }

  #sync(): void {
    this.#rebaseAtBroker();
    this.#pacer.cover();
    this.#restarts.onSync();
    this.#outlet.sync();
  }

  /** A topic is heard no more. */
  forgetTopic(topic: string): void {
    this.#push(this.#healer.forgetTopic(topic));
  }

  #push(updates: readonly DbUpdate[]): void {
    if (updates.length > 0) void this.#outlet.push(updates);
  }

  /** Ends it: what is held back, and syncs that wait, are dropped. Disposing twice is fine. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#pacer.cover();
    this.#returns.close();
    await this.#healer[Symbol.asyncDispose]();
    this.#notices.close();
  }
}
