import assert from "node:assert/strict";
import type { Deployment } from "../deployment.ts";
import { eventLines } from "../events.ts";
import type { Program } from "../program.ts";

/** The totals of the events that were published during faults. */
export interface ProgramSum {
  /** Events that `publish` confirmed. */
  readonly published: number;
  readonly received: number;
  /** Published events that did not arrive and have a `sync` in their place. */
  readonly announced: number;
  /** Published events that did not arrive and have no `sync`. Must be 0. */
  readonly missing: number;
  /** Events that arrived more than once. */
  readonly twice: number;
  /** Events that arrived although `publish` did not confirm them. */
  readonly arrivedUnconfirmed: number;
  readonly syncs: number;
  /** The number of connection losses that the subscriber reported. */
  readonly interruptions: number;
}

const PER_RUN = 20_000;
const RATE = ["--rate", "200"];
const EVENTS_AFTER = 40;

/** Events as they were fed: the run of `publish`, and their index in it. */
type Place = readonly [run: number, index: number];

/** `publish --stdin`, which restarts after each failure, and `subscribe --json`, as processes. */
export class ProgramFlow implements AsyncDisposable {
  readonly subscriber: Program;
  readonly #deployment: Deployment;
  /** The number of confirmed events in each run. They are the first events of the run. */
  readonly #runs: number[] = [];
  #publisher: Program | undefined;
  #isOver = false;
  readonly #publishing: Promise<void>;

  /** Starts both processes. Resolves when events arrive. */
  static async start(deployment: Deployment, args: readonly string[] = []): Promise<ProgramFlow> {
    const flow = new ProgramFlow(deployment, await deployment.subscribe(["--json", ...args]));
    await flow.flowing();
    return flow;
  }

  private constructor(deployment: Deployment, subscriber: Program) {
    this.#deployment = deployment;
    this.subscriber = subscriber;
    this.#publishing = this.#publish();
    this.#publishing.catch(() => {});
  }

  async #publish(): Promise<void> {
    while (!this.#isOver) {
      const args = ["publish", "--stdin", "--json", "--timeout", "20", ...RATE];
      await using publisher = this.#publisher = this.#deployment.start(args);
      const lines = eventLines(PER_RUN, `${this.#runs.length}-`);
      const written = publisher.write(lines).then(() => publisher.endInput());
      const { code, stdout, stderr } = await publisher.result(60_000);
      await written;
      // A run whose signal arrived before its signal handler existed has published nothing.
      const isUnstarted = this.#isOver && code === 130 && stdout === "";
      assert(isUnstarted || [0, 1, 3, 5].includes(code), `publish ended with ${code}: ${stderr}`);
      this.#runs.push(stdout === "" ? 0 : JSON.parse(stdout).accepted);
    }
  }

  /** Resolves when more events have arrived. */
  async flowing(): Promise<void> {
    const before = this.subscriber.stdout.lines.length;
    await this.subscriber.stdout.waitForLines(before + EVENTS_AFTER);
  }

  /** Resolves when the subscriber has reported `times` live connections and events arrive. */
  async recovered(times: number): Promise<void> {
    await this.subscriber.stderr.waitFor(new RegExp(`(^listening on [^]*){${times}}`, "m"));
    await this.flowing();
  }

  /** Stops publishing, waits for the last event, and returns the account. */
  async sum(): Promise<ProgramSum> {
    this.#isOver = true;
    this.#publisher?.kill("SIGINT");
    await this.#publishing;
    const run = this.#runs.findLastIndex((count) => count > 0);
    const last = `"${run}-${(this.#runs[run] ?? 0) - 1}"`;
    await this.subscriber.stdout.waitFor(new RegExp(last));
    const { code, stdout, stderr } = await this.subscriber.stop("SIGINT");
    assert.equal(code, 0, stderr);
    return accountOf(this.#runs, stdout.trim().split("\n"), stderr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#publisher?.[Symbol.asyncDispose]();
    await this.#publishing.catch(() => {});
    await this.subscriber[Symbol.asyncDispose]();
  }
}

interface Line {
  readonly action: string;
  readonly key: string | null;
  readonly table: string | null;
}

function accountOf(
  runs: readonly number[],
  lines: readonly string[],
  stderr: string,
): ProgramSum {
  const events: Line[] = lines.map((line) => JSON.parse(line));
  const keys = events.flatMap(({ key, table }) => table === "lport" && key !== null ? [key] : []);
  const received = new Set(keys);
  const published = runs.flatMap((count, run) =>
    Array.from({ length: count }, (_, index) => `${run}-${index}`)
  );
  const confirmed = new Set(published);
  const absent = published.filter((key) => !received.has(key));
  const gaps = gapsOf(events);
  const announced = absent.filter((key) => gaps.some((gap) => isWithin(placeOf(key), gap))).length;
  return {
    published: published.length,
    received: published.length - absent.length,
    announced,
    missing: absent.length - announced,
    twice: keys.length - received.size,
    arrivedUnconfirmed: keys.filter((key) => !confirmed.has(key)).length,
    syncs: events.filter(({ action }) => action === "sync").length,
    interruptions: stderr.match(/ warn No connection at /g)?.length ?? 0,
  };
}

const placeOf = (key: string): Place => {
  const [run = 0, index = 0] = key.split("-").map(Number);
  return [run, index];
};

/**
 * Events that may have arrived before the `sync` of their connection: in one read with the answer
 * that the subscription is live.
 */
const AHEAD_OF_SYNC = 8;

/** The last event before each `sync`, or one shortly before it, and the first event after it. */
function gapsOf(events: readonly Line[]): (readonly [Place, Place])[] {
  const place = (event: Line | undefined, otherwise: number): Place =>
    event?.key ? placeOf(event.key) : [otherwise, otherwise];
  const isOurs = ({ table }: Line) => table === "lport";
  return events.flatMap(({ action }, at) =>
    action !== "sync" ? [] : [
      [
        place(events.slice(0, at).filter(isOurs).at(-1 - AHEAD_OF_SYNC), -1),
        place(events.slice(at).find(isOurs), Infinity),
      ] as const,
    ]
  );
}

function isWithin(place: Place, [from, to]: readonly [Place, Place]): boolean {
  const isBefore = (a: Place, b: Place) => a[0] === b[0] ? a[1] < b[1] : a[0] < b[0];
  return isBefore(from, place) && isBefore(place, to);
}

/** Prints the account and fails unless it balances: published = received + announced as lost. */
export function assertSumCloses(what: string, sum: ProgramSum): void {
  const { published, received, announced, arrivedUnconfirmed, syncs, interruptions } = sum;
  console.log(
    `${what}: ${published} published = ${received} received + ${announced} announced as lost` +
      ` (${arrivedUnconfirmed} came unconfirmed; ${interruptions} interruptions, ${syncs} syncs)`,
  );
  assert.equal(published, received + announced, JSON.stringify(sum));
  assert.deepEqual([sum.missing, sum.twice], [0, 0], JSON.stringify(sum));
}
