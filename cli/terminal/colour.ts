import type { Io, Output } from "./io.ts";

/** When output has colours. */
export const COLOUR_CHOICES = ["auto", "always", "never"] as const;

/** The flag `--color`. */
export interface ColourFlags {
  /** @default auto */
  readonly color?: (typeof COLOUR_CHOICES)[number] | undefined;
}

/**
 * Whether an output has colours: as `--color` says; or else not with `NO_COLOR`, always with
 * `FORCE_COLOR`, and otherwise on a terminal.
 */
export function hasColour(
  { color = "auto" }: ColourFlags,
  output: Pick<Output, "isTerminal">,
  env: Io["env"],
): boolean {
  if (color !== "auto") return color === "always";
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  return forced === undefined || forced === ""
    ? output.isTerminal
    : !["0", "false"].includes(forced);
}

/** Escape sequences of colours. */
export const COLOUR = {
  plain: "\x1b[0m",
  dim: "\x1b[2m",
  bold: "\x1b[1m",
  red: "\x1b[31m",
  green: "\x1b[32m",
  yellow: "\x1b[33m",
  magenta: "\x1b[35m",
  cyan: "\x1b[36m",
} as const;

/** The text in a colour. */
export function coloured(text: string, colour: string): string {
  return `${colour}${text}${COLOUR.plain}`;
}
