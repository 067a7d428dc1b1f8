import type { Settings } from "../../drivers/contract/option.ts";
import { debug, logFormat, logLevel } from "../../service/config/options/observability.ts";
import { type ColourFlags, hasColour } from "./colour.ts";
import type { Io } from "./io.ts";
import type { LogLevel, LogOptions } from "./log.ts";

/** Flags that override the configuration. */
export interface LogFlags extends ColourFlags {
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** The default level and format of a command's log. */
export interface UsualLog {
  /** @default `warn` */
  readonly level?: LogLevel;
  /** The format if standard error is neither a terminal nor the journal. @default `text` */
  readonly format?: "text" | "json";
}

/** The log of a command that runs until it is stopped: programs read it. */
export const STREAMING_LOG: UsualLog = { format: "json" };

/**
 * The current level and format of a log: by flags, by settings, and by whether debug lines are
 * turned on.
 */
export class LogControl implements LogOptions {
  readonly colour: boolean;
  readonly isJournal: boolean;
  readonly #settings: Settings;
  readonly #flags: LogFlags;
  readonly #usual: UsualLog;
  readonly #isTerminal: boolean;
  #isDebug = false;

  constructor(
    settings: Settings,
    flags: LogFlags,
    { err, env, usual }: Pick<Io, "err" | "env"> & { readonly usual: UsualLog },
  ) {
    this.#settings = settings;
    this.#flags = flags;
    this.#usual = usual;
    this.#isTerminal = err.isTerminal;
    this.isJournal = err.isJournal;
    this.colour = hasColour(flags, err, env);
  }

  get level(): LogLevel {
    const { quiet, verbose } = this.#flags;
    if (this.#isDebug) return "debug";
    return quiet ? "warn" : verbose ? "debug" : this.#configured;
  }

  get #configured(): LogLevel {
    const level = this.#settings.get(logLevel);
    if (level !== "auto") return level;
    return this.#settings.get(debug) ? "debug" : this.#usual.level ?? "warn";
  }

  get format(): "text" | "json" {
    const format = this.#settings.get(logFormat);
    if (format !== "auto") return format;
    return this.#isTerminal || this.isJournal ? "text" : this.#usual.format ?? "text";
  }

  /**
   * Turns debug lines on, regardless of flags and settings, or off again. @returns whether they are
   * on
   */
  toggleDebug(): boolean {
    return this.#isDebug = !this.#isDebug;
  }
}

/** Level and format of a log if the configuration cannot be read. */
export function logWithoutSettings(
  { set = [] }: { readonly set?: readonly string[] | undefined },
  { err, usual }: Pick<Io, "err"> & { readonly usual: UsualLog },
): LogOptions {
  const { isTerminal, isJournal } = err;
  const named = set.findLast((one) => /^df\.log_format=(text|json)$/.test(one))?.split("=")[1];
  const ofStream = isTerminal || isJournal ? "text" : usual.format ?? "text";
  const format = named === "text" || named === "json" ? named : ofStream;
  return { level: "info", format, colour: false, isJournal };
}
