import { forgiving } from "./forgiving_output.ts";
import { type Output, OutputClosed } from "./io.ts";

/**
 * The same output for what a command says last, beside its exit code: a reader that has gone is no
 * reason to leave out the rest, and the code still says how it went.
 */
export function lastWords(output: Output): Output {
  return forgiving(output, (error) => error instanceof OutputClosed);
}
