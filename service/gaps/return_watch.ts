import type { LiveProof } from "../../drivers/contract/health.ts";
import type { Clock } from "../clock.ts";

/** What a {@linkcode ReturnWatch} works with. */
export interface ReturnWatchOptions {
  /** How long hellos may take; 0 when none come. */
  readonly patienceMs: number;
  readonly clock: Clock;
  /** The topics that hellos are to come of. */
  readonly topics: () => Iterable<string>;
  /** Events may have been missed that no number tells of: everything is to be read again. */
  readonly onSync: () => void;
}

interface Absence {
  /** Topics whose hello named a publisher and epoch that were known. */
  readonly known: Set<string>;
  /** Somebody unknown was heard there. */
  isNew: boolean;
  /** Set once it is live again: ends the wait for hellos. */
  wait: AbortController | undefined;
}

/**
 * Decides whether a connection that was away, and is live again, may have cost events unnoticed.
 *
 * Not if hellos show within a bounded time, for every topic, that the same start of the same
 * publisher is at its other end: then numbers tell what was missed. Otherwise `onSync` is called,
 * once for each return.
 */
export class ReturnWatch {
  readonly #options: ReturnWatchOptions;
  readonly #absences = new Map<string, Absence>();

  constructor(options: ReturnWatchOptions) {
    this.#options = options;
  }

  /** A connection was lost, or is new. */
  away(address: string): void {
    this.#end(address);
    this.#absences.set(address, { known: new Set(), isNew: false, wait: undefined });
  }

  /** An address is followed no more. */
  leave(address: string): void {
    this.#end(address);
  }

  /** It is live. */
  live(address: string, proof: LiveProof): void {
    const absence = this.#absences.get(address);
    if (absence === undefined) return;
    if (proof !== "echo" || this.#options.patienceMs === 0) return this.#sync(address);
    absence.wait?.abort();
    absence.wait = new AbortController();
    this.#decide(address, absence);
    void this.#syncLater(address, absence.wait.signal);
  }

  async #syncLater(address: string, signal: AbortSignal): Promise<void> {
    const { clock, patienceMs } = this.#options;
    try {
      await clock.sleep(patienceMs, signal);
    } catch {
      return;
    }
    this.#sync(address);
  }

  /** Somebody was heard there: a start of a publisher that was known, or another. */
  heard(address: string, topic: string, isKnown: boolean): void {
    const absence = this.#absences.get(address);
    if (absence === undefined) return;
    if (isKnown) absence.known.add(topic);
    else absence.isNew = true;
    this.#decide(address, absence);
  }

  #decide(address: string, { wait, isNew, known }: Absence): void {
    if (wait === undefined || wait.signal.aborted) return;
    if (isNew) return this.#sync(address);
    for (const topic of this.#options.topics()) {
      if (!known.has(topic)) return;
    }
    this.#end(address);
  }

  #sync(address: string): void {
    this.#end(address);
    this.#options.onSync();
  }

  #end(address: string): void {
    this.#absences.get(address)?.wait?.abort();
    this.#absences.delete(address);
  }

  /** Ends every wait. */
  close(): void {
    for (const { wait } of this.#absences.values()) wait?.abort();
  }
}
