import { DriverError } from "../../drivers/contract/errors.ts";
import { SEND_ALL_TOPIC } from "../../service/event/db_update.ts";
import type { NodesWanted } from "../../service/protocol/nodes_wanted.ts";
import { reportApplied, waitForNodes } from "../bus/applied_outcome.ts";
import { findServices } from "../bus/service_places.ts";
import { type CommonFlags, compose } from "../composition.ts";
import { literalTopicWarning } from "../events/event_choice.ts";
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
  for (const topic of flags.topic ?? []) {
    for (const warning of await literalTopicWarning(topic, io)) {
      composition.messages.warn(warning);
    }
  }
  const found = await findServices(composition, flags.url, io);
  const places = found.map((each) => {
    if ("place" in each) return each.place;
    throw new DriverError("NO_PUBLISHER_SERVICE", each.problem);
  });
  const isQuiet = flags.quiet === true;
  const reports = await waitForNodes(places, {
    topics: flags.topic ?? [SEND_ALL_TOPIC],
    nodes: flags.nodes ?? "all",
    ignoreOlderThan: flags.ignoreOlderThan,
    timeout: flags.timeout,
    isQuiet,
  }, io);
  for (const topic of flags.topic ?? []) {
    const ofTopic = reports.filter((report) => report.topic === topic);
    if (ofTopic.every(({ position }) => position === null)) {
      composition.messages.warn(`--topic "${topic}": no event of this topic has been published`);
    }
  }
  const asJson = flags.json === true || !io.out.isTerminal;
  return reportApplied(reports, io, { asJson, isQuiet });
}
