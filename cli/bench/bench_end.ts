import { messageOf } from "../../drivers/contract/errors.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import { exitCodeOf } from "../flags/failure.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import type { ReportFlags } from "./bench_flags.ts";
import { reportBench } from "./bench_report.ts";
import type { BenchResult } from "./bench_result.ts";

/**
 * Writes the result and returns the exit code. The code is that of the failure, or else of a missed
 * limit, or else of a load of which nothing arrived.
 *
 * @param failure why the bench stopped early; undefined if it did not
 */
export function finishBench(
  result: BenchResult,
  { flags, io, failure }: {
    readonly flags: ReportFlags;
    readonly io: Io;
    readonly failure?: unknown;
  },
): ExitCode {
  reportBench(result, flags, io);
  if (failure !== undefined) {
    io.err.write(`df-pubsub: ${oneLine(messageOf(failure))}\n`);
    return exitCodeOf(failure);
  }
  if (result.verdicts.some(({ isMet }) => !isMet)) return EXIT.failed;
  return result.received?.events === 0 ? EXIT.timedOut : EXIT.done;
}
