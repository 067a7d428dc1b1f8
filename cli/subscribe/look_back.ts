import type { NetworkSubscriber } from "../../service/receive/network_subscriber.ts";
import type { ReceivedPast } from "../../service/receive/subscriber.ts";
import { SEND_ALL_TOPIC } from "../../service/event/db_update.ts";
import type { EventFilter } from "../events/event_choice.ts";
import { dateText, sentAt, type TimeFlags } from "../events/event_time.ts";
import type { TopicChoice } from "../events/topic_choice.ts";
import { UsageError } from "../flags/failure.ts";
import { oneLine } from "../terminal/log.ts";
import type { NoticeWriter } from "./notice_writer.ts";
import { counted } from "../terminal/quantities.ts";

/** The flags of `subscribe` that look back; times are in Unix milliseconds. */
export interface LookBackFlags extends TimeFlags {
  readonly since?: string | number | undefined;
  readonly last?: number | undefined;
  readonly until?: number | undefined;
  readonly end?: true | undefined;
  readonly snapshot?: true | undefined;
}

/** Where topics begin. */
export interface Beginning {
  readonly since?: string | number | undefined;
  readonly last?: number | undefined;
}

/** Time in which publishers have to become live if the command ends with the past. */
const READY_MS = 10_000;

/**
 * How far `subscribe` looks back, and where it ends: it reports a past that is shorter than wanted,
 * and ends the command after the past, or at a time.
 */
export class LookBack implements Disposable {
  readonly beginning: Beginning;
  /** Chooses the events up to `--until`; undefined for every event. */
  readonly filter: EventFilter | undefined;
  readonly #flags: LookBackFlags;
  readonly #topics: readonly string[];
  readonly #notices: Pick<NoticeWriter, "note">;
  /** Addresses and topics whose past has come. */
  readonly #ended = new Set<string>();
  #check: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @throws {UsageError} for flags that cannot be used together */
  constructor(
    flags: LookBackFlags,
    { topics, broadcast, allTopics }: TopicChoice,
    notices: Pick<NoticeWriter, "note">,
  ) {
    this.#flags = flags;
    this.#topics = broadcast ? [SEND_ALL_TOPIC, ...topics] : topics;
    this.#notices = notices;
    const used = usedFlag(flags);
    if (used !== undefined && flags.snapshot) {
      throw new UsageError(`--snapshot and --${used} cannot be used together`);
    }
    const { since, last, until } = flags;
    if (typeof since === "number" && until !== undefined && since > until) {
      throw new UsageError("--since is after --until");
    }
    const isFromStart = this.#endsWithPast && since === undefined && last === undefined;
    this.beginning = isFromStart ? { since: "start" } : { since, last };
    if (allTopics && (isFromStart || since !== undefined || last !== undefined)) {
      throw new UsageError(
        `--${used} needs topics by name, wanted no glob and no --all-topics`,
      );
    }
    this.filter = until === undefined ? undefined : (update) => sentAt(update) <= until;
  }

  /** Whether one of the flags that look back is set. */
  get isWanted(): boolean {
    return usedFlag(this.#flags) !== undefined;
  }

  /** Whether the command ends as soon as it has the past. */
  get #endsWithPast(): boolean {
    const { end, until } = this.#flags;
    return end === true || (until !== undefined && until <= Date.now());
  }

  /** Takes a place where the past of a topic begins or ends. */
  onPast({ past, topic, address }: Omit<ReceivedPast, "number">): void {
    if (past.kind === "end") {
      this.#ended.add(JSON.stringify([address, topic]));
      return this.#check?.();
    }
    const { since, last } = this.beginning;
    const { frames = 0, keptSince } = past;
    const isTimeShort = typeof since === "number" && keptSince !== undefined && since < keptSince;
    const isShort = last === undefined
      ? isTimeShort
      : frames < last && (typeof since !== "number" || keptSince === undefined || isTimeShort);
    if (!isShort || keptSince === 0) return;
    const at = keptSince === undefined ? undefined : new Date(keptSince).toISOString();
    const place = address === undefined ? "" : ` address=${address}`;
    const reach = [
      ...(keptSince === undefined ? [] : [`kept since ${dateText(keptSince, this.#flags)}`]),
      ...(last === undefined ? [] : [`${frames} of ${counted(last, "event")}`]),
    ];
    this.#notices.note(
      oneLine(`past topic=${topic}${place}: ${reach.join(", ")}`),
      { notice: "past", topic, address, events: past.frames, keptSince: at },
    );
  }

  /**
   * Calls `end` with the reason when every wanted event has arrived.
   *
   * @param areNamed whether the user has named publishers, which the table may lack
   * @throws {DriverError} `SEND_TIMEOUT` if a publisher is not live
   */
  async watch(
    network: NetworkSubscriber,
    areNamed: boolean,
    end: (why: string) => void,
  ): Promise<void> {
    const { until } = this.#flags;
    if (!this.#endsWithPast) {
      const why = "--until has come";
      if (until !== undefined) this.#timer = setTimeout(() => end(why), until - Date.now());
      return;
    }
    const bounds = { timeoutMs: READY_MS, withUnlisted: areNamed };
    const addresses = await network.ready(bounds) ?? [undefined];
    const places = addresses.flatMap((address) =>
      this.#topics.map((topic) => JSON.stringify([address, topic]))
    );
    this.#check = () => {
      if (places.every((place) => this.#ended.has(place))) end("caught up");
    };
    this.#check();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

function usedFlag(flags: LookBackFlags): "end" | "last" | "since" | "until" | undefined {
  return (["last", "since", "until", "end"] as const).find((name) => flags[name] !== undefined);
}
