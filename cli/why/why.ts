import { DbKeyNotFound, messageOf } from "../../drivers/contract/errors.ts";
import { localDriver } from "../../service/base/publish_route.ts";
import { nbDbClass } from "../../service/config/options/host.ts";
import { pubSubDriver } from "../../service/config/options/pub_sub.ts";
import type { ServicePlace } from "../../service/fleet/service_place.ts";
import { findServices } from "../bus/service_places.ts";
import { type CommonFlags, compose, type Composition } from "../composition.ts";
import { exitCodeOf } from "../flags/failure.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import { type Row, rowHistory } from "./row_history.ts";
import { nodesUnknown, type RowNodes, rowNodes } from "./row_nodes.ts";
import { type WhyReport, whyText } from "./why_text.ts";

/** The flags of `why`; times are in seconds. */
export interface WhyFlags extends CommonFlags {
  readonly topic?: string | undefined;
  readonly count?: number | undefined;
  readonly url?: readonly string[] | undefined;
  readonly timeout?: number | undefined;
  readonly utc?: true | undefined;
  readonly json?: true | undefined;
}

const TIMEOUT_S = 30;
const UNRECORDED = "Processes do not publish through a service (see [df] pub_sub_use_multiproc), " +
  "so no service keeps their events";

/** Shows what is known about a row. */
export async function why(row: Row, flags: WhyFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io);
  const deadline = performance.now() + (flags.timeout ?? TIMEOUT_S) * 1000;
  const now = await currentValue(row, flags, composition);
  const { places, problems } = await services(composition, flags, io);
  const limits = { deadline, count: flags.count, signal: io.interrupted };
  const { problems: unread, ...history } = await rowHistory(places, row, limits);
  const last = history.events.at(-1);
  const nodes = last === undefined
    ? { nodes: [], notes: [], problems: [] }
    : await nodesOf(last.publisher, places, (place) => rowNodes(place, last));
  const report: WhyReport = {
    ...{ ...row, value: now.value, isThere: now.isThere, ...history },
    nodes: nodes.nodes,
    notes: [await isRecorded(composition) ? [] : UNRECORDED, nodes.notes].flat(),
    problems: [now.problem ?? [], problems, unread, nodes.problems].flat(),
  };
  if (flags.json ?? !io.out.isTerminal) io.out.write(`${JSON.stringify(report)}\n`);
  else for (const line of whyText(report, flags, io.out.columns)) io.out.write(`${line}\n`);
  for (const problem of report.problems) io.err.write(`df-pubsub: ${oneLine(problem)}\n`);
  return report.problems.length > 0 ? EXIT.unreachable : EXIT.done;
}

/** Whether processes publish through services, which keep events. */
async function isRecorded({ config: settings, log, drivers }: Composition): Promise<boolean> {
  const context = { settings, log };
  const network = () => drivers.loadPubSubDriver(settings.get(pubSubDriver), context);
  return await localDriver({ ...context, drivers, network }) !== undefined;
}

/** The value of a row; null if the row does not exist, which is not a problem. */
interface CurrentValue {
  readonly value: string | null;
  /** Whether the row exists; null if that is not known. */
  readonly isThere: boolean | null;
  readonly problem?: string;
}

async function currentValue(
  { table, key }: Row,
  { topic }: WhyFlags,
  { config: settings, log, drivers }: Composition,
): Promise<CurrentValue> {
  try {
    const context = { settings, log, create: false };
    await using db = await drivers.loadDbDriver(settings.get(nbDbClass), context);
    return { value: await db.get(table, key, { topic }), isThere: true };
  } catch (error) {
    if (error instanceof DbKeyNotFound) return { value: null, isThere: false };
    if (exitCodeOf(error) === EXIT.usage) throw error;
    return { value: null, isThere: null, problem: messageOf(error) };
  }
}

async function services(
  composition: Composition,
  { url }: WhyFlags,
  io: Io,
): Promise<{ readonly places: readonly ServicePlace[]; readonly problems: readonly string[] }> {
  try {
    const found = await findServices(composition, url, io);
    return {
      places: found.flatMap((each) => "place" in each ? [each.place] : []),
      problems: found.flatMap((each) => "place" in each ? [] : [each.problem]),
    };
  } catch (error) {
    if (exitCodeOf(error) === EXIT.usage) throw error;
    return { places: [], problems: [messageOf(error)] };
  }
}

/** Asks the service that has published the last event; if its id is not known, any that knows. */
async function nodesOf(
  publisher: string | null,
  places: readonly ServicePlace[],
  ask: (place: ServicePlace) => Promise<RowNodes>,
): Promise<RowNodes> {
  const own = places.filter(({ id }) => id === publisher);
  let answer = nodesUnknown("The publisher of the last event does not run");
  for (const place of own.length > 0 ? own : places.filter(({ id }) => id === undefined)) {
    answer = await ask(place);
    if (answer.problems.length === 0) return answer;
  }
  return answer;
}
