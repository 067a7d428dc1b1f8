import { messageOf } from "../../drivers/contract/errors.ts";
import type { PeersReport } from "../../service/controller/observability/peers_report.ts";
import { askService } from "../../service/fleet/service_place.ts";
import { findServices, type FoundService } from "../bus/service_places.ts";
import { type CommonFlags, compose, type Composition } from "../composition.ts";
import { literalTopicWarning } from "../events/event_choice.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io, Output } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import { type PeerRow, peerRows, selectRows, type SortKey } from "./peer_row.ts";
import { peersTable } from "./peers_table.ts";
import { counted } from "../terminal/quantities.ts";

/** The flags of `peers`; times are in seconds. */
export interface PeersFlags extends CommonFlags {
  /** True if `--behind` has no number. */
  readonly behind?: number | true | undefined;
  readonly topic?: string | undefined;
  readonly sort?: SortKey | undefined;
  readonly url?: readonly string[] | undefined;
  readonly timeout?: number | undefined;
  readonly watch?: true | undefined;
  readonly json?: true | undefined;
}

const TIMEOUT_S = 5;
const WATCH_MS = 1_000;
const MAX_PAGE_BYTES = 8 * 1024 * 1024;

/** The subscribers that were found. */
interface Found {
  readonly rows: readonly PeerRow[];
  readonly problems: readonly string[];
}

/** Shows the subscribers of every publisher, once or until a signal. */
export async function peers(flags: PeersFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io);
  if (flags.topic !== undefined) {
    for (const warning of await literalTopicWarning(flags.topic, io)) {
      composition.messages.warn(warning);
    }
  }
  const selection = {
    behind: flags.behind === true ? 0 : flags.behind,
    topic: flags.topic,
    sort: flags.sort ?? "lag",
  };
  const look = async (): Promise<Found> => {
    const services = await findServices(composition, flags.url, io);
    const { rows, problems } = await askAll(services, (flags.timeout ?? TIMEOUT_S) * 1000);
    return { rows: selectRows(rows, selection), problems };
  };
  const asJson = flags.json === true || !io.out.isTerminal;
  if (flags.watch) return await watch(look, composition, io, asJson);
  const found = await look();
  show(found.rows, io.out, asJson);
  tell(found, io, flags.quiet === true);
  return found.problems.length > 0 ? EXIT.unreachable : EXIT.done;
}

async function askAll(services: readonly FoundService[], timeoutMs: number): Promise<Found> {
  const answers = await Promise.all(services.map(async (service): Promise<Found> => {
    if (!("place" in service)) return { rows: [], problems: [service.problem] };
    try {
      const bounds = { timeoutMs, maxBytes: MAX_PAGE_BYTES };
      const report = await askService<PeersReport>(service.place, "/peers", bounds);
      const { reason, publisher } = report;
      const problems = reason === undefined ? [] : [`Publisher "${publisher}": ${reason}`];
      return { rows: peerRows(report, Date.now()).filter(isOther), problems };
    } catch (error) {
      return { rows: [], problems: [messageOf(error)] };
    }
  }));
  return {
    rows: answers.flatMap(({ rows }) => rows),
    problems: answers.flatMap(({ problems }) => problems),
  };
}

/**
 * Whether a row is not this command itself. It has just connected to the service, as a subscriber
 * without topics, and the service may not have noticed yet that it has disconnected.
 */
function isOther({ processId, topicCount }: PeerRow): boolean {
  return processId !== Deno.pid || topicCount !== 0;
}

function show(rows: readonly PeerRow[], out: Output, asJson: boolean): void {
  if (asJson) { for (const row of rows) out.write(`${JSON.stringify(row)}\n`); }
  else if (rows.length > 0) out.write(`${peersTable(rows, out.columns).join("\n")}\n`);
}

function tell({ rows, problems }: Found, { err }: Io, isQuiet: boolean): void {
  for (const problem of problems) err.write(`df-pubsub: ${oneLine(problem)}\n`);
  if (rows.length === 0 && problems.length === 0 && !isQuiet) {
    err.write("no matching subscribers\n");
  }
}

const HOME = "\x1b[H";
const CLEAR_LINE = "\x1b[K";
const CLEAR_BELOW = "\x1b[J";
const CLEAR_ALL = "\x1b[2J";

/**
 * On a terminal each table replaces the last one in place, without flicker, as far as lines fit.
 */
async function watch(
  look: () => Promise<Found>,
  { clock, messages }: Composition,
  { out, interrupted }: Io,
  asJson: boolean,
): Promise<ExitCode> {
  if (!asJson) out.write(CLEAR_ALL);
  let warned = "";
  while (!interrupted.aborted) {
    const found = await look().catch((error) => ({ rows: [], problems: [messageOf(error)] }));
    if (asJson) {
      show(found.rows, out, true);
      const problems = found.problems.join("; ");
      if (problems !== warned && problems !== "") messages.warn(oneLine(problems));
      warned = problems;
    } else out.write(frame(found, out));
    await clock.sleep(WATCH_MS, interrupted).catch(() => {});
  }
  return EXIT.done;
}

function frame({ rows, problems }: Found, { columns, rows: height = 24 }: Output): string {
  const head = `${new Date().toISOString()}  ${counted(rows.length, "subscriber")}`;
  const lines = [head, ...problems.map(oneLine), ...peersTable(rows, columns)];
  const shown = lines.slice(0, height - 1).map((line) => `${line.slice(0, columns)}${CLEAR_LINE}`);
  return `${HOME}${shown.join("\n")}\n${CLEAR_BELOW}`;
}
