import { type Output, OutputClosed } from "./io.ts";

/** The same output, but what cannot be written because of an ignored error is lost. */
export function ignoringErrors(output: Output, isIgnored: (error: unknown) => boolean): Output {
  return {
    isTerminal: output.isTerminal,
    get columns() {
      return output.columns;
    },
    write(text) {
      try {
        output.write(text);
      } catch (error) {
        if (!isIgnored(error)) throw error;
      }
    },
  };
}

/**
 * The same output for the report at the end of a command: when the reader has closed it the command
 * goes on, and its exit code still says how it went.
 */
export function ignoringClosed(output: Output): Output {
  return ignoringErrors(output, (error) => error instanceof OutputClosed);
}
