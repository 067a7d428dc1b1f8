import { Child, type ChildEnd } from "./child.ts";
import { sleep } from "./wait.ts";

/** Options of a {@linkcode Feeder}. */
export interface FeederOptions {
  /** The prefix of each key, which tells feeders apart. */
  readonly name: string;
  /** `df-pubsub publish --stdin`, with the flags of this deployment. */
  readonly command: readonly string[];
  readonly perSecond: number;
  readonly wrapper?: readonly string[];
  /** Size of an event's value in bytes. @default 100 */
  readonly valueBytes?: number;
  /** The topic of each event, by its number. @default the broadcast topic */
  readonly topicOf?: (number: number) => string;
  /** Maximum number of events that it writes. @default unlimited */
  readonly limit?: number;
}

/** One run of the program. */
export interface FeederRun {
  readonly end: ChildEnd;
  /** The numbers of the first and the last line given to the run. */
  readonly first: number;
  readonly last: number;
}

const TICK_MS = 20;
const MARK = "#";
const KEY = /#\d+$/;

/** Whether a feeder made this key, so that no other event has it. */
export function isFeederKey(key: string): boolean {
  return KEY.test(key);
}

/** The prefix of the keys of one feeder. */
export function keyPrefix(feeder: string): string {
  return feeder + MARK;
}

/**
 * Publishes numbered events through the real program at a steady rate, and restarts the program
 * whenever it ends.
 */
export class Feeder implements AsyncDisposable {
  readonly #options: FeederOptions;
  readonly #value: string;
  #child: Child | undefined;
  #feeding: Promise<void> | undefined;
  #isOver = false;
  #isPaused = false;
  #written = 0;
  #starts = 0;
  /** The outputs of the finished runs, and the lines given to each. */
  readonly runs: FeederRun[] = [];
  /** The time at which each line was written, in milliseconds since 1970. */
  readonly writtenAt: number[] = [];
  #firstLine = 1;

  constructor(options: FeederOptions) {
    this.#options = options;
    this.#value = "v".repeat(options.valueBytes ?? 100);
  }

  get name(): string {
    return this.#options.name;
  }

  /** Number of lines written to the program, including lines that a killed program had not read. */
  get written(): number {
    return this.#written;
  }

  /** Number of times the program was started. */
  get starts(): number {
    return this.#starts;
  }

  /** The program that runs now. */
  get child(): Child | undefined {
    return this.#child;
  }

  start(): this {
    this.#feeding ??= this.#feed();
    return this;
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
  }

  /** Resolves when it has written as many events as its limit allows. */
  async whenWritten(): Promise<this> {
    while (this.#left > 0 && !this.#isOver) await sleep(TICK_MS);
    return this;
  }

  /**
   * Closes the input, waits until the program has ended, and returns the outcome that it reported.
   */
  async finish(): Promise<ChildEnd> {
    this.#isOver = true;
    await this.#feeding;
    await this.#child?.endInput();
    await this.#noteEnd();
    return this.runs.at(-1)?.end ?? { code: 0, stdout: "", stderr: "" };
  }

  async #noteEnd(): Promise<void> {
    if (this.#child === undefined) return;
    const run = { end: await this.#child.ended(), first: this.#firstLine, last: this.#written };
    this.runs.push(run);
    this.#firstLine = this.#written + 1;
  }

  async #feed(): Promise<void> {
    const startedAt = performance.now();
    let owed = 0;
    for (let tick = 1; !this.#isOver; tick++) {
      await sleep(Math.max(0, startedAt + tick * TICK_MS - performance.now()));
      owed = Math.min(owed + this.#options.perSecond * TICK_MS / 1000, this.#options.perSecond);
      if (this.#isPaused) continue;
      const due = Math.min(Math.floor(owed), this.#left);
      owed -= due;
      await this.#write(due);
    }
  }

  get #left(): number {
    return (this.#options.limit ?? Infinity) - this.#written;
  }

  async #write(count: number): Promise<void> {
    if (this.#child === undefined || this.#child.hasEnded) await this.#restart();
    let lines = "";
    for (let n = 0; n < count; n++) lines += this.#line(++this.#written);
    if (lines !== "") await this.#child?.write(lines);
  }

  #line(number: number): string {
    const { name, topicOf = () => "D" } = this.#options;
    const key = keyPrefix(name) + number;
    this.writtenAt[number] = Date.now();
    return `${
      JSON.stringify({ table: "t", key, action: "set", value: this.#value, topic: topicOf(number) })
    }\n`;
  }

  async #restart(): Promise<void> {
    await this.#noteEnd();
    const { name, command, wrapper } = this.#options;
    this.#starts++;
    this.#child = new Child(`publish of ${name}`, command, wrapper ? { wrapper } : {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    this.#child?.signal("SIGKILL");
    await this.#feeding;
    await this.#child?.[Symbol.asyncDispose]();
  }
}
