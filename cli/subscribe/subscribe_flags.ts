import type { CommonFlags } from "../composition.ts";
import type { TopicFlags } from "../events/topic_choice.ts";
import type { ChoiceFlags } from "../events/event_choice.ts";
import type { FormatFlags } from "../events/event_format.ts";
import type { ExecFlags } from "./exec_sink.ts";
import type { LookBackFlags } from "./look_back.ts";

/** The flags of `subscribe` that say when and how it ends; times are in seconds. */
export interface EndFlags {
  readonly count?: number | undefined;
  readonly idleTimeout?: number | undefined;
  readonly timeout?: number | undefined;
  readonly failOnGap?: true | undefined;
}

/** The flags of `subscribe`. */
export interface SubscribeFlags
  extends CommonFlags, TopicFlags, ChoiceFlags, FormatFlags, EndFlags, LookBackFlags, ExecFlags {
  readonly uri?: readonly string[] | undefined;
  readonly resolve?: true | undefined;
  readonly snapshot?: true | undefined;
}
