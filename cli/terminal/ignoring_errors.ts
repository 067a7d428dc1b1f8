import { type Output, OutputClosed } from "./io.ts";

/** An output that loses text that cannot be written because of an ignored error. */
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
 * An output for the report at the end of a command: if its reader has closed it, the command
 * continues, and its exit code still reports the result.
 */
export function ignoringClosed(output: Output): Output {
  return ignoringErrors(output, (error) => error instanceof OutputClosed);
}
