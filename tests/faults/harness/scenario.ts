import type { LedgerRow } from "./ledger.ts";
import type { SeededRandom } from "./random.ts";

/** What a scenario is given. */
export interface ScenarioContext {
  /** Its own, from the seed of the run and its name: it repeats alone as it ran among others. */
  readonly random: SeededRandom;
  /** Whether it is the short form, which takes seconds. */
  readonly isShort: boolean;
  /** Tells how far it is, for people. */
  readonly say: (text: string) => void;
}

/** What a scenario found. */
export interface Finding {
  /** One for each subscriber. */
  readonly rows: readonly LedgerRow[];
  /** What else was not as it must be; one fails the run. */
  readonly faults?: readonly string[];
  /** Figures worth a line. */
  readonly remarks?: readonly string[];
}

/** Why a scenario did not run; it counts neither as passed nor as failed. */
export interface Skipped {
  readonly skipped: string;
}

/** One kind of misfortune, with real processes. */
export interface Scenario {
  readonly name: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  /** Whether it belongs to the short form that runs with the tests. */
  readonly hasShortForm: boolean;
  /** Ends every process it starts, however it ends itself. */
  readonly run: (context: ScenarioContext) => Promise<Finding | Skipped>;
}
