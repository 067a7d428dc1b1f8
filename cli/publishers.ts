import { DbUnavailable, messageOf } from "../drivers/contract/errors.ts";
import { pause } from "../drivers/contract/waiting.ts";
import {
  isRetired,
  type PublisherRow,
  type PublishersTable,
} from "../service/publishers/publishers_table.ts";
import { SkewWarnings } from "../service/publishers/skew_warnings.ts";
import { type CommonFlags, compose, type Composition } from "./composition.ts";
import { EXIT, type ExitCode } from "./terminal/exit_code.ts";
import type { Io, Output } from "./terminal/io.ts";
import { ignoringClosed } from "./terminal/ignoring_errors.ts";
import { oneLine } from "./terminal/log.ts";
import { type OpenedTable, withTable } from "./bus/open_table.ts";
import { durationText } from "./terminal/quantities.ts";
import { type Column, writeTable } from "./terminal/table.ts";

/** The flags of `publishers list`. */
export interface ListFlags extends CommonFlags {
  readonly json?: true | undefined;
  readonly watch?: true | undefined;
}

/** The flags of `publishers prune`; times are in seconds. */
export interface PruneFlags extends CommonFlags {
  readonly olderThan?: number | undefined;
  readonly includeUnreadable?: true | undefined;
  readonly dryRun?: true | undefined;
  readonly json?: true | undefined;
}

const WATCH_MS = 1_000;

/** Shows the publishers table, once or until a signal. */
export async function listPublishers(flags: ListFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io);
  const asJson = flags.json === true || !io.out.isTerminal;
  const skews = new SkewWarnings(await io.hostName(), composition.log);
  await withTable(composition, async ({ place, table }) => {
    const whenNone = flags.quiet ? "" : `no publishers in ${placeText(place, composition)}\n`;
    const view = { out: io.out, err: io.err, asJson, whenNone, skews };
    if (flags.watch) await watch(table, composition, { ...view, signal: io.interrupted });
    else show(await table.list(), view);
  });
  return EXIT.done;
}

function placeText(place: string, { configSource }: Composition): string {
  return `${place} (configuration: ${oneLine(configSource)})`;
}

interface View {
  readonly out: Output;
  readonly err: Output;
  readonly asJson: boolean;
  readonly skews: SkewWarnings;
  /** Text for `err` if there are no rows. */
  readonly whenNone: string;
}

/** Continues when the database cannot be read, and shows the table again afterwards. */
async function watch(
  table: PublishersTable,
  { clock, messages }: Composition,
  { signal, ...view }: View & { readonly signal: AbortSignal },
): Promise<void> {
  let shown: string | undefined;
  while (!signal.aborted) {
    try {
      const rows = await table.list();
      const state = stateOf(rows);
      if (state !== shown) show(rows, view);
      else view.skews.note(rows);
      shown = state;
    } catch (error) {
      if (!(error instanceof DbUnavailable)) throw error;
      if (error.message !== shown) messages.warn(oneLine(error.message));
      shown = error.message;
    }
    await pause(WATCH_MS, signal, clock);
  }
}

// The age of rows changes all the time, so it does not count as a change.
function stateOf(rows: readonly PublisherRow[]): string {
  return JSON.stringify(rows.map(({ key, text, state }) => [key, text, state]));
}

function show(rows: readonly PublisherRow[], view: View): void {
  const { out, err, asJson, skews, whenNone } = view;
  skews.note(rows);
  if (rows.length === 0) {
    err.write(whenNone);
  } else if (asJson) {
    for (const row of rows) out.write(`${JSON.stringify(rowJson(row))}\n`);
  } else {
    writeTable(out, COLUMNS, rows);
  }
}

function rowJson(row: PublisherRow): Readonly<Record<string, unknown>> {
  if (row.state === "unreadable") return { id: row.key, state: row.state, reason: row.reason };
  const { uri, lastActivityTimestamp } = row.record;
  const ageSeconds = Math.round(row.ageMs) / 1000;
  return { id: row.key, uri, lastActivityTimestamp, ageSeconds, state: stateText(row) };
}

const COLUMNS: readonly Column<PublisherRow>[] = [
  { heading: "ID", cell: ({ key }) => key },
  { heading: "URI", cell: (row) => row.state === "unreadable" ? "-" : row.record.uri },
  {
    heading: "LAST ACTIVITY",
    cell: (row) => row.state === "unreadable" ? "-" : timeText(row.record.lastActivityTimestamp),
    // The age says the same.
    leaves: 1,
  },
  {
    heading: "AGE",
    cell: (row) => row.state === "unreadable" ? "-" : durationText(row.ageMs / 1000),
  },
  {
    heading: "STATE",
    cell: (row) => row.state === "unreadable" ? `unreadable: ${row.reason}` : stateText(row),
  },
];

function stateText(row: PublisherRow): string {
  return isRetired(row) ? "retired" : row.state;
}

/** In ISO 8601; as a number if it is beyond the calendar, for example in microseconds. */
function timeText(seconds: number): string {
  const time = new Date(seconds * 1000);
  return Number.isNaN(time.getTime()) ? String(seconds) : time.toISOString();
}

/** Removes stale publishers and lists them. */
export async function prunePublishers(flags: PruneFlags, io: Io): Promise<ExitCode> {
  const composition = await compose(flags, io);
  return await withTable(composition, (opened) => prune(opened, composition, { flags, io }));
}

async function prune(
  { place, table }: OpenedTable,
  composition: Composition,
  { flags, io }: { readonly flags: PruneFlags; readonly io: Io },
): Promise<ExitCode> {
  const report = await table.prune({
    ...(flags.olderThan === undefined ? {} : { olderThanMs: flags.olderThan * 1000 }),
    includeUnreadable: flags.includeUnreadable === true,
    dryRun: flags.dryRun === true,
  });
  const out = ignoringClosed(io.out);
  const skews = new SkewWarnings(await io.hostName(), composition.log);
  skews.note(report.rows);
  const asJson = flags.json === true || !out.isTerminal;
  show(report.removed, { out, err: io.err, asJson, skews, whenNone: "" });
  for (const { row, error } of report.failed) {
    io.err.write(`Cannot remove publisher "${oneLine(row.key)}": ${oneLine(messageOf(error))}\n`);
  }
  if (!flags.quiet) {
    const where = report.removed.length === 0 ? ` from ${placeText(place, composition)}` : "";
    io.err.write(`${summary(report, flags.dryRun === true)}${where}\n`);
    if (report.removed.length > 0) io.err.write(clockNote(composition.clock.now()));
  }
  return report.failed.length > 0 ? EXIT.failed : EXIT.done;
}

/** A single read cannot distinguish a dead publisher from one whose clock is behind. */
function clockNote(nowMs: number): string {
  return `ages depend on the clock of this host, ${new Date(nowMs).toISOString()}; ` +
    "a live publisher restores a removed row within 10 s\n";
}

function summary(
  { removed, changed, unreadable }: Awaited<ReturnType<PublishersTable["prune"]>>,
  isDryRun: boolean,
): string {
  const parts = [`${isDryRun ? "would remove" : "removed"} ${removed.length}`];
  if (changed.length > 0) parts.push(`${changed.length} were refreshed in the meantime`);
  if (unreadable.length > 0) {
    parts.push(`${unreadable.length} unreadable rows stay, see --include-unreadable`);
  }
  return parts.join(", ");
}
