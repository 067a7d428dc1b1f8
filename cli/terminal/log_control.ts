import type { Settings } from "../../drivers/contract/option.ts";
import { debug, logFormat, logLevel } from "../../service/config/options/observability.ts";
import type { Io } from "./io.ts";
import type { LogLevel, LogOptions } from "./log.ts";

/** The flags that count before the configuration. */
export interface LogFlags {
  readonly quiet?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** How the log of a command is written where nothing says otherwise. */
export interface UsualLog {
  /** @default `warn` */
  readonly level?: LogLevel;
  /** Where standard error is neither a terminal nor the journal. @default `text` */
  readonly format?: "text" | "json";
}

/** The log of a command that runs until it is stopped: programs read it. */
export const STREAMING_LOG: UsualLog = { format: "json" };

/** How a log is written just now: by flags, by settings, and by whether debug lines are toggled on. */
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
    this.colour = useColour({ err, env });
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

  /** Turns debug lines on, whatever flags and settings say, or off again. @returns whether they are on */
  toggleDebug(): boolean {
    return this.#isDebug = !this.#isDebug;
  }
}

/** How a log is written when the configuration, which may say otherwise, cannot be read. */
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

/** Colours only on a terminal whose owner has not declined them. */
export function useColour({ err, env }: Pick<Io, "err" | "env">): boolean {
  return err.isTerminal && !env["NO_COLOR"];
}
