import { SeededRandom } from "./random.ts";
import type { Outcome } from "./report.ts";
import type { Scenario } from "./scenario.ts";

/** Options for running scenarios. */
export interface RunOptions {
  readonly seed: number;
  readonly isShort: boolean;
  /** Whether every rig requires TLS. @default false */
  readonly isSecure?: boolean;
  /** Receives a line of progress. */
  readonly say: (line: string) => void;
}

/** Runs one scenario. An error that it throws is a fault that it found. */
export async function runScenario(scenario: Scenario, options: RunOptions): Promise<Outcome> {
  const { name } = scenario;
  const { seed, isShort } = options;
  const random = new SeededRandom(seed ^ hashOf(name));
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const say = (text: string) => options.say(`[${name} ${seconds().toFixed(1)} s] ${text}`);
  say(scenario.summary);
  const nothing = { rows: [], faults: [], remarks: [] };
  if (options.isSecure === true && scenario.needsPlain !== undefined) {
    return { ...nothing, skipped: scenario.needsPlain, name, seconds: 0 };
  }
  try {
    const finding = await scenario.run({ random, isShort, say });
    return { ...nothing, ...finding, name, seconds: seconds() };
  } catch (error) {
    const fault = error instanceof Error ? error.stack ?? error.message : String(error);
    return { ...nothing, faults: [fault], name, seconds: seconds() };
  }
}

/** A hash of the text (FNV-1a). */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
