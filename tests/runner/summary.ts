/** How many tests of a run ended in which way. */
export interface Summary {
  readonly passed: number;
  readonly failed: number;
  readonly ignored: number;
}

export const NO_TESTS: Summary = { passed: 0, failed: 0, ignored: 0 };

const CLOSING_LINE =
  /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed(?: \(\d+ steps?\))?(?: \| (\d+) ignored)?/gm;
const FAILURES = /^ FAILURES \n\n([^]*?)\n\n(?:ok|FAILED) \|/gm;

/** What `deno test` says at its end, without colours; undefined when it ended without. */
export function summaryOf(output: string): Summary | undefined {
  const last = [...output.matchAll(CLOSING_LINE)].at(-1);
  if (last === undefined) return undefined;
  const [, passed, failed, ignored = "0"] = last;
  return { passed: Number(passed), failed: Number(failed), ignored: Number(ignored) };
}

/** The lines that name the failed tests, as `deno test` lists them at its end. */
export function failuresIn(output: string): string[] {
  return ([...output.matchAll(FAILURES)].at(-1)?.[1] ?? "").split("\n").filter((line) =>
    line !== ""
  );
}

/** The sum of two runs. */
export function sumOf(a: Summary, b: Summary): Summary {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    ignored: a.ignored + b.ignored,
  };
}

/** The closing line of a run of this many milliseconds, in the words of `deno test`. */
export function closingLine({ passed, failed, ignored }: Summary, ms: number): string {
  const seconds = Math.round(ms / 1000);
  const time = seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  const rest = ignored > 0 ? ` | ${ignored} ignored` : "";
  return `${failed > 0 ? "FAILED" : "ok"} | ${passed} passed | ${failed} failed${rest} (${time})`;
}
