import type { ClientRequest, IncomingMessage } from "node:http";
import { messageOf } from "../../drivers/contract/errors.ts";
import type { PageAccess } from "../../service/fleet/page_access.ts";
import { refusedName } from "../../service/fleet/page_client.ts";
import { requestPage } from "../../service/fleet/page_request.ts";

/** Options of {@linkcode readFeed}. */
export interface FeedOptions extends PageAccess {
  /** Maximum time between two messages, in milliseconds; the service sends one per second. */
  readonly silenceMs: number;
  readonly signal: AbortSignal;
}

/** Messages with 1,000 subscribers, 500 publishers and 15 minutes of samples are smaller. */
const MAX_MESSAGE_CHARACTERS = 8 * 1024 * 1024;

/**
 * The messages of a service's live feed, which its page at `/` shows, as JSON text. Ends when the
 * service ends it.
 *
 * @param base address of the service's pages: `http://127.0.0.1:8868`
 * @throws {Error} if there is no feed or it is silent; after an abort the signal's reason
 */
export async function* readFeed(
  base: URL,
  { silenceMs, signal, ...access }: FeedOptions,
): AsyncGenerator<string> {
  const page = await requestPage(new URL("/events", base), access);
  const { request: asked, explain, withheld } = page;
  const stopped = Promise.withResolvers<never>();
  stopped.promise.catch(() => {});
  const silence = () => stopped.reject(new Error(`no data for ${silenceMs / 1000} s`));
  const abort = () => stopped.reject(signal.reason);
  let timer = setTimeout(silence, silenceMs);
  signal.addEventListener("abort", abort, { once: true });
  if (signal.aborted) abort();
  try {
    const response = await Promise.race([answerOf(asked, explain, base), stopped.promise]);
    requireFeed(response, base, withheld);
    for await (const message of messagesOf(stoppable(response, stopped.promise))) {
      clearTimeout(timer);
      yield message;
      timer = setTimeout(silence, silenceMs);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
    asked.destroy();
  }
}

/** Iterates until `stopped` rejects. Deno 2.4 does not handle a destroyed response. */
function stoppable(
  response: IncomingMessage,
  stopped: Promise<never>,
): AsyncIterable<Uint8Array> {
  const reading = response[Symbol.asyncIterator]();
  const next = () => Promise.race([reading.next(), stopped]);
  return { [Symbol.asyncIterator]: () => ({ next }) };
}

function answerOf(
  asked: ClientRequest,
  explain: (error: unknown) => Promise<unknown>,
  { origin }: URL,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  asked.on("response", resolve);
  const noAnswer = (cause: unknown) =>
    reject(new Error(`no answer from ${origin}: ${messageOf(cause)}`, { cause }));
  asked.on("error", (error) => explain(error).then(noAnswer, noAnswer));
  asked.end();
  return promise;
}

function requireFeed(
  { statusCode, headers }: IncomingMessage,
  base: URL,
  withheld: string | undefined,
): void {
  if (statusCode === 200 && headers["content-type"]?.startsWith("text/event-stream")) return;
  const { origin } = base;
  if (statusCode === 401) {
    const wanted =
      "the token of [df] http_token_file, or a client certificate: see http_tls_cert_file";
    throw new Error(
      withheld === undefined ? `${origin} requires ${wanted}` : `${origin}: ${withheld}`,
    );
  }
  if (statusCode === 503) throw new Error(`${origin} has too many viewers`);
  const refused = refusedName(base, statusCode ?? 0);
  if (refused !== undefined) throw new Error(`${origin}: ${refused}`);
  throw new Error(
    `${origin} does not serve the page of a service: status ${statusCode}: see [df] http_page`,
  );
}

async function* messagesOf(response: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let parts: string[] = [];
  let size = 0;
  for await (const bytes of response) {
    const part = decoder.decode(bytes, { stream: true });
    parts.push(part);
    size += part.length;
    // A message is one line, so only its end has a line break.
    if (part.includes("\n")) {
      const blocks = parts.join("").split("\n\n");
      parts = blocks.splice(-1);
      size = parts[0]?.length ?? 0;
      yield* blocks.flatMap((block) => /^data: (.*)$/m.exec(block)?.[1] ?? []);
    }
    if (size > MAX_MESSAGE_CHARACTERS) throw new Error("a message is too large");
  }
}
