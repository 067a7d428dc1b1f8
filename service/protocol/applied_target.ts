import type { AppliedQuery } from "./applied_report.ts";
import { formatNodesWanted, parseNodesWanted } from "./nodes_wanted.ts";
import type { Position } from "./position_log.ts";

const MAX_TEXT = 512;

/** The path and query of a request for an {@linkcode AppliedReport}. */
export function appliedTarget(query: AppliedQuery): string {
  const { topic, position, nodes, waitMs, waitedMs, ignoreOlderThanMs } = query;
  const values: Record<string, string> = {
    topic,
    nodes: formatNodesWanted(nodes),
    waitMs: String(Math.round(waitMs)),
    waitedMs: String(Math.round(waitedMs)),
    ignoreOlderThanMs: String(Math.round(ignoreOlderThanMs)),
  };
  if (position !== undefined && "position" in position) values["position"] = position.position;
  else if (position !== undefined) {
    const { publisher, epoch, seq } = position;
    Object.assign(values, { publisher, epoch: String(epoch), seq: String(seq) });
  }
  return `/applied?${new URLSearchParams(values)}`;
}

/** Parses the query of such a request. @returns a text that says what is wrong, if it is invalid */
export function parseAppliedQuery(text: string): AppliedQuery | string {
  const values = new URLSearchParams(text);
  const topic = values.get("topic") ?? "";
  if (topic === "" || topic.length > MAX_TEXT) return `"topic" must be the name of a topic`;
  const nodes = parseNodesWanted(values.get("nodes") ?? "all");
  if (nodes === undefined) return `"nodes" must be all, a number from 1, or a percentage`;
  const waitMs = wholeNumber(values.get("waitMs") ?? "0");
  const waitedMs = wholeNumber(values.get("waitedMs") ?? "0");
  const ignoreOlderThanMs = wholeNumber(values.get("ignoreOlderThanMs") ?? "60000");
  if (waitMs === undefined || waitedMs === undefined || ignoreOlderThanMs === undefined) {
    return `"waitMs", "waitedMs" and "ignoreOlderThanMs" must be whole numbers of milliseconds`;
  }
  const position = positionIn(values, topic);
  if (typeof position === "string") return position;
  return { topic, nodes, waitMs, waitedMs, ignoreOlderThanMs, position };
}

function positionIn(values: URLSearchParams, topic: string): Position | string | undefined {
  const position = values.get("position");
  if (position !== null) {
    return position.length > MAX_TEXT ? `"position": too long` : { topic, position };
  }
  const publisher = values.get("publisher");
  if (publisher === null) return undefined;
  const epoch = wholeNumber(values.get("epoch") ?? "");
  const seq = wholeNumber(values.get("seq") ?? "");
  if (epoch === undefined || seq === undefined) {
    return `"epoch" and "seq" must be whole numbers when "publisher" is given`;
  }
  return { publisher: publisher.slice(0, MAX_TEXT), epoch, topic, seq };
}

function wholeNumber(text: string): number | undefined {
  const number = Number(text);
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(number) ? number : undefined;
}
