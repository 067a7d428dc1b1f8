import assert from "node:assert/strict";
import type { Deployment } from "./deployment.ts";
import { eventLines } from "./events.ts";
import type { Program } from "./program.ts";

/** What became of the events that were published while things broke. */
export interface ProgramSum {
  /** Confirmed, as `publish` says. */
  readonly published: number;
  readonly received: number;
  /** Of the published, those that did not come, and a `sync` stands in their place. */
  readonly announced: number;
  /** Of the published, those that did not come, and nothing tells of it: must be none. */
  readonly missing: number;
  /** Came more than once. */
  readonly twice: number;
  /** Came although `publish` could not say so. */
  readonly inDoubt: number;
  readonly syncs: number;
  /** How often the subscriber told that its connection was lost. */
  readonly interruptions: number;
}

const PER_RUN = 20_000;
const RATE = ["--rate", "200"];
const ENOUGH = 40;

/** Events as they were fed: the run of `publish`, and their place in it. */
type Place = readonly [run: number, index: number];

/** `publish --stdin`, begun anew whenever it fails, and `subscribe --json`, as processes. */
export class ProgramFlow implements AsyncDisposable {
  readonly subscriber: Program;
  readonly #deployment: Deployment;
  /** How many events of each run were confirmed: these were its first ones. */
  readonly #runs: number[] = [];
  #publisher: Program | undefined;
  #isOver = false;
  readonly #publishing: Promise<void>;

  /** Starts both; events come through when this resolves. */
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
      // One that the last signal reached before it listened for signals has published nothing.
      const isUnstarted = this.#isOver && code === 130 && stdout === "";
      assert(isUnstarted || [0, 1, 3, 5].includes(code), `publish ended with ${code}: ${stderr}`);
      this.#runs.push(stdout === "" ? 0 : JSON.parse(stdout).accepted);
    }
  }

  /** Resolves when so many events more have come. */
  async flowing(): Promise<void> {
    const before = this.subscriber.stdout.lines.length;
    await this.subscriber.stdout.waitForLines(before + ENOUGH);
  }

  /** Resolves when the subscriber has said that it is live so many times, and events flow. */
  async recovered(times: number): Promise<void> {
    await this.subscriber.stderr.waitFor(new RegExp(`(^listening on [^]*){${times}}`, "m"));
    await this.flowing();
  }

  /** Ends the publishing, waits for the last event and gives the account. */
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
    inDoubt: keys.filter((key) => !confirmed.has(key)).length,
    syncs: events.filter(({ action }) => action === "sync").length,
    interruptions: stderr.match(/ warn Lost /g)?.length ?? 0,
  };
}

const placeOf = (key: string): Place => {
  const [run = 0, index = 0] = key.split("-").map(Number);
  return [run, index];
};

/** The last event before each `sync` and the first one after it. */
function gapsOf(events: readonly Line[]): (readonly [Place, Place])[] {
  const place = (event: Line | undefined, otherwise: number): Place =>
    event?.key ? placeOf(event.key) : [otherwise, otherwise];
  const isOurs = ({ table }: Line) => table === "lport";
  return events.flatMap(({ action }, at) =>
    action !== "sync" ? [] : [
      [
        place(events.slice(0, at).findLast(isOurs), -1),
        place(events.slice(at).find(isOurs), Infinity),
      ] as const,
    ]
  );
}

function isWithin(place: Place, [from, to]: readonly [Place, Place]): boolean {
  const isBefore = (a: Place, b: Place) => a[0] === b[0] ? a[1] < b[1] : a[0] < b[0];
  return isBefore(from, place) && isBefore(place, to);
}

/** Prints the account and fails unless it closes: published = received + announced as lost. */
export function assertSumCloses(what: string, sum: ProgramSum): void {
  const { published, received, announced, inDoubt, syncs, interruptions } = sum;
  console.log(
    `${what}: ${published} published = ${received} received + ${announced} announced as lost` +
      ` (${inDoubt} came unconfirmed; ${interruptions} interruptions, ${syncs} syncs)`,
  );
  assert.equal(published, received + announced, JSON.stringify(sum));
  assert.deepEqual([sum.missing, sum.twice], [0, 0], JSON.stringify(sum));
}
