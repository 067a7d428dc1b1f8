/** Something that is wrong with a deployment. */
export interface Finding {
  /** `critical`: something that is needed does not work. */
  readonly severity: "critical" | "warning";
  /** What it is about: an address, a path, an option or a name. */
  readonly subject: string;
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do. */
  readonly advice: string;
}

/** Something that was looked at, and what it is like. */
export interface Look {
  readonly subject: string;
  readonly detail: string;
}

/** What one part of the examination has come to. */
export interface Examination {
  readonly looks: readonly Look[];
  readonly findings: readonly Finding[];
}

/** Several parts as one. */
export function together(parts: readonly Examination[]): Examination {
  return {
    looks: parts.flatMap(({ looks }) => looks),
    findings: parts.flatMap(({ findings }) => findings),
  };
}

/** Bounds a part whose driver may wait for longer. @throws {Error} when the time is over */
export async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  // What is late is left behind: it has a bound of its own.
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Milliseconds for people. */
export function millis(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
