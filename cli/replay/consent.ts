import { untilAborted } from "../../drivers/contract/waiting.ts";
import { UsageError } from "../flags/failure.ts";
import type { Io } from "../terminal/io.ts";

const MAX_ANSWER_BYTES = 256;

/**
 * Asks on the terminal whether to publish a recording.
 *
 * @throws {UsageError} without a terminal
 */
export async function hasConsent(
  path: string,
  { terminal, err, stdin, interrupted }: Pick<Io, "err" | "interrupted" | "stdin" | "terminal">,
): Promise<boolean> {
  if (terminal === undefined) {
    throw new UsageError("Cannot ask for confirmation without a terminal: add --yes to publish");
  }
  err.write(`Publish the events of "${path}" to the network again? [y/N] `);
  const answer = new Uint8Array(MAX_ANSWER_BYTES);
  const size = await untilAborted(stdin.read(answer), interrupted) ?? 0;
  const isYes = /^y(es)?$/i.test(new TextDecoder().decode(answer.subarray(0, size)).trim());
  if (!isYes) err.write("nothing was published\n");
  return isYes;
}
