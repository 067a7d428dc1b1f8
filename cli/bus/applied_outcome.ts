import {
  type AppliedReport,
  isApplied,
  type Straggler,
} from "../../service/protocol/applied_report.ts";
import { type AppliedWaitOptions, waitApplied } from "../../service/fleet/applied_wait.ts";
import type { ServicePlace } from "../../service/fleet/service_place.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import { ignoringClosed } from "../terminal/ignoring_errors.ts";
import { oneLine } from "../terminal/log.ts";
import { Progress } from "../terminal/progress.ts";
import { counted } from "../terminal/quantities.ts";

/** The flags of a wait for nodes. */
export interface AppliedWaitFlags {
  readonly topics: readonly string[];
  readonly nodes: AppliedWaitOptions["nodes"];
  /** In seconds. */
  readonly ignoreOlderThan?: number | undefined;
  /** In seconds. @default 30 */
  readonly timeout?: number | undefined;
  readonly isQuiet: boolean;
}

const TIMEOUT_S = 30;
const MAX_REPORTED = 100;

/**
 * Waits until the nodes have applied all published events of the topics. It waits for one topic
 * after the other, within one timeout, since nodes apply events of all topics at the same time.
 */
export async function waitForNodes(
  places: readonly ServicePlace[],
  { topics, nodes, ignoreOlderThan, timeout = TIMEOUT_S, isQuiet }: AppliedWaitFlags,
  { err, interrupted: signal }: Pick<Io, "err" | "interrupted">,
): Promise<readonly AppliedReport[]> {
  const progress = new Progress(err, isQuiet);
  const deadline = performance.now() + timeout * 1000;
  const ignoreOlderThanMs = ignoreOlderThan === undefined ? undefined : ignoreOlderThan * 1000;
  const latest = new Map<ServicePlace, AppliedReport>();
  const show = (place: ServicePlace, report: AppliedReport) => {
    latest.set(place, report);
    progress.show(() => `${[...latest.values()].map(countText).join(", ")} …`);
  };
  try {
    const all = await Promise.all(places.map(async (place) => {
      const reports: AppliedReport[] = [];
      for (const topic of topics) {
        const options = { topic, nodes, ignoreOlderThanMs, deadline, signal };
        const onReport = err.isTerminal ? (each: AppliedReport) => show(place, each) : undefined;
        reports.push(await waitApplied(place, { ...options, onReport }));
      }
      return reports;
    }));
    return all.flat();
  } finally {
    progress.clear();
  }
}

/** Reports to people on stderr, and to programs on stdout with one report per line. */
export function reportApplied(
  reports: readonly AppliedReport[],
  io: Pick<Io, "out" | "err">,
  { asJson, isQuiet }: { readonly asJson: boolean; readonly isQuiet: boolean },
): ExitCode {
  const out = ignoringClosed(io.out);
  if (asJson) { for (const report of reports) out.write(`${JSON.stringify(report)}\n`); }
  for (const report of reports) {
    const isEnough = isApplied(report);
    if (isQuiet && isEnough) continue;
    const where = reports.length === 1
      ? ""
      : ` (publisher ${report.publisher}, topic ${report.topic})`;
    io.err.write(`${oneLine(`${countText(report)}${where}${unableText(report)}`)}\n`);
    reportNodes(isEnough ? [] : report.stragglers, "", io);
    reportNodes(report.ignored, ", so it does not count", io);
  }
  return reports.every(isApplied) ? EXIT.done : EXIT.timedOut;
}

function reportNodes(nodes: readonly Straggler[], more: string, { err }: Pick<Io, "err">): void {
  for (const each of nodes.slice(0, MAX_REPORTED)) err.write(`${oneLine(nodeText(each) + more)}\n`);
  if (nodes.length > MAX_REPORTED) err.write(`… and ${nodes.length - MAX_REPORTED} more\n`);
}

function countText({ applied, nodes, needed }: AppliedReport): string {
  const wanted = needed === nodes ? "" : `, wanted ${needed}`;
  return `applied by ${applied} of ${counted(nodes, "node")}${wanted}`;
}

function unableText({ unable }: AppliedReport): string {
  return unable === 0 ? "" : `; ${unable} more cannot report it, such as nodes of the original`;
}

const STATES = { "catching-up": "catching up", stuck: "stuck", gone: "gone" } as const;

function nodeText({ node, address, processId, ...straggler }: Straggler): string {
  const { state, behind, goneSince, silentMs } = straggler;
  const parts = [
    behind === null ? [] : `${counted(behind, "event")} behind`,
    goneSince === null
      ? []
      : `${state === "gone" ? "disconnected" : "no answer to heartbeats"} since ${goneSince}`,
    silentMs === null ? [] : `last report ${(silentMs / 1000).toFixed(1)} s ago`,
  ].flat();
  return `${node} (${address}, process ${processId}) is ${STATES[state]}: ${parts.join(", ")}`;
}
