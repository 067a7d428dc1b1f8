import { Broadcast } from "../../drivers/contract/channel.ts";
import type { HealthEvent } from "../../drivers/contract/health.ts";
import type { Settings } from "../../drivers/contract/option.ts";
import type { PubSubDriver } from "../../drivers/contract/pubsub.ts";
import type { Clock } from "../base/clock.ts";
import type { RefusalLog } from "../base/refusal_log.ts";
import { pubSubSyncInterval, pubSubSyncJitter } from "../config/options/gaps.ts";
import { ArrivalOrder, type ArrivalSource } from "./arrival_order.ts";
import { type DbUpdate, SEND_ALL_TOPIC, syncUpdate } from "../event/db_update.ts";
import type { GapCounters, GapNotice, PublisherStart, TopicGap } from "../protocol/notices.ts";
import type { PublisherPosition } from "../protocol/position_log.ts";
import { UpdateQueue } from "./update_queue.ts";
import { SequenceCheck } from "./sequence_check.ts";
import type { Received, ReceivedGap, ReceivedPast, ReceivedUpdate } from "./subscriber.ts";
import { SyncPacer } from "./sync_pacer.ts";

/** Options of an {@linkcode EventFlow}. */
export interface EventFlowOptions {
  /** The effective configuration. */
  readonly settings: Settings;
  /** The cross-node driver. */
  readonly driver: PubSubDriver;
  /** Receives events in order, one call after the other. Must not throw. */
  readonly onUpdates: (updates: readonly DbUpdate[]) => void | Promise<void>;
  /** Called with each notice. It must not throw. */
  readonly onNotice?: ((notice: GapNotice) => void) | undefined;
  /** Called in its place among the events. It must not throw. */
  readonly onPast?: ((past: ReceivedPast) => void) | undefined;
  /** Where the received events come from. */
  readonly source: ArrivalSource;
  /** The topics that are subscribed to now. */
  readonly topics: ReadonlySet<string>;
  /** Whether the subscription has every topic. @default false */
  readonly allTopics?: boolean | undefined;
  /** Logs publishers that contradict themselves. */
  readonly refusals: RefusalLog;
  readonly clock: Clock;
  /** Returns a number from 0 to below 1, uniformly distributed. @default Math.random */
  readonly random?: (() => number) | undefined;
}

/**
 * Turns received events into what the application gets: each publisher's events in order, each
 * once, and a `sync` for lost events.
 *
 * If the transport keeps events, a `sync` takes the place of a gap. If it drops events, one `sync`
 * of everything follows when a lost connection is live again.
 */
export class EventFlow implements AsyncDisposable {
  readonly #options: EventFlowOptions;
  readonly #notices = new Broadcast<GapNotice>();
  readonly #updates: UpdateQueue;
  readonly #pacer: SyncPacer;
  readonly #check: SequenceCheck;
  /** Addresses whose next `live` causes a `sync` of everything. */
  readonly #away = new Set<string>();
  readonly #everLive = new Set<string>();
  /** Addresses that are live only by their handshake: events before the first one may be lost. */
  readonly #unproven = new Set<string>();
  readonly #order: ArrivalOrder;

