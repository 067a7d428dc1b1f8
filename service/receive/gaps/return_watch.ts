import type { LiveProof } from "../../../drivers/contract/health.ts";
import type { Clock } from "../../base/clock.ts";
import type { Arrivals } from "../subscriber.ts";

/** What a {@linkcode ReturnWatch} works with. */
export interface ReturnWatchOptions {
  /** How long hellos may take; 0 when none come. */
  readonly patienceMs: number;
  readonly clock: Clock;
  /** The topics that hellos are to come of. */
  readonly topics: () => Iterable<string>;
  /** How far the frames have come that hellos are among. */
  readonly arrivals: () => Arrivals;
  /** Events may have been missed that no number tells of: everything is to be read again. */
  readonly onSync: () => void;
  /** A publisher is followed no more: what it sent last may not have come, and nobody will tell. */
  readonly onLeft: () => void;
}

interface Absence {
  /** Topics whose hello, read after it was live, named a publisher and epoch that were known. */
  readonly known: Set<string>;
  /** How many frames were read before it was live. */
  old: number;
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
 *
 * Frames wait for a reader that is busy, news of a connection do not. So a hello counts only if its
 * frame was read after the connection was known to be live: others may have been sent before it was
 * lost, by a publisher that is there no more. Nothing is lost by leaving out those that were sent
 * after it: they come again, within the time that is waited for them. That somebody unknown is there
 * counts whenever it is heard: at worst it costs a `sync`.
 */
export class ReturnWatch {
  readonly #options: ReturnWatchOptions;
  readonly #absences = new Map<string, Absence>();
  /** The addresses that events may have come from. */
  readonly #everLive = new Set<string>();
  /** Those that nothing proved live: who is first heard there may have sent events before. */
  readonly #assumed = new Set<string>();

  constructor(options: ReturnWatchOptions) {
    this.#options = options;
  }

  /** A connection was lost, or is new. */
  away(address: string): void {
    this.#end(address);
    this.#assumed.delete(address);
    this.#absences.set(address, { known: new Set(), old: Infinity, isNew: false, wait: undefined });
  }

  /** An address is followed no more. */
  leave(address: string): void {
    this.#end(address);
    this.#assumed.delete(address);
    if (this.#everLive.delete(address)) this.#options.onLeft();
  }

  /** It is live. */
  live(address: string, proof: LiveProof): void {
    this.#everLive.add(address);
    if (proof === "handshake") this.#assumed.add(address);
    const absence = this.#absences.get(address);
    if (absence === undefined) return;
    if (proof !== "echo" || this.#options.patienceMs === 0) return this.#sync(address);
    // Live again without having been away, as for one more topic: what was heard still counts.
    if (absence.wait === undefined) absence.old = this.#options.arrivals().read;
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
    if (absence === undefined) {
      if (!isKnown && this.#assumed.delete(address)) this.#options.onSync();
      return;
    }
    if (!isKnown) absence.isNew = true;
    else if (this.#options.arrivals().taken >= absence.old) absence.known.add(topic);
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
