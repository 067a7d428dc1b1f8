import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import type { SendGroup } from "../../drivers/contract/send_group.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import type { RefusalLog } from "../base/refusal_log.ts";
import type { WarningFolder } from "../base/warning_folder.ts";
import type { PublisherOptions } from "../publish/publisher.ts";
import type { MissingValues } from "./missing_values.ts";

/** Where a {@linkcode Relay} sends to: a driver's publisher, or what stamps events on the way. */
export interface RelaySink extends FramePublisher {
  /** As a driver's; a local publisher's stamp from `stampOffset` on is replaced by the sink's own. */
  trySend(topic: string, payload: Uint8Array, stampOffset?: number): boolean;
  trySendIn?(group: SendGroup, topic: string, payload: Uint8Array, stampOffset?: number): boolean;
  /** A group for {@linkcode trySendIn}. @default one that nobody counts */
  openGroup?(): SendGroup;
  send(
    topic: string,
    payload: Uint8Array,
    options?: WaitOptions & { readonly stampOffset?: number },
  ): Promise<void>;
}

/** Options of a {@linkcode Relay}. */
export interface RelayOptions {
  /** How events are written, and how long a send waits. */
  readonly sending: PublisherOptions;
  readonly refusals: RefusalLog;
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  /** Told when the sink has had no room for a while, and when it has again. */
  readonly stalls: Pick<WarningFolder, "failure" | "success">;
  /** Called at most once a batch, when an event of it is a sign of life. */
  readonly onActivity: () => void;
  /** Whether a send of the sink resolves when a broker has confirmed the event. @default false */
  readonly confirms?: boolean | undefined;
  /** Reads the values that events lack, for the format `map`. @default they stay without */
  readonly values?: Pick<MissingValues, "read"> | undefined;
}

/** Totals since the relay was made. */
export interface RelayCounters {
  /** Events that the sink has taken. */
  readonly relayed: number;
  /** Relayed in the other shape than they came in. */
  readonly converted: number;
  /** Messages that were no event, or could not be sent. */
  readonly refused: number;
}