  constructor(options: EventFlowOptions) {
    const { settings, clock } = options;
    this.#options = options;
    this.#order = new ArrivalOrder(options.source);
    this.#updates = new UpdateQueue(options.onUpdates, () => clock.now());
    this.#pacer = new SyncPacer({
      jitterMs: settings.get(pubSubSyncJitter) * 1000,
      intervalMs: settings.get(pubSubSyncInterval) * 1000,
      random: options.random ?? Math.random,
      clock,
      onSync: (topic) => this.#updates.sync("lost", topic),
    });
    this.#check = new SequenceCheck({
      // Events may be read after their topic was unregistered.
      wants: (topic) => this.#wants(topic),
      onNotice: (notice) => this.#onNotice(notice),
      onLost: (topic) => this.#pacer.request(topic),
      onRestart: (topic) => this.#onRestart(topic),
      onJump: (address) => this.#onJump(address),
    });
  }

  #wants(topic: string): boolean {
    const { topics, allTopics } = this.#options;
    return allTopics === true || topics.has(topic);
  }

  #onNotice(notice: GapNotice): void {
    this.#notices.publish(notice);
    this.#options.onNotice?.(notice);
    const { refusals } = this.#options;
    if (notice.kind === "gap") refusals.note("GAP", gapText(notice));
    if (notice.kind === "contested") refusals.note("CONTESTED", contestedText(notice));
  }

  /** The last events of a publisher that ended may be lost, unless a broker has accepted them. */
  #onRestart(topic: string): void {
    if (this.#options.driver.traits.listensToAddresses) this.#pacer.request(topic);
  }

  #onJump(address: string | undefined): void {
    if (address !== undefined && this.#unproven.delete(address)) this.#sync();
  }

  get #isLossy(): boolean {
    return this.#options.driver.traits.delivery === "drops-when-slow";
  }

  /** Notices. Each iteration is a separate bounded stream that begins now. */
  get notices(): AsyncIterable<GapNotice> {
    return this.#notices;
  }

  /** Totals of the notices. */
  get counters(): GapCounters {
    return this.#check.counters;
  }

  /** The position of every publisher in each topic, by its last event. */
  get positions(): PublisherPosition[] {
    return this.#check.positions;
  }

  /** Processes received events; resolves when the application has taken them. */
  async take(received: readonly Received[]): Promise<void> {
    const now = this.#options.clock.monotonic();
    let ready: ReceivedUpdate[] = [];
    for (const item of received) {
      if ("past" in item || this.#order.isDue(item.number)) {
        await this.#push(ready);
        ready = [];
        this.#order.noteTaken(item.number);
      }
      if (this.#order.hasEnded(item.topic)) continue;
      if ("past" in item) this.#options.onPast?.(item);
      else if ("gap" in item) this.#takeGap(item, ready);
      else if (this.#accepts(item, now)) ready.push(item);
    }
    await this.#push(ready);
    this.#order.noteTaken(this.#options.source.handedOut);
  }

  #push(ready: readonly ReceivedUpdate[]): Promise<void> {
    return this.#updates.push(() => {
      const updates: DbUpdate[] = [];
      for (const { update, topic } of ready) if (!this.#order.hasEnded(topic)) updates.push(update);
      return updates;
    });
  }

  #accepts({ update, topic, address }: ReceivedUpdate, now: number): boolean {
    const { origin, action, table } = update;
    const isWanted = origin === undefined
      ? this.#wants(topic)
      : this.#check.accepts(origin, { address, now });
    // After a `sync` of all tables the application reads everything, so it needs no second one.
    if (isWanted && action === "sync" && table === null) this.#pacer.cover(update.topic);
    return isWanted;
  }

  #takeGap(received: ReceivedGap, ready: ReceivedUpdate[]): void {
    const { gap: reason, topic: name, address, number } = received;
    if (!this.#wants(name)) return;
    // Without a topic, events of any topic may be lost.
    const topic = name === "" ? SEND_ALL_TOPIC : name;
    if (name === "") this.#check.rebase(address);
    this.#check.expectGap(topic, address);
    this.#onNotice({ kind: "gap", topic, address, reason });
    const update = syncUpdate("gap", { topic, timestamp: this.#options.clock.now() });
    ready.push({ update, topic, address, number });
  }

  /** Notes that a publisher is followed from now on, and that it may have sent events before. */
  away(address: string): void {
    this.#away.add(address);
  }

  /** Whether a publisher that is followed has been live. */
  wasLive(address: string): boolean {
    return this.#everLive.has(address);
  }

  /** Notes that a publisher is no longer followed. Its last events may not have arrived. */
  leave(address: string): void {
    this.#away.delete(address);
    this.#unproven.delete(address);
    if (!this.#everLive.delete(address)) return;
    const { topics, allTopics } = this.#options;
    this.#order.after(() => {
      for (const topic of allTopics ? [SEND_ALL_TOPIC] : topics) this.#pacer.request(topic);
    });
  }

  /** Handles a change in the state of a connection. */
  onHealth(event: HealthEvent): void {
    if (event.kind === "live") this.#onLive(event.address, event.proof === "handshake");
    if (event.kind === "disconnected" && this.#isLossy) {
      this.#unproven.delete(event.address);
      this.#away.add(event.address);
      this.#rebase(event.address);
    }
  }

  #onLive(address: string, isUnproven: boolean): void {
    this.#everLive.add(address);
    if (this.#away.delete(address)) {
      this.#order.after(() => {
        if (this.#isLossy) this.#rebase(address);
        this.#sync();
      });
    }
    if (isUnproven && this.#isLossy) this.#unproven.add(address);
  }

  /** A subscriber that lost its broker has missed events of every publisher. */
  #rebase(address: string): void {
    const { listensToAddresses } = this.#options.driver.traits;
    this.#check.rebase(listensToAddresses ? address : undefined);
  }

  #sync(): void {
    this.#pacer.cover();
    this.#updates.sync("reconnected");
  }

  /** Forgets a topic, and drops its events that the application does not have yet. */
  forgetTopic(topic: string): void {
    this.#order.end(topic);
    this.#check.forgetTopic(topic);
    this.#pacer.cover(topic);
  }

  /** Stops, and drops pending syncs. Resolves when the application has taken the events. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#pacer.close();
    this.#notices.close();
    return this.#updates.close();
  }
}

function gapText({ topic, address, reason }: TopicGap): string {
  const place = address === undefined ? "" : ` at ${address}`;
  return `Events of topic "${topic}" are lost${place}: ${reason}`;
}

function contestedText({ publisher, topic }: PublisherStart): string {
  const why = "two services share its id, or its events are forged";
  return `Publisher ${publisher} contradicts itself under topic "${topic}": ${why}`;
}
