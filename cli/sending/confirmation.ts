import { DriverError, messageOf } from "../../drivers/contract/errors.ts";
import { waitFor } from "../../drivers/contract/waiting.ts";
import { stringifyJson } from "../../service/event/codec/exact_json.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import type { Composition } from "../composition.ts";
import { type EventSource, openEventSource } from "../bus/event_source.ts";

/** Options of {@linkcode Confirmation}. */
export interface ConfirmationOptions {
  /** Maximum time until an event comes back. */
  readonly timeoutMs: number;
  /** Aborts every wait. */
  readonly signal: AbortSignal;
}

/** Receives the events that a command publishes from the network, and measures their latency. */
export class Confirmation implements AsyncDisposable {
  readonly #options: ConfirmationOptions;
  readonly #topics = new Set<string>();
  /** For each event that has not come back: when it was sent, by its content. */
  readonly #out = new Map<string, number[]>();
  readonly #latenciesMs: number[] = [];
  #source: EventSource | undefined;
  #missing = 0;
  #isLate = false;
  #onAllBack: (() => void) | undefined;

  static async open(
    composition: Composition,
    options: ConfirmationOptions,
  ): Promise<Confirmation> {
    const confirmation = new Confirmation(options);
    confirmation.#source = await openEventSource(composition, {
      topics: [],
      onUpdates: (updates) => confirmation.#receive(updates),
    });
    return confirmation;
  }

  private constructor(options: ConfirmationOptions) {
    this.#options = options;
  }

  /** Milliseconds from sending to receiving, for each event that came back. */
  get latenciesMs(): readonly number[] {
    return this.#latenciesMs;
  }

  /** Prepares to receive an event, and notes that it is about to be sent. */
  async expect(update: DbUpdate): Promise<void> {
    if (!this.#topics.has(update.topic)) await this.#listenTo(update.topic);
    const key = signature(update);
    const times = this.#out.get(key);
    if (times === undefined) this.#out.set(key, [performance.now()]);
    else times.push(performance.now());
    this.#missing++;
  }

  /** Stops waiting for an event that was not sent after all. */
  forget(update: DbUpdate): void {
    if (this.#take(signature(update)) !== undefined) this.#oneLess();
  }

  async #listenTo(topic: string): Promise<void> {
    const network = this.#source?.network;
    network?.registerTopic(topic);
    try {
      await network?.ready(this.#options);
    } catch (error) {
      const message = `Cannot confirm, no publisher is live: ${messageOf(error)}`;
      throw new DriverError("NO_PUBLISHER_SERVICE", message, { cause: error });
    }
    this.#topics.add(topic);
  }

  #receive(updates: readonly DbUpdate[]): void {
    const now = performance.now();
    for (const update of updates) {
      const sentAt = this.#take(signature(update));
      if (sentAt === undefined) continue;
      this.#latenciesMs.push(now - sentAt);
      this.#oneLess();
    }
  }

  #oneLess(): void {
    if (--this.#missing === 0) this.#onAllBack?.();
  }

  #take(key: string): number | undefined {
    const times = this.#out.get(key);
    const sentAt = times?.shift();
    if (times?.length === 0) this.#out.delete(key);
    return sentAt;
  }

  /**
   * Waits until all events have come back. Returns false after the timeout; then it stops waiting.
   */
  async allBack(): Promise<boolean> {
    const { timeoutMs, signal } = this.#options;
    if (this.#missing === 0 || this.#isLate || signal.aborted) return this.#missing === 0;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#onAllBack = () => resolve(true);
    const areBack = await waitFor(promise, { timeoutMs, signal }, () => false).catch(() => false);
    this.#isLate = !areBack;
    return areBack;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source?.[Symbol.asyncDispose]();
  }
}

function signature({ topic, table, key, action, value }: DbUpdate): string {
  return stringifyJson([topic, table, key, action, value]);
}
