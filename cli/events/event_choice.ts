import { ACTIONS, type DbUpdate } from "../../service/event/db_update.ts";
import { didYouMean } from "../../service/config/edit_distance.ts";
import { INITIAL, SYNCED } from "../../service/node/tables/snapshot_marks.ts";
import { type NamesIo, readSeenNames } from "../flags/seen_names.ts";
import { globMatcher, isGlob, literalOf } from "./glob.ts";
import { parseWhere } from "./where.ts";

/** The flags that choose events. Names are globs, of which one has to match. */
export interface ChoiceFlags {
  readonly table?: readonly string[] | undefined;
  readonly key?: readonly string[] | undefined;
  readonly action?: readonly string[] | undefined;
  readonly excludeTopic?: readonly string[] | undefined;
  readonly excludeTable?: readonly string[] | undefined;
  readonly excludeKey?: readonly string[] | undefined;
  readonly excludeAction?: readonly string[] | undefined;
  /** Expressions that an event has to meet, all of them. */
  readonly where?: readonly string[] | undefined;
  /** Whether rows of a snapshot pass the filter for actions, and the mark after them every filter. */
  readonly snapshot?: true | undefined;
}

/** Whether an event is wanted. */
export type EventFilter = (update: DbUpdate) => boolean;

/**
 * The filter for these flags; undefined if they choose every event.
 *
 * @throws {UsageError} for a wrong expression
 */
export function eventFilter(flags: ChoiceFlags): EventFilter | undefined {
  const { snapshot, where = [] } = flags;
  const action = anyOf(flags.action, (event) => event.action);
  const parts = [
    anyOf(flags.table, (event) => event.table),
    anyOf(flags.key, (event) => event.key),
    action && snapshot ? either(isOfSnapshot, action) : action,
    noneOf(flags.excludeTopic, (event) => event.topic),
    noneOf(flags.excludeTable, (event) => event.table),
    noneOf(flags.excludeKey, (event) => event.key),
    noneOf(flags.excludeAction, (event) => event.action),
    ...where.map(parseWhere),
  ];
  const wantsAll = allOf(...parts);
  return wantsAll && snapshot ? either(isMark, wantsAll) : wantsAll;
}

function isOfSnapshot(event: DbUpdate): boolean {
  return event.isOfSnapshot === true;
}

/** Whether it is the mark after the rows of a snapshot. */
function isMark(event: DbUpdate): boolean {
  return isOfSnapshot(event) && event.action === SYNCED;
}

/** Combines filters into one that requires all of them; undefined without a filter. */
export function allOf(...filters: readonly (EventFilter | undefined)[]): EventFilter | undefined {
  const present = filters.filter((filter) => filter !== undefined);
  const [first] = present;
  return present.length <= 1 ? first : (event) => present.every((wants) => wants(event));
}

function either(one: EventFilter, other: EventFilter): EventFilter {
  return (event) => one(event) || other(event);
}

type Name = (update: DbUpdate) => string | null;

function anyOf(globs: readonly string[] | undefined, nameOf: Name): EventFilter | undefined {
  if (globs === undefined) return undefined;
  const matches = anyMatcher(globs);
  return (event) => {
    const name = nameOf(event);
    return name !== null && matches(name);
  };
}

function noneOf(globs: readonly string[] | undefined, nameOf: Name): EventFilter | undefined {
  const matches = anyOf(globs, nameOf);
  return matches && ((event) => !matches(event));
}

/** A test for text that one of the globs matches. */
export function anyMatcher(globs: readonly string[]): (text: string) => boolean {
  const literals = new Set(globs.filter((glob) => !isGlob(glob)).map(literalOf));
  const matchers = globs.filter(isGlob).map(globMatcher);
  if (matchers.length === 0) return (text) => literals.has(text);
  return (text) => literals.has(text) || matchers.some((matches) => matches(text));
}

const CHOSEN_ACTIONS = [...ACTIONS, INITIAL, SYNCED];

/** Warnings about flags that choose no event that is known. */
export function choiceWarnings({ action = [], excludeAction = [] }: ChoiceFlags): string[] {
  return [
    ...action.flatMap((name) => actionWarning("--action", name, CHOSEN_ACTIONS)),
    ...excludeAction.flatMap((name) => actionWarning("--exclude-action", name, CHOSEN_ACTIONS)),
  ];
}

/** Warnings about an event to publish that probably no subscriber receives, or understands. */
export async function publishWarnings(
  { action, topic }: { readonly action?: string | undefined; readonly topic?: string | undefined },
  io: NamesIo,
): Promise<string[]> {
  return [
    ...(action === undefined ? [] : actionWarning("--action", action, ACTIONS)),
    ...(topic === undefined ? [] : await literalTopicWarning(topic, io)),
  ];
}

/** A warning about an unknown action, with the nearest known one. */
function actionWarning(flag: string, action: string, known: readonly string[]): string[] {
  if (isGlob(action) ? known.some(globMatcher(action)) : known.includes(literalOf(action))) {
    return [];
  }
  return [`${flag} "${action}": not a known action${didYouMean(action, known)}`];
}

/**
 * A warning about a topic that looks like a glob but is taken literally. It suggests the nearest
 * topic that `subscribe` has seen.
 */
export async function literalTopicWarning(topic: string, io: NamesIo): Promise<string[]> {
  if (!isGlob(topic)) return [];
  const { topics } = await readSeenNames(io);
  const matching = topics.filter(globMatcher(topic));
  const hint = didYouMean(matching[0] ?? topic, topics);
  return [`--topic "${topic}": taken literally, only subscribe takes globs${hint}`];
}
