// The process of a node. It subscribes through the library as an application would, and writes what
// it receives to standard output. Its input is a NodeSpec. SIGTERM stops it.
import * as df from "../../../mod.ts";
import { nbDbClass } from "../../../service/config/options/host.ts";
import { pubSubDriver } from "../../../service/config/options/pub_sub.ts";
import type { GapNotice } from "../../../service/protocol/notices.ts";
import { configuredPublisherUris } from "../../../service/publishers/publisher_uris.ts";
import { announcementOf } from "../harness/announcement.ts";
import type { NodeLine, NodeSpec, NumberedEvent } from "../harness/protocol.ts";

const READY_TIMEOUT_MS = 1_000;

function say(line: NodeLine): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

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

function onNotice(notice: GapNotice): void {
  const announcement = announcementOf(notice, Date.now());
  if (announcement !== undefined) say({ announcement });
}

const log: df.Logger = {
  ...df.silentLogger,
  warn: (message) => console.error(`warn ${message}`),
  error: (message) => console.error(`error ${message}`),
};

async function open(spec: NodeSpec): Promise<Listener> {
  const settings = await df.loadConfig({
    table: [...df.coreOptions, ...df.driverOptions],
    overrides: spec.overrides,
    facts: df.hostFacts(),
    io: df.hostFiles,
  });
  return spec.kind === "network"
    ? await openSubscriber(spec, settings)
    : await openNbApi(spec, settings);
}

interface Listener extends AsyncDisposable {
  ready(options: df.WaitOptions): Promise<void>;
}

async function openSubscriber(
  { topics, uris }: NodeSpec,
  settings: df.Settings,
): Promise<Listener> {
  const context = { settings, log };
  const driver = await df.loadPubSubDriver(settings.get(pubSubDriver), context);
  const db = uris === undefined
    ? await df.loadDbDriver(settings.get(nbDbClass), context)
    : undefined;
  const publisherUris = uris ?? configuredPublisherUris(settings);
  const clock = df.systemClock;
  const options = { settings, driver, db, publisherUris, topics, clock, log };
  return await df.NetworkSubscriber.open({ ...options, onUpdates, onHealth, onNotice });
}

async function openNbApi({ topics }: NodeSpec, settings: df.Settings): Promise<Listener> {
  const { loadPubSubDriver, loadDbDriver, systemClock: clock } = df;
  const drivers = { loadPubSubDriver, loadDbDriver };
  const api = await df.NbApi.initialize({ settings, drivers, clock, log });
  for (const topic of topics) api.registerTopic(topic);
  void readChanges(api);
  void readHealth(api);
  return api;
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
