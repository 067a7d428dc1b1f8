import type { LedgerRow } from "./ledger.ts";
import type { SeededRandom } from "./random.ts";

/** The input of a scenario. */
export interface ScenarioContext {
  /**
   * A random source from the run's seed and the scenario's name. A scenario run alone repeats the
   * same choices.
   */
  readonly random: SeededRandom;
  /** Whether to run the short form, which takes seconds. */
  readonly isShort: boolean;
  /** Prints a line of progress. */
  readonly say: (text: string) => void;
}

/** The result of a scenario. */
export interface Finding {
  /** One row per subscriber. */
  readonly rows: readonly LedgerRow[];
  /** Other faults. One fault fails the run. */
  readonly faults?: readonly string[];
  /** Figures to print. */
  readonly remarks?: readonly string[];
}

/** The reason why a scenario did not run. It counts neither as passed nor as failed. */
export interface Skipped {
  readonly skipped: string;
}

/** One kind of fault, with real processes. */
export interface Scenario {
  readonly name: string;
  /** A summary in one sentence. */
  readonly summary: string;
  /** Whether it belongs to the short form, which runs with the tests. */
  readonly hasShortForm: boolean;
  /** Why it cannot run where TLS is required: its peers or proxies speak plain ZMTP. */
  readonly needsPlain?: string;
  /** Runs the scenario. It ends every process that it starts, even when it throws. */
  readonly run: (context: ScenarioContext) => Promise<Finding | Skipped>;
}
