import { messageOf } from "../../drivers/contract/errors.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import { exitCodeOf } from "../flags/failure.ts";
import type { Io } from "../terminal/io.ts";
import { oneLine } from "../terminal/log.ts";
import type { ReportFlags } from "./bench_flags.ts";
import { reportBench } from "./bench_report.ts";
import type { BenchResult } from "./bench_result.ts";

/**
 * Writes the result and says what to exit with: what stopped the bench comes first, then a limit that
 * was missed, then that nothing arrived.
 *
 * @param failure what stopped it before its end; undefined when nothing did
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
