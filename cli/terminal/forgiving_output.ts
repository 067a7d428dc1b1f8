import type { Output } from "./io.ts";

/** The same output, but what cannot be written for a reason that is forgiven is lost. */
export function forgiving(output: Output, isForgiven: (error: unknown) => boolean): Output {
  return {
    isTerminal: output.isTerminal,
    get columns() {
      return output.columns;
    },
    write(text) {
      try {
        output.write(text);
      } catch (error) {
        if (!isForgiven(error)) throw error;
      }
    },
  };
}
