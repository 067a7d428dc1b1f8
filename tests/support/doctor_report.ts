import assert from "node:assert/strict";
import type { Deployment, Overrides } from "./deployment.ts";
import type { ProgramOptions } from "./program.ts";

/** One line of `doctor --json`. */
export interface DoctorLine {
  readonly kind: string;
  readonly subject?: string;
  readonly detail?: string;
  readonly severity?: string;
  readonly what?: string;
  readonly why?: string;
  readonly advice?: string;
  readonly option?: string;
  readonly origin?: string;
}

/** The findings of `doctor`. */
export interface DoctorResult {
  readonly code: number;
  readonly lines: readonly DoctorLine[];
  readonly findings: readonly DoctorLine[];
}

/**
 * Runs `doctor` in a deployment. Every finding must state what is wrong, why it matters, and what
 * to do.
 */
export async function runDoctor(
  deployment: Deployment,
  overrides: Overrides = {},
  { args = [], ...options }: ProgramOptions & { readonly args?: readonly string[] } = {},
): Promise<DoctorResult> {
  const command = ["doctor", "--timeout", "2", ...args];
  const isHere = !options.isBoundByFileModes && options.by === undefined;
  await using program = isHere
    ? deployment.startHere(command, overrides, options)
    : deployment.start(command, overrides, options);
  const { code, stdout, stderr } = await program.result();
  assert.equal(stderr, "");
  const lines: DoctorLine[] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  const findings = lines.filter(({ kind }) => kind === "finding");
  for (const { what, why, advice } of findings) assert(what && why && advice);
  return { code, lines, findings };
}

/** Asserts that `doctor` reports exactly this one problem. */
export function assertOnly(
  { code, findings }: DoctorResult,
  severity: "critical" | "warning",
  what: RegExp,
): void {
  assert.deepEqual(
    findings.map((finding) => finding.severity),
    [severity],
    JSON.stringify(findings),
  );
  assert.match(findings[0]?.what ?? "", what);
  assert.equal(code, severity === "critical" ? 3 : 1);
}
