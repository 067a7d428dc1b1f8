import { systemClock } from "../../service/base/clock.ts";
import { RateLimiter } from "../../service/base/rate_limiter.ts";
import { WarningFolder } from "../../service/base/warning_folder.ts";
import { followedPublishers, namedPublishers, openEventSource } from "../bus/event_source.ts";
import { placeOf } from "../bus/open_table.ts";
import { composeAndRun, type Composition } from "../composition.ts";
import { choiceWarnings } from "../events/event_choice.ts";
import { SeenNames } from "../flags/seen_names.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";
import type { Messages } from "../terminal/log.ts";
import { STREAMING_LOG } from "../terminal/log_control.ts";
import { type EventChain, eventChain } from "./event_chain.ts";
import type { SubscribeFlags } from "./subscribe_flags.ts";
import type { Snapshot } from "./snapshot.ts";
import { Session } from "./subscribe_session.ts";
import { WaitingNote } from "./waiting_note.ts";

/** Prints events until it has enough, a timeout expires, or a signal arrives. */
export async function subscribe(flags: SubscribeFlags, io: Io): Promise<ExitCode> {
  const chain = eventChain(flags, io);
  const usual = STREAMING_LOG;
  const work = (composition: Composition) => run(composition, { flags, io, chain });
  return await composeAndRun(flags, { io, usual }, work);
}

async function run(
  composition: Composition,
  { flags, io, chain }: {
    readonly flags: SubscribeFlags;
    readonly io: Io;
    readonly chain: EventChain;
  },
): Promise<ExitCode> {
  const { messages } = composition;
  using notices = chain.notices;
  using lookBack = chain.lookBack;
  for (const warning of choiceWarnings(flags)) messages.warn(warning);
  const subject = "Reading the rows of events";
  const reads = new WarningFolder({ subject, ...composition });
  const { interrupted } = io;
  const session = new Session(flags, { ...chain, interrupted, reads, messages });
  const reportListening = listeningNote(flags, messages);
  const snapshot = flags.snapshot
    ? new (await import("./snapshot.ts")).Snapshot(flags, composition)
    : undefined;
  using waiting = new WaitingNote(messages);
  await using seen = new SeenNames(io);
  await using source = await openEventSource(composition, {
    topics: chain.topics.topics,
    broadcast: chain.topics.broadcast,
    allTopics: chain.topics.allTopics,
    uris: flags.uri,
    ...lookBack.beginning,
    onPast: (past) => lookBack.onPast(past),
    needsDb: flags.resolve === true || flags.snapshot === true,
    onLive: (address) => {
      waiting[Symbol.dispose]();
      session.isLive = true;
      reportListening(address);
    },
    onHealth: (event) => snapshot?.onHealth(event),
    onNotice: (notice) => session.onNotice(notice),
    whenApplied: whenApplied(snapshot, chain),
    onUpdates: (updates) => {
      for (const update of updates) seen.note(update);
      return snapshot ? snapshot.receive(updates) : session.receive(updates);
    },
  });
  session.publishers = () => followedPublishers(source.network);
  if (!flags.quiet) {
    waiting.begin(session.publishers, {
      place: source.db === undefined ? undefined : placeOf(source.db),
      configSource: composition.configSource,
    });
  }
  if (flags.resolve) session.db = source.db;
  source.accepted.catch((error) => session.fail(error));
  const areNamed = flags.uri !== undefined || namedPublishers(composition.config).length > 0;
  lookBack.watch(source.network, areNamed, (why) => session.end(why))
    .catch((error) => session.fail(error));
  using _reading = snapshot;
  snapshot?.run(source, (update) => session.receive([update]))
    .catch((error) => session.fail(error));
  const ended = await session.ended().finally(() => chain.exec?.end());
  const code = chain.exec?.hasFailed && ended === EXIT.done ? EXIT.failed : ended;
  notices[Symbol.dispose]();
  if (chain.summary !== undefined) messages.say(chain.summary.text(io.err.columns));
  return code;
}

/** Resolves when the events so far are printed, or their programs have ended. */
function whenApplied(
  snapshot: Snapshot | undefined,
  { exec }: EventChain,
): (() => Promise<void>) | undefined {
  if (snapshot === undefined) return exec && (() => exec.idle());
  return () => snapshot.applied().then(() => exec?.idle());
}

/** A publisher that keeps closing its connections becomes live again and again. */
const LISTENING_LIMIT = { count: 5, windowMs: 10_000 };

/** Reports that an address is live, and again after a loss, up to a limit. */
function listeningNote(flags: SubscribeFlags, messages: Messages): (address: string) => void {
  const limiters = new Map<string, RateLimiter>();
  return (address) => {
    const limiter = limiters.get(address) ?? new RateLimiter(LISTENING_LIMIT, systemClock);
    limiters.set(address, limiter);
    if (!flags.quiet && limiter.tryAcquire()) messages.say(`listening on ${address}`);
  };
}
