import { DriverError } from "../../drivers/contract/errors.ts";
import { sleep } from "../../drivers/contract/waiting.ts";
import { type AppliedReport, isApplied } from "../protocol/applied_report.ts";
import { appliedTarget } from "../protocol/applied_target.ts";
import type { NodesWanted } from "../protocol/nodes_wanted.ts";
import type { Position } from "../protocol/position_log.ts";
import { askService, type ServicePlace } from "./service_place.ts";

/** Options of {@linkcode waitApplied}. */
export interface AppliedWaitOptions {
  readonly topic: string;
  /** The event that nodes must apply. @default the last one of the topic when the wait begins */
  readonly position?: Position | undefined;
  /** How many nodes must have applied it. */
  readonly nodes: NodesWanted;
  /** Nodes that have been disconnected for longer than this do not count. @default 60,000 */
  readonly ignoreOlderThanMs?: number | undefined;
  /** End of the wait, by `performance.now()`. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with every report, several times per second. */
  readonly onReport?: ((report: AppliedReport) => void) | undefined;
}

const IGNORE_OLDER_THAN_MS = 60_000;
/** Maximum time that the service waits before it answers. */
const STEP_MS = 2_000;
const SHORT_STEP_MS = 500;
/** Minimum time between two requests. */
const PAUSE_MS = 100;
const ANSWER_MS = 5_000;
const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Waits until enough nodes have applied an event, and returns the last report of the service.
 *
 * @throws {DriverError} `NO_PUBLISHER_SERVICE` if the service does not answer, `REFUSED` if it does
 * not know. Rejects with the signal's reason on abort.
 */
export async function waitApplied(
  place: ServicePlace,
  options: AppliedWaitOptions,
): Promise<AppliedReport> {
  const { topic, nodes, deadline, signal, onReport } = options;
  const { ignoreOlderThanMs = IGNORE_OLDER_THAN_MS } = options;
  const start = performance.now();
  const stepMs = onReport === undefined ? STEP_MS : SHORT_STEP_MS;
  let { position } = options;
  let last: AppliedReport | undefined;
  for (;;) {
    const now = performance.now();
    const leftMs = Math.max(0, deadline - now);
    // The first request does not wait. Its answer fixes the event, so that a later restart is noticed.
    const isFirst = last === undefined && position === undefined;
    const waitMs = isFirst ? 0 : Math.min(stepMs, leftMs);
    const waitedMs = now - start;
    const target = appliedTarget({ topic, position, nodes, waitMs, waitedMs, ignoreOlderThanMs });
    const bounds = { timeoutMs: waitMs + ANSWER_MS, maxBytes: MAX_PAGE_BYTES, signal };
    const report = await askService<AppliedReport>(place, target, bounds).catch((error) => {
      // A service that has answered before may be restarting.
      if (last === undefined || leftMs === 0 || signal?.aborted) throw error;
      return undefined;
    });
    if (report?.reason !== undefined) {
      const message =
        `Publisher "${report.publisher}" does not know which nodes have applied the event: ${report.reason}`;
      throw new DriverError("REFUSED", message);
    }
    if (report !== undefined) {
      onReport?.(report);
      if (isApplied(report) || leftMs === 0) return report;
      position ??= report.position ?? undefined;
      last = report;
    }
    const restMs = isFirst ? 0 : PAUSE_MS - (performance.now() - now);
    if (restMs > 0) await sleep(Math.min(restMs, deadline - performance.now()), signal);
  }
}
