// A node's process: listens through the library as an application would, and writes what it is
// given on standard output. Its input is a NodeSpec; SIGTERM ends it in order.
import type { WaitOptions } from "../../../driver.ts";
import * as df from "../../../mod.ts";
import { announcementOf } from "../harness/announcement.ts";
import { complaints, say as sayLine, settingsOf } from "../harness/nb_api_process.ts";
import type { NodeLine, NodeSpec, NumberedEvent } from "../harness/protocol.ts";

const READY_TIMEOUT_MS = 1_000;

const say = (line: NodeLine) => sayLine(line);

function numbered({ origin, key }: df.DbUpdate): NumberedEvent {
  const stream = origin && `${origin.publisher}/${origin.epoch}/${origin.topic}`;
  return { stream: stream ?? null, seq: origin?.seq ?? 0, sentAt: origin?.sentAt ?? 0, key };
}

// A sync without a publisher's position was made on this side.
function onUpdates(updates: readonly df.DbUpdate[]): void {
  const at = Date.now();
  const events = updates.filter((update) => update.action !== "sync" || update.origin);
  if (events.length > 0) say({ events: events.map(numbered) });
  for (const { action, topic } of updates) {
    if (action !== "sync") continue;
    const limit = topic === df.SEND_ALL_TOPIC ? null : topic;
    say({ announcement: { kind: "sync", at, topic: limit } });
  }
}

function onHealth(event: df.HealthEvent): void {
  say({ health: { ...event, at: Date.now() } });
}

function onNotice(notice: df.GapNotice): void {
  const announcement = announcementOf(notice, Date.now());
  if (announcement !== undefined) say({ announcement });
}

async function open({ kind, topics, uris, overrides }: NodeSpec): Promise<Listener> {
  const options = { set: settingsOf(overrides), log: complaints };
  if (kind === "network") {
    const publisherUris = uris === undefined ? {} : { publisherUris: uris };
    const handlers = { onUpdates, onHealth, onNotice };
    return await df.openNetworkSubscriber({ ...options, ...publisherUris, topics, ...handlers });
  }
  const api = await df.openNbApi(options);
  for (const topic of topics) api.registerTopic(topic);
  void readChanges(api);
  void readHealth(api);
  return api;
}

interface Listener extends AsyncDisposable {
  ready(options: WaitOptions): Promise<unknown>;
}

async function readChanges(api: df.NbApi): Promise<void> {
  for await (const update of api.changes()) onUpdates([update]);
}

async function readHealth(api: df.NbApi): Promise<void> {
  for await (const event of api.health()) onHealth(event);
}

async function whenReady(listener: Listener, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await listener.ready({ timeoutMs: READY_TIMEOUT_MS, signal });
      return say({ ready: Date.now() });
    } catch (error) {
      if (!signal.aborted) console.error(`not ready yet: ${error}`);
    }
  }
}

const spec: NodeSpec = JSON.parse(await new Response(Deno.stdin.readable).text());
const ended = new AbortController();
Deno.addSignalListener("SIGTERM", () => ended.abort());
const listener = await open(spec);
await whenReady(listener, ended.signal);
if (!ended.signal.aborted) {
  await new Promise((resolve) => ended.signal.addEventListener("abort", resolve));
}
await listener[Symbol.asyncDispose]();
Deno.exit(0);
