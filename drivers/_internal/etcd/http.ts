import { Reason } from "../reason.ts";
import { EtcdRefusal } from "./errors.ts";
import type { EtcdSettings } from "./settings.ts";

/** Maximum size of an answer in bytes: that of a page of rows. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
const NO_ANSWER = "no answer before the timeout";

/** An answer of etcd, whose fields depend on the request. */
export type EtcdAnswer = Readonly<Record<string, unknown>>;

/** What a request carries besides its URL. */
export interface EtcdPost {
  readonly body: string;
  readonly token?: string | undefined;
}

/** HTTP requests to the members of one configuration. */
export class EtcdHttp implements Disposable {
  readonly #settings: EtcdSettings;
  readonly #client: Deno.HttpClient;

  constructor(settings: EtcdSettings) {
    const { ca, cert, key } = settings.tls ?? {};
    this.#settings = settings;
    this.#client = Deno.createHttpClient({
      ...(ca === undefined ? {} : { caCerts: [ca] }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
  }

  /** Asks with a GET. */
  get(url: string): Promise<EtcdAnswer> {
    return this.#answer(url, {});
  }

  /** @throws {EtcdRefusal} if the member refuses the request */
  post(url: string, post: EtcdPost): Promise<EtcdAnswer> {
    return this.#answer(url, initOf(post));
  }

  /**
   * Begins a stream of answers; the first has to come within the timeout of a request. The member
   * ends the stream when it loses its leader.
   *
   * @param signal ends the stream
   * @throws {EtcdRefusal} also while iterating
   */
  async stream(url: string, post: EtcdPost, signal: AbortSignal): Promise<AnswerStream> {
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new Reason(NO_ANSWER)),
      this.#settings.requestTimeoutMs,
    );
    const { headers, ...init } = initOf(post);
    headers.set("Grpc-Metadata-hasleader", "true");
    // Otherwise the gateway's server drops what it has not read of the body at its first answer.
    headers.set("Connection", "close");
    try {
      const either = AbortSignal.any([signal, late.signal]);
      const response = await this.#fetch(url, { ...init, headers, signal: either });
      if (!response.ok) throw refusal(url, response.status, await boundedText(response));
      const rest = streamed(response);
      const { value: first, done } = await rest.next();
      if (done) throw new Reason("it closed the connection without an answer");
      return { first, rest };
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(url: string, init: RequestInit): Promise<EtcdAnswer> {
    const signal = AbortSignal.timeout(this.#settings.requestTimeoutMs);
    const response = await this.#fetch(url, { ...init, signal });
    const text = await boundedText(response);
    const answer = parsed(text);
    if (response.ok && answer !== undefined) return answer;
    throw refusal(url, response.status, text);
  }

  #fetch(url: string, init: RequestInit): Promise<Response> {
    return fetch(url, { ...init, client: this.#client, redirect: "error" });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** Answers that follow each other on one connection. */
export interface AnswerStream {
  readonly first: EtcdAnswer;
  readonly rest: AsyncGenerator<EtcdAnswer>;
}

function initOf({ body, token }: EtcdPost) {
  const headers = new Headers(token === undefined ? [] : [["Authorization", token]]);
  return { method: "POST", body, headers };
}

/** The error for an answer that is not a result. */
function refusal(url: string, status: number, text: string): Error {
  const answer = parsed(text);
  const { code = status, message = answer?.["error"] } = answer ?? {};
  if (typeof message === "string") return new EtcdRefusal(Number(code), message);
  if (status === 404) {
    return new Reason(
      `${url}: not found: check that etcd's JSON gateway is on (--enable-grpc-gateway)`,
    );
  }
  const page = text.trimStart().startsWith("<") ? "" : text.trim();
  return new EtcdRefusal(status, page.slice(0, 200) || `HTTP ${status}`);
}

/** The text of an answer. At most the limit is held in memory. */
async function boundedText(response: Response): Promise<string> {
  const length = response.headers.get("Content-Length");
  // A quarter of a short request's time would go into reading its answer in parts.
  if (length !== null && Number(length) <= MAX_ANSWER_BYTES) return await response.text();
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let size = 0;
  for await (const bytes of response.body ?? []) {
    size += bytes.length;
    if (size > MAX_ANSWER_BYTES) throw tooLarge();
    parts.push(decoder.decode(bytes, { stream: true }));
  }
  return parts.join("") + decoder.decode();
}

/** The answers of a stream, one per line. A line that is not an answer ends the stream. */
async function* streamed(response: Response): AsyncGenerator<EtcdAnswer> {
  const decoder = new TextDecoder();
  const open: string[] = [];
  let size = 0;
  for await (const bytes of response.body ?? []) {
    const [head = "", ...lines] = decoder.decode(bytes, { stream: true }).split("\n");
    open.push(head);
    size += head.length;
    if (size > MAX_ANSWER_BYTES) throw tooLarge();
    for (const line of lines) {
      yield resultOf(open.join(""));
      open.length = 0;
      open.push(line);
      size = line.length;
    }
  }
}

function resultOf(line: string): EtcdAnswer {
  const { result, error } = parsed(line) ?? {};
  if (isObject(result)) return result;
  const { grpc_code: code = 0, message = "the stream has a line that is not an answer" } =
    isObject(error) ? error : {};
  throw new EtcdRefusal(Number(code), String(message));
}

function tooLarge(): Reason {
  return new Reason(`the answer has more than ${MAX_ANSWER_BYTES} bytes`);
}

function parsed(text: string): EtcdAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return isObject(answer) ? answer : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is EtcdAnswer {
  return typeof value === "object" && value !== null;
}
