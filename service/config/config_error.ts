import { PubSubError } from "../../drivers/contract/errors.ts";

/**
 * A configuration that cannot be used. None of it takes effect.
 *
 * The message lists every problem, one per line if there are several.
 */
export class ConfigError extends PubSubError {
  /** Tells it apart by name where classes cannot be compared. */
  override readonly name = "ConfigError";
  /** The only code of this class. */
  override readonly code = "CONFIG_INVALID";
  /** What is wrong, each with its place, never with the value of a secret. */
  readonly problems: readonly string[];

  /** Creates the error from the problems, in the order in which they are printed. */
  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(summary(problems), options);
    this.problems = problems;
  }
}

function summary(problems: readonly string[]): string {
  const [first] = problems;
  if (first !== undefined && problems.length === 1) return first;
  return [`The configuration has ${problems.length} errors:`, ...problems].join("\n  ");
}
