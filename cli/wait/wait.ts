import { DriverError } from "../../drivers/contract/errors.ts";
import { SEND_ALL_TOPIC } from "../../service/event/db_update.ts";
import type { NodesWanted } from "../../service/protocol/nodes_wanted.ts";
import { reportApplied, waitForNodes } from "../bus/applied_outcome.ts";
import { findServices } from "../bus/service_places.ts";
import { type CommonFlags, compose } from "../composition.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

/** The flags of `wait`; times are in seconds. */
export interface WaitFlags extends CommonFlags {
  readonly nodes?: NodesWanted | undefined;
  readonly topic?: readonly string[] | undefined;
  readonly timeout?: number | undefined;
  readonly ignoreOlderThan?: number | undefined;
  readonly url?: readonly string[] | undefined;
  readonly json?: true | undefined;
}

/** Waits until nodes have applied all published events, and reports those that have not. */
export async function wait(flags: WaitFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io);
  const found = await findServices(composition, flags.url, io);
  const places = found.map((each) => {
    if ("place" in each) return each.place;
    const message = `Cannot ask publisher "${each.id}" at ${each.uri}: ${each.problem}`;
    throw new DriverError("NO_PUBLISHER_SERVICE", message);
  });
  const isQuiet = flags.quiet === true;
  const reports = await waitForNodes(places, {
    topics: flags.topic ?? [SEND_ALL_TOPIC],
    nodes: flags.nodes ?? "all",
    ignoreOlderThan: flags.ignoreOlderThan,
    timeout: flags.timeout,
    isQuiet,
  }, io);
  const asJson = flags.json === true || !io.out.isTerminal;
  return reportApplied(reports, io, { asJson, isQuiet });
}
