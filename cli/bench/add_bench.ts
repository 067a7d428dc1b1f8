import { type Command, Option } from "@commander-js/extra-typings";
import { configured, examples } from "../flags/command_parts.ts";
import type { ExitCode } from "../terminal/exit_code.ts";
import { duration, DURATION_HELP, durationMs, durationOrZero } from "../flags/duration.ts";
import { positiveInteger, positiveNumber } from "../flags/flag_values.ts";
import type { Io } from "../terminal/io.ts";
import { DEFAULT_DURATION_S, lossLimit, MAX, upTo } from "./bench_flags.ts";

type End = (code: ExitCode) => void;

const DEFAULT_SIZE = 250;
const DEFAULT_LATENCY_RATE = 1_000;
const DEFAULT_WARMUP_S = 1;
const WARMUP_HELP = "Time for which events are sent before the measurement begins";

const REMARKS = `
A load has its own table and its own topics, df-pubsub-bench.1 and so on: no application receives
it. Each event has a sequence number; an event that has not arrived at the end is lost. The exit
code is 1 if a limit, as --max-loss 0, is missed, and 5 if nothing arrives. Ctrl-C ends the load
and prints the figures so far.
${DURATION_HELP}`;

/** Adds `bench` with its four commands; the one that runs calls `end` with its exit code. */
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
    .option("--warmup <duration>", WARMUP_HELP, durationOrZero);
  limitedLoss(reported(sending))
    .description("Publish a load to the service, or the broker, for bench sub to receive")
    .addHelpText(
      "after",
      `${REMARKS}${
        examples("bench pub", "bench pub --rate 20000 --duration 1m --max-loss 0 --min-rate 19900")
      }`,
    )
    .action(async (flags) => end(await (await import("./bench_pub.ts")).benchPub(flags, io)));
}

function addSub(bench: Command, io: Io, end: End): void {
  const receiving = bench.command("sub")
    .option("--events <n>", "Stop when every subscriber has <n> events", positiveInteger)
    .option("--duration <duration>", "Stop after this time", duration)
    .option("--warmup <duration>", "Time before the measurement begins", durationOrZero)
    .option("--topics <n>", "Number of topics, the same as of bench pub", upTo(MAX.topics), 1)
    .option("--subscribers <n>", "Subscribers in this process", upTo(MAX.subscribers), 1);
  limitedLatency(limitedLoss(reported(receiving)))
    .description("Receive and measure the load of a bench pub elsewhere, until it ends")
    .addHelpText(
      "after",
      `${REMARKS}
Latency between hosts includes the difference of their two clocks.\n${
        examples("bench sub", "bench sub --duration 1m --max-loss 0 --max-p99 5ms --json")
      }`,
    )
    .action(async (flags) => end(await (await import("./bench_sub.ts")).benchSub(flags, io)));
}

function addRelay(bench: Command, io: Io, end: End): void {
  passed(bench.command("relay"))
    .description("Send a load through the service and receive it here: rate, loss, latency")
    .addHelpText(
      "after",
      `${REMARKS}${
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
    .description("Send a load at a steady rate and measure its latency by one clock")
    .addHelpText(
      "after",
      `${REMARKS}${
        examples("bench latency", "bench latency --rate 100 --duration 1m --max-p99 2ms --csv")
      }`,
    )
    .action(async (flags) => {
      end(await (await import("./bench_relay.ts")).benchRelay("latency", flags, io));
    });
}

// Commander adds flags to the type of a command: only inference can express the resulting type.
function passed<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
  rate?: number,
) {
  const sending = sized(command, rate)
    .option("--subscribers <n>", "Subscribers in this process", upTo(MAX.subscribers), 1)
    .addOption(
      new Option("--warmup <duration>", WARMUP_HELP)
        .argParser(durationOrZero).default(DEFAULT_WARMUP_S, `${DEFAULT_WARMUP_S}s`),
    );
  return limitedLatency(limitedLoss(reported(sending)));
}

function sized<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
  rate?: number,
) {
  return command
    .addOption(
      new Option("--rate <n>", "Maximum number of events per second, of all publishers together")
        .argParser(positiveNumber).default(rate),
    )
    .option("--events <n>", "Stop after <n> events", positiveInteger)
    .option(
      "--duration <duration>",
      `Stop after this time (default without --events: ${DEFAULT_DURATION_S}s)`,
      duration,
    )
    .option(
      "--size <bytes>",
      "Size of each payload, without the position at its end",
      positiveInteger,
      DEFAULT_SIZE,
    )
    .option("--topics <n>", "Number of topics that each publisher sends to", upTo(MAX.topics), 1)
    .option("--publishers <n>", "Publishers in this process", upTo(MAX.publishers), 1);
}

function reported<A extends unknown[], O extends Record<string, unknown>>(command: Command<A, O>) {
  return configured(command)
    .option("-j, --json", "Print one JSON object (default when output is not a terminal)")
    .addOption(new Option("--csv", "Print a header and rows").conflicts("json"));
}

function limitedLoss<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
) {
  return command
    .option(
      "--max-loss <percent>",
      "Fail if more than this percentage of events is lost (bench pub: not accepted)",
      lossLimit,
    )
    .option(
      "--min-rate <n>",
      "Fail if fewer events per second reach the slowest subscriber (bench pub: are accepted)",
      positiveNumber,
    );
}

function limitedLatency<A extends unknown[], O extends Record<string, unknown>>(
  command: Command<A, O>,
) {
  return command.option(
    "--max-p99 <duration>",
    "Fail if more than 1 in 100 events take longer",
    durationMs,
  );
}
