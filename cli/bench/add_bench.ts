import { type Command, Option } from "@commander-js/extra-typings";
import { configured, examples } from "../flags/command_parts.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import { positiveInteger, positiveNumber, seconds } from "../flags/flag_values.ts";
import type { Io } from "../terminal/io.ts";
import {
  DEFAULT_DURATION_S,
  latencyLimit,
  lossLimit,
  MAX,
  secondsOrNone,
  upTo,
} from "./bench_flags.ts";

type End = (code: ExitCode) => void;

const DEFAULT_SIZE = 250;
const DEFAULT_LATENCY_RATE = 1_000;
const DEFAULT_WARMUP_S = 1;

const REMARKS = `
A load has topics and a table of its own, df-pubsub-bench.1 and so on: no application hears it.
Each event is numbered by publisher and topic; what is missing at the end is lost. A limit that is
missed, as --max-loss 0, is told and makes the exit code 1; when nothing arrives it is 5. Ctrl-C
ends it with the figures so far.`;

/** Adds `bench` with its four commands; `end` is told how the one that runs has ended. */
export function addBench(program: Command, io: Io, end: End): void {
  const bench = program.command("bench")
    .description("Measure rate, loss and latency on these machines, with a verdict")
    .addHelpText("after", examples("bench relay", "bench latency --rate 100 --max-p99 2ms"));
  addPub(bench, io, end);
  addSub(bench, io, end);
  addRelay(bench, io, end);
  addLatency(bench, io, end);
}

function addPub(bench: Command, io: Io, end: End): void {
  const sending = sized(bench.command("pub"))
    .option("--warmup <seconds>", "First send for so long what is not measured", secondsOrNone);
  limitedLoss(reported(sending))
    .description("Publish a load to the service, or the broker, for bench sub to hear")
    .addHelpText(
      "after",
      `${REMARKS}\n${
        examples("bench pub", "bench pub --rate 20000 --duration 60 --max-loss 0 --min-rate 19900")
      }`,
    )
    .action(async (flags) => end(await (await import("./bench_pub.ts")).benchPub(flags, io)));
}

function addSub(bench: Command, io: Io, end: End): void {
  const receiving = bench.command("sub")
    .option("--events <n>", "Stop when every subscriber has so many", positiveInteger)
    .option("--duration <seconds>", "Stop after so long", seconds)
    .option("--warmup <seconds>", "Leave out what comes first, for so long", secondsOrNone)
    .option("--topics <n>", "Topics to hear, as many as bench pub has", upTo(MAX.topics), 1)
    .option("--subscribers <n>", "Subscribers, in this process", upTo(MAX.subscribers), 1);
  limitedLatency(limitedLoss(reported(receiving)))
    .description("Listen to the load of a bench pub elsewhere, until it ends")
    .addHelpText(
      "after",
      `${REMARKS}
Latency is by two clocks: between hosts it includes their difference.\n${
        examples("bench sub", "bench sub --duration 60 --max-loss 0 --max-p99 5ms --json")
      }`,
    )
    .action(async (flags) => end(await (await import("./bench_sub.ts")).benchSub(flags, io)));
}

function addRelay(bench: Command, io: Io, end: End): void {
  passed(bench.command("relay"))
    .description("Send a load through the service and hear it here: rate, loss, latency")
    .addHelpText(
      "after",
      `${REMARKS}\n${
        examples(
          "bench relay",
          "bench relay --topics 10 --publishers 4 --subscribers 8 --events 1000000",
          "bench relay --rate 20000 --max-p99 5ms --max-loss 0 --min-rate 19900",
        )
      }`,
    )
    .action(async (flags) => {
      end(await (await import("./bench_relay.ts")).benchRelay("relay", flags, io));
    });
}

function addLatency(bench: Command, io: Io, end: End): void {
  passed(bench.command("latency"), DEFAULT_LATENCY_RATE)
    .description("Send a load at a steady rate and time its way, by one clock")
    .addHelpText(
      "after",
      `${REMARKS}\n${
        examples("bench latency", "bench latency --rate 100 --duration 60 --max-p99 2ms --csv")
      }`,
    )
    .action(async (flags) => {
      end(await (await import("./bench_relay.ts")).benchRelay("latency", flags, io));
    });
}

// Commander adds flags to the type of a command: only inference can spell what comes of it.
function passed<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
  rate?: number,
) {
  const sending = sized(command, rate)
    .option("--subscribers <n>", "Subscribers, in this process", upTo(MAX.subscribers), 1)
    .option(
      "--warmup <seconds>",
      "First send for so long what is not measured",
      secondsOrNone,
      DEFAULT_WARMUP_S,
    );
  return limitedLatency(limitedLoss(reported(sending)));
}

function sized<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
  rate?: number,
) {
  return command
    .addOption(
      new Option("--rate <per-second>", "At most so many a second, of all together")
        .argParser(positiveNumber).default(rate),
    )
    .option("--events <n>", "Stop after so many", positiveInteger)
    .option(
      "--duration <seconds>",
      `Stop after so long (${DEFAULT_DURATION_S} is the rule without --events)`,
      seconds,
    )
    .option(
      "--size <bytes>",
      "Of each payload, without the position at its end",
      positiveInteger,
      DEFAULT_SIZE,
    )
    .option("--topics <n>", "Number of topics that each publisher sends to", upTo(MAX.topics), 1)
    .option("--publishers <n>", "Publishers, in this process", upTo(MAX.publishers), 1);
}

function reported<A extends unknown[], O extends Record<string, unknown>>(command: Command<A, O>) {
  return configured(command)
    .option("--json", "Print one JSON object (default when output is not a terminal)")
    .addOption(new Option("--csv", "Print a header and rows").conflicts("json"));
}

function limitedLoss<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
) {
  return command
    .option("--max-loss <percent>", "Fail when more is lost, or, of pub, not accepted", lossLimit)
    .option(
      "--min-rate <per-second>",
      "Fail when fewer are taken, or reach the slowest subscriber",
      positiveNumber,
    );
}

function limitedLatency<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
) {
  return command.option(
    "--max-p99 <time>",
    "Fail when more than 1 in 100 take longer, as 5ms or 800us",
    latencyLimit,
  );
}
