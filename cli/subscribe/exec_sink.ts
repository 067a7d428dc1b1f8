import { messageOf } from "../../drivers/contract/errors.ts";
import { Semaphore } from "../../drivers/contract/semaphore.ts";
import type { DbUpdate } from "../../service/event/db_update.ts";
import type { EventFormat } from "../events/event_format.ts";
import { UsageError } from "../flags/failure.ts";
import { shellWords } from "../flags/shell_words.ts";
import { type ChildProgram, startProgram } from "../terminal/child_program.ts";
import { oneLine } from "../terminal/log.ts";
import type { EventSink } from "./event_sink.ts";
import { counted } from "../terminal/quantities.ts";

/** The flags of `subscribe` that run a program for each event. */
export interface ExecFlags {
  readonly exec?: string | undefined;
  readonly jobs?: number | undefined;
  readonly shell?: true | undefined;
}

/** Options of an {@linkcode ExecSink}. */
export interface ExecOptions {
  /** The text of an event for the standard input of its program. */
  readonly format: EventFormat;
  /** Ends running programs. */
  readonly interrupted: AbortSignal;
  /** Reports a failed program. */
  readonly warn: (text: string) => void;
}

/** Maximum number of failures that are named. */
const MAX_NAMED = 10;
/** Time for interrupted programs to end. */
const END_MS = 5_000;

/** The command line of these flags; undefined without `--exec`. @throws {UsageError} */
export function execCommand({ exec, jobs, shell }: ExecFlags): readonly string[] | undefined {
  if (exec === undefined) {
    if (jobs !== undefined) throw new UsageError("--jobs is for --exec");
    if (shell) throw new UsageError("--shell is for --exec");
    return undefined;
  }
  if (shell) return ["/bin/sh", "-c", exec];
  const { words, last, isQuoted } = shellWords(exec);
  if (isQuoted) throw new UsageError(`--exec "${exec}": a quote is open, wanted its end`);
  const command = last === undefined ? words : [...words, last];
  if ((command[0] ?? "") !== "") return command;
  throw new UsageError(`--exec "${exec}": empty, wanted a program and its arguments`);
}

/**
 * Runs a program for each event: the event is in its variables and on its standard input. While
 * the maximum number of programs runs, it takes no event, so that nothing more is read.
 */
export class ExecSink implements EventSink {
  readonly #command: readonly string[];
  readonly #options: ExecOptions;
  readonly #jobs: Semaphore;
  readonly #running = new Map<ChildProgram, Promise<void>>();
  #started = 0;
  #failed = 0;
  #isOver = false;

  /** @param jobs maximum number of programs at the same time; with 1 they keep the order of events */
  constructor(command: readonly string[], jobs: number, options: ExecOptions) {
    this.#command = command;
    this.#jobs = new Semaphore(jobs);
    this.#options = options;
  }

  async take(update: DbUpdate): Promise<void> {
    const place = await this.#jobs.acquire();
    const program = this.#isOver ? undefined : this.#start(update);
    if (program === undefined) return place[Symbol.dispose]();
    const ended = program.failure.then((failure) => {
      this.#running.delete(program);
      place[Symbol.dispose]();
      if (failure !== undefined && !this.#options.interrupted.aborted) this.#fail(update, failure);
    });
    this.#running.set(program, ended);
  }

  /** @throws {Error} if there is no such program */
  #start(update: DbUpdate): ChildProgram | undefined {
    this.#started++;
    try {
      return startProgram(this.#command, {
        env: variablesOf(update),
        stdin: this.#options.format(update),
      });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) {
        throw new Error(`Cannot run --exec "${this.#command[0]}": ${messageOf(error)}`, {
          cause: error,
        });
      }
      this.#fail(update, messageOf(error));
      return undefined;
    }
  }

  #fail({ topic, action, table, key }: DbUpdate, failure: string): void {
    if (++this.#failed > MAX_NAMED) return;
    const row = table === null ? "" : ` ${table}/${key}`;
    this.#options.warn(oneLine(`--exec failed for ${action}${row} of topic ${topic}: ${failure}`));
  }

  flush(): void {}

  /** Resolves when no program runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running.values());
  }

  /** Whether a program has failed. */
  get hasFailed(): boolean {
    return this.#failed > 0;
  }

  /**
   * Starts no further program, waits for those that run, and counts failures. An interrupt ends
   * the programs.
   */
  async end(): Promise<void> {
    this.#isOver = true;
    const { interrupted, warn } = this.#options;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const kill = (signal: "SIGTERM" | "SIGKILL") => {
      for (const program of this.#running.keys()) program.kill(signal);
    };
    const interrupt = () => {
      kill("SIGTERM");
      timer = setTimeout(() => kill("SIGKILL"), END_MS);
    };
    if (interrupted.aborted) interrupt();
    else interrupted.addEventListener("abort", interrupt, { once: true });
    await this.idle();
    interrupted.removeEventListener("abort", interrupt);
    clearTimeout(timer);
    if (!this.hasFailed) return;
    const named = this.#failed > MAX_NAMED ? `; the first ${MAX_NAMED} are named above` : "";
    warn(`--exec failed for ${this.#failed} of ${counted(this.#started, "event")}${named}`);
  }
}

/** The event as variables: text that no shell expands. An absent field is empty. */
function variablesOf(update: DbUpdate): Record<string, string> {
  const { topic, table, key, action, origin, position } = update;
  return {
    DF_TOPIC: topic,
    DF_TABLE: table ?? "",
    DF_KEY: key ?? "",
    DF_ACTION: action,
    DF_PUBLISHER: origin?.publisher ?? "",
    DF_EPOCH: String(origin?.epoch ?? ""),
    DF_SEQ: String(origin?.seq ?? ""),
    DF_SENT_AT: origin === undefined ? "" : new Date(origin.sentAt / 1000).toISOString(),
    DF_POSITION: position ?? "",
  };
}
