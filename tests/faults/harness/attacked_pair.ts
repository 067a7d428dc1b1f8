import { fileURLToPath } from "node:url";
import { V8_FLAGS } from "../../../packaging/v8_flags.ts";
import { inTime } from "../../support/in_time.ts";
import type { Done } from "./attack.ts";
import type { HealthyReport, JoinReport, PublisherReport } from "./attack_protocol.ts";
import { Child } from "./child.ts";
import { sleep } from "./wait.ts";

const MB = 1024 * 1024;
const KB_LINE = /VmRSS:\s+(\d+) kB/;
const REPLY_TIMEOUT_MS = 60_000;
const pathOf = (name: string) => fileURLToPath(new URL(`../peers/${name}.ts`, import.meta.url));

/** A process that replies to each input line with a line of JSON. */
export class Answering implements AsyncDisposable {
  readonly child: Child;
  readonly #ended: Promise<never>;
  #answer = Promise.withResolvers<unknown>();

  constructor(name: string, args: readonly string[], wrapper: readonly string[] = []) {
    const onLine = (line: string) => this.#answer.resolve(JSON.parse(line));
    const command = [Deno.execPath(), "run", "-A", V8_FLAGS, pathOf(name), ...args];
    this.child = new Child(name, command, { onLine, wrapper });
    this.#ended = this.child.ended().then(({ stderr }) => {
      throw new Error(`"${name}" ended: ${stderr}`);
    });
    this.#ended.catch(() => {});
  }

  /**
   * Returns its next reply. @throws {Error} when the process has ended or does not reply in time
   */
  async answer<T>(): Promise<T> {
    const answer = Promise.race([this.#answer.promise, this.#ended]) as Promise<T>;
    try {
      return await inTime(answer, REPLY_TIMEOUT_MS, () => "The process does not reply");
    } finally {
      this.#answer = Promise.withResolvers();
    }
  }

  async ask<T>(question: unknown = {}): Promise<T> {
    await this.child.write(`${JSON.stringify(question)}\n`);
    return await this.answer<T>();
  }

  /** Resident memory in MB. */
  get memory(): number {
    const status = Deno.readTextFileSync(`/proc/${this.child.pid}/status`);
    return Number(KB_LINE.exec(status)?.[1] ?? 0) * 1024 / MB;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.child[Symbol.asyncDispose]();
  }
}

/** Options of an attack. */
export interface AttackOptions {
  readonly name: string;
  readonly seconds: number;
  /** Events that are published during the attack. */
  readonly heavy?: { readonly count: number; readonly bytes: number };
  /** The time in which memory must be released. */
  readonly restMs: number;
  /** Whether the publisher collects its garbage when it is over, and not when V8 wants memory. */
  readonly collects: boolean;
}

/** The effect of an attack. */
export interface AttackReport {
  readonly name: string;
  readonly healthy: HealthyReport;
  readonly publisher: PublisherReport;
  readonly done: Done;
  /** Memory growth in MB: the peak, and the value after the attack. */
  readonly grown: number;
  readonly kept: number;
  /** The longest response time of the publisher. */
  readonly answerMs: number;
  /** The time until a subscriber that connected during the attack was live. */
  readonly joinedMs: number;
}

const POLL_INTERVAL_MS = 100;
/** The share of the attack after which another subscriber connects. */
const JOIN_AT = 0.2;
const RELEASED_MB = 20;
const MAX_LEAVE_MS = 60_000;

/** A publisher, and a subscriber that the attack must not affect. */
export class AttackedPair implements AsyncDisposable {
  readonly publisher: Answering;
  readonly subscriber: Answering;
  readonly address: string;
  #attacker: Answering | undefined;

  static async create(
    { periodMs = 5, eventBytes = 250, options = [], wrapper = [] }: {
      /** The interval between two events. @default 5 */
      readonly periodMs?: number;
      /** @default 250 */
      readonly eventBytes?: number;
      /** Options for the publisher and the subscriber, each `group.option=value`. */
      readonly options?: readonly string[];
      /** A command prefix for the publisher. */
      readonly wrapper?: readonly string[];
    } = {},
  ): Promise<AttackedPair> {
    const args = [String(periodMs), String(eventBytes), ...options];
    const publisher = new Answering("attacked_publisher", args, wrapper);
    const { address } = await publisher.answer<{ address: string }>();
    const target = `tcp://127.0.0.1:${portOf(address)}`;
    const subscriber = new Answering("healthy_subscriber", [target, "1", ...options]);
    await subscriber.answer();
    return new AttackedPair(publisher, subscriber, target);
  }

  private constructor(publisher: Answering, subscriber: Answering, address: string) {
    this.publisher = publisher;
    this.subscriber = subscriber;
    this.address = address;
  }

  /** Returns what the subscriber observes in a period. */
  async watch(ms: number): Promise<HealthyReport> {
    await this.subscriber.ask();
    await sleep(ms);
    return await this.subscriber.ask<HealthyReport>();
  }

  /**
   * The same while more loops run than there are processors: so do the attacker, the attacked
   * publisher and its garbage collector.
   */
  async watchBusy(ms: number): Promise<HealthyReport> {
    await using loops = new AsyncDisposableStack();
    for (let count = 0; count <= navigator.hardwareConcurrency; count++) {
      loops.use(new Child("busy loop", ["sh", "-c", "while :; do :; done"]));
    }
    return await this.watch(ms);
  }

  /** Attacks the publisher, and measures the pair during the attack and afterwards. */
  async attack(
    { name, seconds, heavy, restMs, collects }: AttackOptions,
  ): Promise<AttackReport> {
    const { publisher, subscriber } = this;
    const attacker = this.#attacker ??= new Answering("attacker", [portOf(this.address)]);
    const before = publisher.memory;
    await publisher.ask();
    await subscriber.ask();
    const done = attacker.ask<Done>({ name, seconds });
    let isOver = false;
    const end = () => void (isOver = true);
    done.then(end, end);
    const joining = sleep(seconds * JOIN_AT * 1000)
      .then(() => subscriber.ask<JoinReport>({ joins: true }));
    joining.catch(() => {});
    if (heavy !== undefined) await publisher.ask(heavy);
    let most = before;
    let answerMs = 0;
    const warnings: string[] = [];
    const ask = async (question: unknown = {}) => {
      const report = await publisher.ask<PublisherReport>(question);
      warnings.push(...report.warnings);
      return report;
    };
    while (!isOver) {
      await sleep(POLL_INTERVAL_MS);
      const askedAt = performance.now();
      await ask();
      answerMs = Math.max(answerMs, performance.now() - askedAt);
      most = Math.max(most, publisher.memory);
    }
    const { joinedMs } = await joining;
    const healthy = await subscriber.ask<HealthyReport>();
    // What the attackers' kernels still have to send is part of the attack.
    const leaveBy = performance.now() + MAX_LEAVE_MS;
    while ((await ask()).peers > 1 && performance.now() < leaveBy) await sleep(POLL_INTERVAL_MS);
    const deadline = performance.now() + restMs;
    await ask({ collects });
    while (publisher.memory - before > RELEASED_MB && performance.now() < deadline) {
      await sleep(POLL_INTERVAL_MS);
      await ask({ collects });
    }
    const last = await ask();
    return {
      name,
      healthy,
      publisher: { ...last, warnings },
      done: await done,
      grown: most - before,
      kept: publisher.memory - before,
      answerMs,
      joinedMs,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#attacker?.[Symbol.asyncDispose]();
    await this.subscriber[Symbol.asyncDispose]();
    await this.publisher[Symbol.asyncDispose]();
  }
}

function portOf(address: string): string {
  return /\d+$/.exec(address)?.[0] ?? "";
}
