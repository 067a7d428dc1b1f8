import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import type { SendGroup } from "../../drivers/contract/send_group.ts";
import type { WaitOptions } from "../../drivers/contract/waiting.ts";
import type { Clock } from "../base/clock.ts";
import type { RefusalLog } from "../base/refusal_log.ts";
import type { WarningFolder } from "../base/warning_folder.ts";
import type { PublisherOptions } from "../publish/publisher.ts";
import type { MissingValues } from "./missing_values.ts";

/** The destination of a {@linkcode Relay}: a driver's publisher, or one that stamps events. */
export interface RelaySink extends FramePublisher {
  /**
   * As a driver's. A local publisher's stamp from `stampOffset` on is replaced by the sink's own.
   */
  trySend(topic: string, payload: Uint8Array, stampOffset?: number): boolean;
  trySendIn?(group: SendGroup, topic: string, payload: Uint8Array, stampOffset?: number): boolean;
  /** Creates a group for {@linkcode trySendIn}. @default one that counts nothing */
  openGroup?(): SendGroup;
  send(
    topic: string,
    payload: Uint8Array,
    options?: WaitOptions & { readonly stampOffset?: number },
  ): Promise<void>;
}

/** Options of a {@linkcode Relay}. */
export interface RelayOptions {
  /** The wire format of events, and the send timeout. */
  readonly sending: PublisherOptions;
  readonly refusals: RefusalLog;
  readonly clock: Pick<Clock, "monotonic" | "sleep">;
  /** Notified when the sink has been full for a while, and when it has room again. */
  readonly stalls: Pick<WarningFolder, "failure" | "success">;
  /** Called at most once per batch, if an event of it shows that its publisher is active. */
  readonly onActivity: () => void;
  /** Whether a send resolves when a broker has confirmed the event. @default false */
  readonly confirms?: boolean | undefined;
  /** Called with the topic of an event that a broker refused or may have lost. @default ignored */
  readonly onRefused?: ((topic: string) => void) | undefined;
  /** Reads missing values of events, for the format `map`. @default none */
  readonly values?: Pick<MissingValues, "read"> | undefined;
}

/** Totals since the relay was created. */
export interface RelayCounters {
  /** Events that the sink has taken. */
  readonly relayed: number;
  /** Events that were converted to the other format. */
  readonly converted: number;
  /** Payloads that were not an event, or could not be sent. */
  readonly refused: number;
}
