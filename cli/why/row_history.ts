import { messageOf } from "../../drivers/contract/errors.ts";
import { askService, type ServicePlace } from "../../service/fleet/service_place.ts";
import {
  type RowEvent,
  type RowEventsLoss,
  type RowEventsReport,
  rowEventsTarget,
} from "../../service/protocol/row_events.ts";

/** A row of the northbound database. */
export interface Row {
  readonly table: string;
  readonly key: string;
}

/** How far the events of one publisher were searched. */
export interface Searched {
  readonly publisher: string;
  readonly in: RowEventsReport["searched"];
  /** Everything that was published since then, in ISO 8601; null for nothing. */
  readonly since: string | null;
  /** Whether older events were not searched, because the time was over. */
  readonly isPartial: boolean;
}

/** The events of a row, as services have kept them. */
export interface RowHistory {
  /** The oldest first. */
  readonly events: readonly RowEvent[];
  readonly losses: readonly (RowEventsLoss & { readonly publisher: string })[];
  readonly searched: readonly Searched[];
  readonly problems: readonly string[];
}

/** Limits of a search; with a count, it ends when that many events were found. */
export interface HistoryLimits {
  readonly deadline: number;
  readonly count?: number | undefined;
  readonly signal: AbortSignal;
}

const MAX_PAGE_BYTES = 64 * 1024 * 1024;
const MAX_PAGE_MS = 10_000;

/** Asks services for the events of a row. */
export async function rowHistory(
  places: readonly ServicePlace[],
  row: Row,
  limits: HistoryLimits,
): Promise<RowHistory> {
  const parts = await Promise.all(places.map((place) => historyOf(place, row, limits)));
  const events = byTime(parts);
  return {
    events: limits.count === undefined ? events : events.slice(-limits.count),
    losses: parts.flatMap(({ losses }) => losses),
    searched: parts.flatMap(({ searched }) => searched),
    problems: parts.flatMap(({ problems }) => problems),
  };
}

/** Merges events by time. Those of a service keep their order, even if its clock was set back. */
function byTime(parts: readonly Pick<RowHistory, "events">[]): RowEvent[] {
  const timed = parts.flatMap(({ events }) => {
    let latest = "";
    return events.map((event) => {
      if (event.at !== null && event.at > latest) latest = event.at;
      return { event, latest };
    });
  });
  return timed.sort((one, other) => one.latest.localeCompare(other.latest))
    .map(({ event }) => event);
}

async function historyOf(
  place: ServicePlace,
  row: Row,
  { deadline, count = Infinity, signal }: HistoryLimits,
): Promise<RowHistory> {
  const events: RowEvent[] = [];
  const losses: RowHistory["losses"][number][] = [];
  const problems: string[] = [];
  const positions = new Set<string>();
  let searched: Searched | undefined;
  let before: string | undefined;
  try {
    do {
      const leftMs = Math.ceil(deadline - performance.now());
      const timeoutMs = Math.min(MAX_PAGE_MS, Math.max(1, leftMs));
      const bounds = { timeoutMs, maxBytes: MAX_PAGE_BYTES, signal };
      const target = rowEventsTarget({ ...row, before });
      const report = await askService<RowEventsReport>(place, target, bounds);
      const { publisher, next } = report;
      events.push(...report.events.filter((event) => isNew(event, positions)));
      losses.push(...report.losses.map((loss) => ({ ...loss, publisher })));
      const isPartial = next !== undefined && events.length < count;
      const since = report.reachesBackTo ?? searched?.since ?? null;
      searched = { publisher, in: report.searched, since, isPartial };
      before = next;
    } while (before !== undefined && events.length < count && performance.now() < deadline);
  } catch (error) {
    signal.throwIfAborted();
    const isLate = performance.now() >= deadline;
    const hint = isLate ? ": use a longer --timeout" : "";
    if (searched === undefined || !isLate) problems.push(`${messageOf(error)}${hint}`);
  }
  // In a recorder the order of a publisher's events is that in which it has published them.
  return {
    events: events.reverse(),
    losses,
    searched: searched === undefined ? [] : [searched],
    problems,
  };
}

/** An event in memory is in the recorder, too. */
function isNew({ topic, epoch, seq }: RowEvent, positions: Set<string>): boolean {
  const position = `${epoch} ${seq} ${topic}`;
  const isKnown = seq !== null && positions.has(position);
  positions.add(position);
  return !isKnown;
}
