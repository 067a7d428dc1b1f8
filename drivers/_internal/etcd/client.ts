import type { Settings } from "../../contract/option.ts";
import { Semaphore } from "../../contract/semaphore.ts";
import { Reason } from "../reason.ts";
import { EtcdRefusal, explainEtcd, isNotDone, isTransient, wantsLogin } from "./errors.ts";
import { type EtcdSettings, readEtcdSettings } from "./settings.ts";

/** Whether a request changes anything; if so, it is not sent twice. */
export type EtcdRequestKind = "read" | "write";

/**
 * Maximum number of concurrent requests: each has its own connection, and more do not make them
 * faster.
 */
const MAX_REQUESTS = 32;
/** Maximum size of an answer in bytes: that of a page of rows. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/**
 * Uses etcd through the JSON gateway of its members, with one POST per request.
 *
 * If a member does not answer, has no leader or is stopping, the client tries the next one; it
 * begins with the last member that answered. A request that changes something is sent to another
 * member only if it was certainly not carried out. If no member answers, the options and their
 * files are read again for the next request.
 */
export class EtcdClient implements Disposable {
  readonly #settings: Settings;
  #session: EtcdSession;
  #isStale = false;

  /** @throws {Reason} if no member answers, with the reason of each */
  static async open(settings: Settings): Promise<EtcdClient> {
    const session = new EtcdSession(await readEtcdSettings(settings));
    try {
      await session.start();
    } catch (thrown) {
      session[Symbol.dispose]();
      throw thrown;
    }
    return new EtcdClient(settings, session);
  }

  private constructor(settings: Settings, session: EtcdSession) {
    this.#settings = settings;
    this.#session = session;
  }

  /** The members in messages. */
  get label(): string {
    return this.#session.label;
  }

  /**
   * Sends a request. @returns etcd's answer
   *
   * @param method the path below the gateway's prefix: `kv/range`
   * @throws {EtcdRefusal} if etcd refuses the request
   * @throws {Reason} if no member answers
   */
  async call(method: string, body: unknown, kind: EtcdRequestKind): Promise<EtcdAnswer> {
    if (this.#isStale) await this.#renew();
    try {
      return await this.#session.call(method, JSON.stringify(body), kind);
    } catch (thrown) {
      if (!(thrown instanceof EtcdRefusal)) this.#isStale = true;
      throw thrown;
    }
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }

  async #renew(): Promise<void> {
    const session = new EtcdSession(await readEtcdSettings(this.#settings));
    this.#isStale = false;
    this.#session[Symbol.dispose]();
    this.#session = session;
  }
}

/** An answer of etcd, whose fields depend on the request. */
export type EtcdAnswer = Readonly<Record<string, unknown>>;

/** Requests with settings that were read before. */
class EtcdSession implements Disposable {
  readonly label: string;
  readonly #settings: EtcdSettings;
  readonly #permits = new Semaphore(MAX_REQUESTS);
  readonly #client: Deno.HttpClient;
  /** Index of the member for the first attempt. */
  #first = 0;
  #prefix: string | undefined;
  #token: string | undefined;

  constructor(settings: EtcdSettings) {
    const { ca, cert, key } = settings.tls ?? {};
    this.label = settings.members.join(",");
    this.#settings = settings;
    this.#client = Deno.createHttpClient({
      ...(ca === undefined ? {} : { caCerts: [ca] }),
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    });
  }

  /** Finds a member that answers, and logs in. */
  async start(): Promise<void> {
    await this.#atSomeMember("read", (member) => this.#prepare(member));
  }

  async call(method: string, body: string, kind: EtcdRequestKind): Promise<EtcdAnswer> {
    using _permit = await this.#permits.acquire();
    return await this.#atSomeMember(kind, async (member) => {
      const prefix = await this.#prepare(member);
      try {
        return await this.#post(`${member}${prefix}/${method}`, body);
      } catch (thrown) {
        if (this.#settings.login === undefined || !wantsLogin(thrown)) throw thrown;
        this.#token = undefined;
        await this.#prepare(member);
        return await this.#post(`${member}${prefix}/${method}`, body);
      }
    });
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }

  async #atSomeMember<T>(
    kind: EtcdRequestKind,
    ask: (member: string) => Promise<T>,
  ): Promise<T> {
    const { members } = this.#settings;
    const reasons: string[] = [];
    for (let tried = 0; tried < members.length; tried++) {
      const index = (this.#first + tried) % members.length;
      const member = members[index] ?? "";
      try {
        const answer = await ask(member);
        this.#first = index;
        return answer;
      } catch (thrown) {
        if (!isTransient(thrown)) throw thrown;
        reasons.push(`${member}: ${explainEtcd(thrown)}`);
        if (kind === "read" || isNotDone(thrown)) continue;
        this.#first = (index + 1) % members.length;
        throw new Reason(`${reasons.join("; ")}; the write may have been carried out`);
      }
    }
    throw new Reason(reasons.join("; "));
  }

  /** The prefix of the gateway's paths; logs in first if there is a login without a token. */
  async #prepare(member: string): Promise<string> {
    const prefix = this.#prefix ??= await this.#findPrefix(member);
    const { login } = this.#settings;
    if (login === undefined || this.#token !== undefined) return prefix;
    const body = JSON.stringify({ name: login.username ?? "", password: login.password });
    const { token } = await this.#post(`${member}${prefix}/auth/authenticate`, body);
    if (typeof token === "string") this.#token = token;
    return prefix;
  }

  async #findPrefix(member: string): Promise<string> {
    const { etcdserver: version } = await this.#request(`${member}/version`, {});
    if (typeof version !== "string") throw new Reason(`${member}: it is not etcd`);
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major !== 3) throw new Reason(`${member}: it is etcd ${version}, wanted etcd 3`);
    if (minor >= 4) return "/v3";
    return minor === 3 ? "/v3beta" : "/v3alpha";
  }

  #post(url: string, body: string): Promise<EtcdAnswer> {
    const headers = new Headers(this.#token === undefined ? [] : [["Authorization", this.#token]]);
    return this.#request(url, { method: "POST", body, headers });
  }

  async #request(url: string, init: RequestInit): Promise<EtcdAnswer> {
    const signal = AbortSignal.timeout(this.#settings.requestTimeoutMs);
    const response = await fetch(url, { ...init, signal, client: this.#client, redirect: "error" });
    const text = await boundedText(response);
    const answer = parsed(text);
    if (response.ok && answer !== undefined) return answer;
    const { code = response.status, message = answer?.["error"] } = answer ?? {};
    if (typeof message === "string") throw new EtcdRefusal(Number(code), message);
    if (response.status === 404) {
      throw new Reason(
        `${url}: not found: check that etcd's JSON gateway is on (--enable-grpc-gateway)`,
      );
    }
    throw new EtcdRefusal(response.status, text.trim().slice(0, 200) || `HTTP ${response.status}`);
  }
}

/** The text of an answer. At most the limit is held in memory. */
async function boundedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let size = 0;
  for await (const bytes of response.body ?? []) {
    size += bytes.length;
    if (size > MAX_ANSWER_BYTES) {
      throw new Reason(`the answer has more than ${MAX_ANSWER_BYTES} bytes`);
    }
    parts.push(decoder.decode(bytes, { stream: true }));
  }
  return parts.join("") + decoder.decode();
}

function parsed(text: string): EtcdAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === "object" && answer !== null ? answer as EtcdAnswer : undefined;
  } catch {
    return undefined;
  }
}
