/** A problem of a deployment. */
export interface Finding {
  /** `critical`: a required part does not work. */
  readonly severity: "critical" | "warning";
  /** The address, path, option or name that has the problem. */
  readonly subject: string;
  readonly what: string;
  /** Why it matters. */
  readonly why: string;
  /** What to do. */
  readonly advice: string;
}

/** A part that was examined, and its state. */
export interface Look {
  readonly subject: string;
  readonly detail: string;
}

/** The result of one part of the examination. */
export interface Examination {
  readonly looks: readonly Look[];
  readonly findings: readonly Finding[];
}

/** Combines several parts. */
export function together(parts: readonly Examination[]): Examination {
  return {
    looks: parts.flatMap(({ looks }) => looks),
    findings: parts.flatMap(({ findings }) => findings),
  };
}

/** Limits the time of a part whose driver may wait longer. @throws {Error} after `timeoutMs` */
export async function inTime<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${timeoutMs / 1000} s`)),
    timeoutMs,
  );
  // A late result is ignored: the work has a timeout of its own.
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Milliseconds as text. */
export function millis(ms: number): string {
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}
