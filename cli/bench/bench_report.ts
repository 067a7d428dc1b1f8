import type { Verdict } from "./load/verdict.ts";
import type { Io } from "../terminal/io.ts";
import { wrapped } from "../terminal/wrapped.ts";
import { ignoringClosed } from "../terminal/ignoring_errors.ts";
import type { ReportFlags } from "./bench_flags.ts";
import {
  type BenchResult,
  latencySummary,
  type ReceivedFigures,
  type SentFigures,
  type Throughput,
} from "./bench_result.ts";
import { csvReport } from "./bench_csv.ts";
import { grouped } from "./bench_progress.ts";
import { jsonReport } from "./bench_json.ts";

/**
 * Writes a result in the format that the flags request: by default text to a terminal, otherwise
 * JSON. Notes go to stderr.
 */
export function reportBench(result: BenchResult, flags: ReportFlags, io: Io): void {
  const isText = !flags.json && io.out.isTerminal;
  const text = flags.csv
    ? csvReport(result)
    : isText
    ? textReport(result, io.out.columns)
    : jsonReport(result);
  ignoringClosed(io.out).write(text);
  if (flags.quiet && result.received?.events !== 0) return;
  for (const note of result.notes) io.err.write(`${note}\n`);
}

/**
 * The text report: a line each for sent and received events, for latencies, and for each verdict.
 * Longer ones go on in the next line.
 */
function textReport(result: BenchResult, columns = 80): string {
  const { name, setup, sent, received, subscribers = [], verdicts, isInterrupted } = result;
  const settings = Object.entries(setup).flatMap(([flag, value]) =>
    value === undefined ? [] : [`${flag} ${value}`]
  );
  const end = isInterrupted ? ", interrupted" : "";
  const lines = [line(`bench ${name}`, settings.join(", ") + end)];
  if (sent !== undefined) lines.push(...sentLines(sent));
  if (received !== undefined) lines.push(...receivedLines(received));
  if (subscribers.length > 1) lines.push(...subscribers.map(subscriberLine));
  lines.push(...verdicts.map(verdictLine));
  return `${lines.flatMap((each) => fitted(each, columns)).join("\n")}\n`;
}

/** The name, with the text beside it in as many lines as necessary. */
function fitted(whole: string, columns: number): string[] {
  if (whole.length <= columns) return [whole];
  const text = wrapped(whole.slice(NAME_WIDTH), columns - NAME_WIDTH);
  const [first = "", ...others] = text.map((each) => `${" ".repeat(NAME_WIDTH)}${each}`);
  return [whole.slice(0, NAME_WIDTH) + first.slice(NAME_WIDTH), ...others];
}

function sentLines(sent: SentFigures): string[] {
  const { acceptance, flushed } = sent;
  const first = line("sent", throughputText(sent));
  if (!acceptance?.isAcknowledged) {
    return [first, line("accepted", flushed ? "all" : "unknown: some may be lost")];
  }
  const { accepted, refused, uncertain, sent: all } = acceptance;
  const counts = `${grouped(accepted)} of ${grouped(all)}, ${grouped(refused)} refused, ` +
    `${grouped(uncertain)} uncertain`;
  return [first, line("accepted", counts)];
}

function receivedLines(received: ReceivedFigures): string[] {
  const { lost, lossPercent, expected, duplicates, late } = received;
  const share = lossPercent === undefined ? "" : ` (${short(lossPercent)} %)`;
  const others = `${grouped(duplicates)} duplicates, ${grouped(late)} late`;
  return [
    line("received", throughputText(received)),
    line("lost", `${grouped(lost)} of ${grouped(expected)}${share}; ${others}`),
    line("latency [ms]", latencyText(received)),
  ];
}

function subscriberLine(received: ReceivedFigures, index: number): string {
  const { lost } = received;
  return line(`  ${index + 1}`, `${throughputText(received)}, ${grouped(lost)} lost`);
}

function latencyText({ latency }: ReceivedFigures): string {
  const summary = latencySummary(latency);
  if (summary === undefined) return "nothing to measure";
  const parts = Object.entries(summary).map(([name, ms]) => `${name.replace("_", ".")} ${ms}`);
  return parts.join("  ");
}

function verdictLine({ name, wanted, is, unit, isMet }: Verdict): string {
  const found = is === undefined ? "nothing was measured" : `is ${short(is)} ${unit}`;
  return line(`--${name}`, `${isMet ? "met" : "missed"}: ${found}, wanted ${wanted} ${unit}`);
}

function throughputText(figures: Throughput): string {
  const { events, seconds, eventsPerSecond, bytesPerSecond } = figures;
  const total = `${grouped(events)} events in ${seconds.toFixed(2)} s`;
  if (eventsPerSecond === undefined || bytesPerSecond === undefined) return total;
  return `${total}: ${grouped(eventsPerSecond)}/s, ${short(bytesPerSecond / 1e6)} MB/s`;
}

const NAME_WIDTH = 14;

function line(name: string, text: string): string {
  return `${name.padEnd(NAME_WIDTH)}${text}`;
}

/** Three significant digits, or more before the point. */
function short(number: number): string {
  return number >= 100 ? grouped(number) : String(Number(number.toPrecision(3)));
}
