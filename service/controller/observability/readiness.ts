import { PUBLISHER_TABLE } from "../../event/db_update.ts";
import type { NbDbDriver } from "../../../drivers/contract/db.ts";
import { DbKeyNotFound, messageOf } from "../../../drivers/contract/errors.ts";
import { waitFor } from "../../../drivers/contract/waiting.ts";
import type { Clock } from "../../base/clock.ts";

/** Whether a service can do its work just now, and what it depends on. */
export interface ReadinessReport {
  /** Whether every condition is met. */
  readonly ready: boolean;
  /** What must hold; the service itself first. */
  readonly checks: readonly {
    /** `service`, `local`, `network`, `database`, `registration`, `announced` or `recorder`. */
    readonly name: string;
    /** Whether it holds. */
    readonly ok: boolean;
    /** An address, a name or a reason, for people. */
    readonly detail: string;
    /** What may be wrong all the same, and what to do; absent when nothing is. */
    readonly warning?: string;
  }[];
}

/** One of the checks. */
export type ReadinessCheck = ReadinessReport["checks"][number];

/** What became of the own row when it was read. */
export interface RowProbe {
  /** Why the database did not answer; undefined if it did. */
  readonly outage: string | undefined;
  /** Whether the row exists; also false if that is unknown. */
  readonly hasRow: boolean;
}

/** Options of a {@linkcode RowProber}. */
export interface RowProberOptions {
  /** The key of the service's own row. */
  readonly id: string;
  /** Maximum time to wait for the database. */
  readonly timeoutMs: number;
  /** Runs the other checks, such as writing the row; never rejects. */
  readonly runOtherChecks: () => Promise<void>;
  readonly clock: Pick<Clock, "sleep">;
}

/**
 * Reads the service's own row, which shows both whether the database is reachable and whether the
 * service is registered, and runs the other checks at the same time. Concurrent callers share one
 * read.
 */
export class RowProber {
  readonly #db: NbDbDriver;
  readonly #options: RowProberOptions;
  #pending: Promise<RowProbe> | undefined;
  #otherChecks: Promise<void> | undefined;

  constructor(db: NbDbDriver, options: RowProberOptions) {
    this.#db = db;
    this.#options = options;
  }

  /** Resolves within the timeout and never rejects. */
  async probe(): Promise<RowProbe> {
    const { timeoutMs, runOtherChecks } = this.#options;
    this.#pending ??= this.#read().finally(() => this.#pending = undefined);
    this.#otherChecks ??= runOtherChecks().finally(() => this.#otherChecks = undefined);
    const late = { outage: `no answer within ${timeoutMs / 1000} s`, hasRow: false };
    const [probe] = await Promise.all([
      this.#inTime(this.#pending, late),
      this.#inTime(this.#otherChecks, undefined),
    ]);
    return probe;
  }

  #inTime<T>(work: Promise<T>, late: T): Promise<T> {
    const { clock, timeoutMs } = this.#options;
    return waitFor(work, { timeoutMs, clock }, () => late);
  }

  async #read(): Promise<RowProbe> {
    try {
      await this.#db.get(PUBLISHER_TABLE, this.#options.id);
      return { outage: undefined, hasRow: true };
    } catch (error) {
      if (error instanceof DbKeyNotFound) return { outage: undefined, hasRow: false };
      return { outage: messageOf(error), hasRow: false };
    }
  }
}

/** A check on one line: its name, `ok`, `warning` or `failed`, and the reason. */
export function checkText({ name, ok, detail, warning }: ReadinessCheck): string {
  const state = !ok ? "failed" : warning === undefined ? "ok" : "warning";
  const reason = warning === undefined ? detail : `${detail}: ${warning}`;
  // A driver's message may have several lines.
  return `${name}: ${state}: ${reason.replaceAll(/\s+/g, " ")}`;
}

/** Combines the checks. */
export function readinessOf(checks: readonly ReadinessCheck[]): ReadinessReport {
  return { ready: checks.every(({ ok }) => ok), checks };
}
