import { type Output, OutputClosed } from "./io.ts";

/**
 * The same output for what a command says last, beside its exit code: a reader that has gone is no
 * reason to leave out the rest, and the code still says how it went.
 */
export function lastWords(output: Output): Output {
  return {
    isTerminal: output.isTerminal,
    get columns() {
      return output.columns;
    },
    write(text) {
      try {
        output.write(text);
      } catch (error) {
        if (!(error instanceof OutputClosed)) throw error;
      }
    },
  };
}
