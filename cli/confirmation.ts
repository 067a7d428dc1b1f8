import { DriverError, messageOf } from "../drivers/contract/errors.ts";
import type { DbUpdate } from "../service/db_update.ts";
import type { Composition } from "./composition.ts";
import { type EventSource, openEventSource } from "./event_source.ts";

/** Watches the network side for the events that a command publishes, and times their way. */
export class Confirmation implements AsyncDisposable {
  readonly #timeoutMs: number;
  readonly #topics = new Set<string>();
  /** When each event was sent that is still out, by what it says. */
  readonly #out = new Map<string, number[]>();
  readonly #latenciesMs: number[] = [];
  #source: EventSource | undefined;
  #missing = 0;
  #isLate = false;
  #onAllBack: (() => void) | undefined;

  static async open(composition: Composition, timeoutMs: number): Promise<Confirmation> {
    const confirmation = new Confirmation(timeoutMs);
    confirmation.#source = await openEventSource(composition, {
      topics: [],
      onUpdates: (updates) => confirmation.#receive(updates),
    });
    return confirmation;
  }

  private constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Milliseconds from sending to receiving, of each event that came back. */
  get latenciesMs(): readonly number[] {
    return this.#latenciesMs;
  }

  /** Gets ready to hear an event and notes that it is about to be sent. */
  async expect(update: DbUpdate): Promise<void> {
    if (!this.#topics.has(update.topic)) await this.#listenTo(update.topic);
    const key = signature(update);
    const times = this.#out.get(key);
    if (times === undefined) this.#out.set(key, [performance.now()]);
    else times.push(performance.now());
    this.#missing++;
  }

  async #listenTo(topic: string): Promise<void> {
    const network = this.#source?.network;
    network?.registerTopic(topic);
    try {
      await network?.ready({ timeoutMs: this.#timeoutMs });
    } catch (error) {
      const message = `Cannot confirm, no publisher is heard: ${messageOf(error)}`;
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
      if (--this.#missing === 0) this.#onAllBack?.();
    }
  }

  #take(key: string): number | undefined {
    const times = this.#out.get(key);
    const sentAt = times?.shift();
    if (times?.length === 0) this.#out.delete(key);
    return sentAt;
  }

  /** Waits until all are back. False when the time was over before; then it waits no more. */
  allBack(): Promise<boolean> {
    if (this.#missing === 0 || this.#isLate) return Promise.resolve(this.#missing === 0);
    return new Promise((resolve) => {
      const onTimeout = () => {
        this.#isLate = true;
        resolve(false);
      };
      const timer = setTimeout(onTimeout, this.#timeoutMs);
      this.#onAllBack = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source?.[Symbol.asyncDispose]();
  }
}

function signature({ topic, table, key, action, value }: DbUpdate): string {
  return JSON.stringify([topic, table, key, action, value]);
}
