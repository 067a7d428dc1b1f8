import { SEND_ALL_TOPIC } from "../../service/event/db_update.ts";
import { anyMatcher, type EventFilter } from "./event_choice.ts";
import { isGlob, literalOf } from "./glob.ts";

/** The flags that choose topics. */
export interface TopicFlags {
  /** Besides the broadcast topic. */
  readonly topic?: readonly string[] | undefined;
  /** Instead of the broadcast topic. */
  readonly onlyTopic?: readonly string[] | undefined;
  readonly allTopics?: true | undefined;
}

/** The topics to subscribe to. */
export interface TopicChoice {
  /** Topics by name, besides the broadcast topic. */
  readonly topics: readonly string[];
  /** Whether to subscribe to the broadcast topic. */
  readonly broadcast: boolean;
  /** Whether to subscribe to every topic. */
  readonly allTopics: boolean;
  /** Chooses among the events of all topics; undefined if each one is wanted. */
  readonly filter: EventFilter | undefined;
}

/** The topics of these flags. A glob requires a subscription to all topics, and a filter. */
export function topicChoice(flags: TopicFlags): TopicChoice {
  const { topic = [], onlyTopic, allTopics } = flags;
  const broadcast = onlyTopic === undefined;
  const wanted = [...topic, ...(onlyTopic ?? [])];
  const topics = wanted.filter((each) => !isGlob(each)).map(literalOf);
  const found = { topics, broadcast, allTopics: allTopics === true, filter: undefined };
  if (allTopics || !wanted.some(isGlob)) return found;
  return { ...found, allTopics: true, filter: topicFilter(flags) };
}

/** Chooses the events of these topics; undefined for every topic, as without any of these flags. */
export function topicFilter({ topic, onlyTopic, allTopics }: TopicFlags): EventFilter | undefined {
  if (allTopics || (topic ?? onlyTopic) === undefined) return undefined;
  const broadcast = onlyTopic === undefined ? [SEND_ALL_TOPIC] : [];
  const matches = anyMatcher([...broadcast, ...(topic ?? []), ...(onlyTopic ?? [])]);
  // A sync that this process requests for everything has the broadcast topic.
  return (event) => matches(event.topic) || event.reason !== undefined;
}
