import { Semaphore } from "../../contract/semaphore.ts";
import { Reason } from "../reason.ts";
import { EtcdRefusal, explainEtcd, isNotDone, isTransient, wantsLogin } from "./errors.ts";
import type { EtcdSettings } from "./settings.ts";

/** Whether a request changes anything; if so, it is not sent twice. */
export type EtcdRequestKind = "read" | "write";

/**
 * Maximum number of concurrent requests: each has its own connection, and more do not make them
 * faster.
 */
const MAX_REQUESTS = 32;
/** Maximum size of an answer in bytes: that of a page of rows. */
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;

/** An answer of etcd, whose fields depend on the request. */
export type EtcdAnswer = Readonly<Record<string, unknown>>;

/**
 * Requests to the members of one configuration. A request that changes something is sent to another
 * member only if it was certainly not carried out.
 */
export class EtcdSession {
  readonly label: string;
  readonly #settings: EtcdSettings;
  readonly #permits = new Semaphore(MAX_REQUESTS);
  readonly #client: Deno.HttpClient;
  /** Index of the member for the first attempt. */
  #first = 0;
  /** Resolves with the prefix of the gateway's paths; all requests share it. */
  #prefix: Promise<string> | undefined;
  /** Resolves when the login is done; all requests share it. */
  #token: Promise<string> | undefined;
  #running = 0;
  #state: "open" | "ending" | "closed" = "open";

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
    await this.#atSomeMember("read", async (member) => {
      const prefix = await this.#prefixAt(member);
      if (this.#settings.login !== undefined) await this.#tokenFrom(member, prefix);
    });
  }

  async call(method: string, body: string, kind: EtcdRequestKind): Promise<EtcdAnswer> {
    this.#running++;
    try {
      using _permit = await this.#permits.acquire();
      return await this.#atSomeMember(kind, (member) => this.#callAt(member, method, body));
    } finally {
      this.#running--;
      if (this.#state === "ending") this.end();
    }
  }

  /** Closes the connections after the last running request. */
  end(): void {
    if (this.#state === "closed") return;
    this.#state = this.#running === 0 ? "closed" : "ending";
    if (this.#state === "closed") this.#client.close();
  }

  async #callAt(member: string, method: string, body: string): Promise<EtcdAnswer> {
    const prefix = await this.#prefixAt(member);
    const url = `${member}${prefix}/${method}`;
    if (this.#settings.login === undefined) return await this.#post(url, body);
    const token = await this.#tokenFrom(member, prefix);
    try {
      return await this.#post(url, body, token);
    } catch (thrown) {
      if (!wantsLogin(thrown)) throw thrown;
      return await this.#post(url, body, await this.#tokenFrom(member, prefix, token));
    }
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

  async #prefixAt(member: string): Promise<string> {
    const prefix = this.#prefix ??= this.#findPrefix(member);
    try {
      return await prefix;
    } catch (thrown) {
      if (this.#prefix === prefix) this.#prefix = undefined;
      throw thrown;
    }
  }

  /** The token of the login. @param invalid a token that etcd has refused */
  async #tokenFrom(member: string, prefix: string, invalid?: string): Promise<string> {
    const known = this.#token;
    if (known !== undefined && await known !== invalid) return await known;
    if (this.#token !== known) return await this.#tokenFrom(member, prefix, invalid);
    const login = this.#token = this.#logIn(member, prefix);
    try {
      return await login;
    } catch (thrown) {
      if (this.#token === login) this.#token = undefined;
      throw thrown;
    }
  }

  async #logIn(member: string, prefix: string): Promise<string> {
    const { username = "", password = "" } = this.#settings.login ?? {};
    const body = JSON.stringify({ name: username, password });
    const { token } = await this.#post(`${member}${prefix}/auth/authenticate`, body);
    if (typeof token === "string") return token;
    throw new Reason(`${member}: the login gave no token`);
  }

  async #findPrefix(member: string): Promise<string> {
    const { etcdserver: version } = await this.#request(`${member}/version`, {});
    if (typeof version !== "string") throw new Reason(`${member}: it is not etcd`);
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major !== 3) throw new Reason(`${member}: it is etcd ${version}, wanted etcd 3`);
    if (minor >= 4) return "/v3";
    return minor === 3 ? "/v3beta" : "/v3alpha";
  }

  #post(url: string, body: string, token?: string): Promise<EtcdAnswer> {
    const headers = new Headers(token === undefined ? [] : [["Authorization", token]]);
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
