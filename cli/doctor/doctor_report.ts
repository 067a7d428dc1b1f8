import { counted } from "../terminal/quantities.ts";
import { wrapped } from "../terminal/wrapped.ts";
import type { ImportantValue } from "./examine_configuration.ts";
import type { Examination, Finding } from "./finding.ts";

/** The complete report. */
export interface DoctorReport extends Examination {
  /** The program, the host and the time. */
  readonly title: string;
  /** The files of the configuration. */
  readonly configSource: string;
  readonly values: readonly ImportantValue[];
}

const MAX_COLUMNS = 80;
const INDENT = 2;

/** The report as text, in columns of at most 80 characters. */
export function textReport(report: DoctorReport, columns: number): string {
  const width = Math.min(columns, MAX_COLUMNS);
  const rows = (rows: readonly Row[]) => rowsText(rows, width);
  const values = report.values.map(({ option, value, origin }): Row => [
    option,
    `${value === "" ? '""' : value} (${origin})`,
  ]);
  const looks = report.looks.map(({ subject, detail }): Row => [subject, detail]);
  return [
    ...wrapped(report.title, width),
    "",
    ...wrapped(`Configuration: ${report.configSource}`, width),
    ...rows(values),
    "",
    "Examined",
    ...rows(looks),
    "",
    ...findingsText(report.findings, width),
    "",
  ].join("\n");
}

function findingsText(findings: readonly Finding[], width: number): string[] {
  if (findings.length === 0) return ["nothing found"];
  const lines = bySeverity(findings).flatMap(({ severity, what, why, advice }) => [
    "",
    ...wrapped(`${severity.toUpperCase()}: ${what}`, width),
    ...rowsText([["why", why], ["do", advice]], width),
  ]);
  return [`Found ${summary(findings)}`, ...lines];
}

/** The report as JSON, one object per line. */
export function jsonReport({ title, configSource, values, looks, findings }: DoctorReport): string {
  const lines = [
    { kind: "run", title, configuration: configSource },
    ...values.map((value) => ({ kind: "value", ...value })),
    ...looks.map((look) => ({ kind: "look", ...look })),
    ...bySeverity(findings).map((finding) => ({ kind: "finding", ...finding })),
    { kind: "summary", ...countsOf(findings) },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Critical findings first; otherwise in the order of the examination. */
function bySeverity(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((one, other) => one.severity.localeCompare(other.severity));
}

function countsOf(findings: readonly Finding[]) {
  const critical = findings.filter(({ severity }) => severity === "critical").length;
  return { critical, warnings: findings.length - critical };
}

function summary(findings: readonly Finding[]): string {
  const { critical, warnings } = countsOf(findings);
  const parts = [
    ...(critical > 0 ? [`${critical} critical`] : []),
    ...(warnings > 0 ? [counted(warnings, "warning")] : []),
  ];
  return parts.join(", ");
}

type Row = readonly [label: string, text: string];

/** Labels in a column, with wrapped texts beside them. */
function rowsText(rows: readonly Row[], width: number): string[] {
  const label = Math.max(0, ...rows.map(([name]) => name.length));
  const left = INDENT + label + INDENT;
  return rows.flatMap(([name, text]) =>
    wrapped(text, width - left).map((line, index) =>
      `${" ".repeat(INDENT)}${(index === 0 ? name : "").padEnd(label)}${" ".repeat(INDENT)}${line}`
        .trimEnd()
    )
  );
}
