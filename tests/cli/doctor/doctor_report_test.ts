import assert from "node:assert/strict";
import { type DoctorReport, jsonReport, textReport } from "../../../cli/doctor/doctor_report.ts";
import type { Finding } from "../../../cli/doctor/finding.ts";

const WARNING: Finding = {
  severity: "warning",
  subject: "tcp://192.0.2.1:8866",
  what: `The address "${"a".repeat(100)}" is too long`,
  why: "Nobody can read it.",
  advice: "Choose a shorter one.",
};
const CRITICAL: Finding = { ...WARNING, severity: "critical", what: "Nothing\nworks\x1b[31m" };

function report(...findings: readonly Finding[]): DoctorReport {
  return {
    title: "df-pubsub 0.1.0 on c1, 2026-01-01T00:00:00.000Z",
    configSource: `/etc/${"directory/".repeat(12)}df-pubsub.ini`,
    values: [{ option: "[df] http_address", value: "", origin: "default" }],
    looks: [{ subject: "table", detail: "publishers: ".repeat(10) }],
    findings,
  };
}

Deno.test("textReport stays within the width and 80 columns, whatever the findings contain", () => {
  for (const [columns, most] of [[40, 40], [80, 80], [200, 80]] as const) {
    const lines = textReport(report(WARNING, CRITICAL), columns).split("\n");
    for (const line of lines) assert(line.length <= most, line);
    assert(lines.some((line) => line.length > most - 12));
  }
});

Deno.test("textReport shows critical findings first, and no control character", () => {
  const text = textReport(report(WARNING, CRITICAL), 80);
  assert.match(text, /\nFound 1 critical, 1 warning\n\nCRITICAL: Nothing works\\x1b\[31m\n/);
  assert(text.indexOf("CRITICAL") < text.indexOf("WARNING"));
  assert.match(text, /\n {2}why {2}Nobody can read it\.\n {2}do {3}Choose a shorter one\.\n/);
  assert.match(text, /\[df\] http_address {2}"" \(default\)/);
});

Deno.test("textReport states that nothing was found, when there are no findings", () => {
  assert.match(textReport(report(), 80), /\n\nnothing found\n$/);
});

Deno.test("jsonReport has one object per line, and a summary at the end", () => {
  const lines = jsonReport(report(WARNING, CRITICAL)).trimEnd().split("\n");
  const documents = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    documents.map(({ kind }) => kind),
    ["run", "value", "look", "finding", "finding", "summary"],
  );
  assert.deepEqual(documents.at(-1), { kind: "summary", critical: 1, warnings: 1 });
});
