import { allOf, type EventFilter, eventFilter } from "../events/event_choice.ts";
import { eventFormat, isJson } from "../events/event_format.ts";
import { arrivalTime, sendingTime, timeFormat } from "../events/event_time.ts";
import { type TopicChoice, topicChoice } from "../events/topic_choice.ts";
import { hasColour } from "../terminal/colour.ts";
import type { Io } from "../terminal/io.ts";
import { type EventSink, LineSink } from "./event_sink.ts";
import { execCommand, ExecSink } from "./exec_sink.ts";
import { LookBack } from "./look_back.ts";
import { NoticeWriter } from "./notice_writer.ts";
import type { SubscribeFlags } from "./subscribe_flags.ts";
import { Summary } from "./summary.ts";

/** The path of events: topics, a filter and a sink; and the notices and the summary beside it. */
export interface EventChain {
  readonly topics: TopicChoice;
  /** @default every event */
  readonly filter: EventFilter | undefined;
  readonly sink: EventSink;
  readonly notices: NoticeWriter;
  readonly lookBack: LookBack;
  /** Absent if events are printed. */
  readonly exec: ExecSink | undefined;
  /** Absent if its line is not wanted. */
  readonly summary: Summary | undefined;
}

/** The chain of these flags, before anything is opened. @throws {UsageError} */
export function eventChain(flags: SubscribeFlags, io: Io): EventChain {
  const { out, err, env } = io;
  const topics = topicChoice(flags);
  const isJsonErr = flags.json !== undefined || !err.isTerminal;
  const time = timeFormat(flags);
  const notices = new NoticeWriter(err, {
    isJson: isJsonErr,
    quiet: flags.quiet,
    time,
    hasColour: hasColour(flags, err, env),
  });
  const lookBack = new LookBack(flags, topics, notices);
  const filter = allOf(topics.filter, allOf(lookBack.filter, eventFilter(flags)));
  const exec = execSink(flags, io);
  const eventTime = lookBack.isWanted ? sendingTime(time, flags) : arrivalTime(time);
  const lines = exec ?? new LineSink(eventFormat(flags, io, eventTime), out);
  const isWanted = !flags.quiet && (err.isTerminal || !isJson(flags, out));
  const summary = isWanted ? new Summary(lines) : undefined;
  return { topics, filter, sink: summary ?? lines, notices, lookBack, exec, summary };
}

function execSink(flags: SubscribeFlags, io: Io): ExecSink | undefined {
  const command = execCommand(flags);
  if (command === undefined) return undefined;
  // As into a pipe.
  const out = { ...io.out, isTerminal: false };
  const warn = (text: string) => io.err.write(`${text}\n`);
  const format = eventFormat(flags, { out, env: io.env });
  return new ExecSink(command, flags.jobs ?? 1, {
    format,
    // Signals are handled from the first use on.
    get interrupted() {
      return io.interrupted;
    },
    warn,
  });
}
