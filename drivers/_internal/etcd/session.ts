import { Backoff } from "../../contract/backoff.ts";
import { Semaphore } from "../../contract/semaphore.ts";
import { sleep } from "../../contract/waiting.ts";
import { Reason } from "../reason.ts";
import {
  EtcdRefusal,
  isLeaderless,
  isNotDone,
  isTransient,
  NoAnswer,
  NotEtcd,
  wantsLogin,
} from "./errors.ts";
import { explainMembers, type MemberFailure } from "./explain_member.ts";
import { type AnswerStream, type EtcdAnswer, EtcdHttp } from "./http.ts";
import type { EtcdSettings } from "./settings.ts";

/** Whether a request changes anything; if so, it is not sent twice. */
export type EtcdRequestKind = "read" | "write";

/**
 * Maximum number of concurrent requests: each has its own connection, and more do not make them
 * faster.
 */
const MAX_REQUESTS = 32;
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 1_000;

/** Which stream to open. */
export interface EtcdStreamRequest {
  /** The path below the gateway's prefix. */
  readonly method: string;
  /** Its body, from the prefix of the gateway's paths. */
  readonly body: (prefix: string) => string;
  /** Index of the member, counted on beyond the last one. */
  readonly at: number;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/**
 * Requests to the members of one configuration. A request that changes something is sent to another
 * member only if it was certainly not carried out.
 */
export class EtcdSession {
  readonly label: string;
  readonly settings: EtcdSettings;
  readonly #permits = new Semaphore(MAX_REQUESTS);
  readonly #http: EtcdHttp;
  /** Index of the member for the first attempt. */
  #first: number;
  /** Resolves with the prefix of the gateway's paths; all requests share it. */
  #prefix: Promise<string> | undefined;
  /** Resolves when the login is done; all requests share it. */
  #token: Promise<string> | undefined;
  #isRecognized = false;
  #running = 0;
  #state: "open" | "ending" | "closed" = "open";

  /** @param first index of the member for the first attempt */
  constructor(settings: EtcdSettings, first = 0) {
    this.#first = first;
    this.label = settings.members.join(",");
    this.settings = settings;
    this.#http = new EtcdHttp(settings);
  }

  /** Index of the member that is asked first. */
  get first(): number {
    return this.#first;
  }

  /** Whether a member has answered as etcd. */
  get isRecognized(): boolean {
    return this.#isRecognized;
  }

  /** Finds a member that answers, and logs in. */
  async start(): Promise<void> {
    await this.#atSomeMember("read", async (member) => {
      const prefix = await this.#prefixAt(member);
      if (this.settings.login !== undefined) await this.#tokenFrom(member, prefix);
    });
  }

  async call(method: string, body: string, kind: EtcdRequestKind): Promise<EtcdAnswer> {
    return await this.#counted(async () => {
      using _permit = await this.#permits.acquire();
      return await this.#atSomeMember(kind, (member) => this.#callAt(member, method, body));
    });
  }

  /**
   * Lets `use` read a stream of answers of one member.
   *
   * @throws the errors of the stream and of `use`
   */
  async stream<T>(
    { method, body, at, signal }: EtcdStreamRequest,
    use: (answers: AnswerStream) => Promise<T>,
  ): Promise<T> {
    const { members } = this.settings;
    const member = members[at % members.length] ?? "";
    return await this.#counted(async () => {
      const prefix = await this.#prefixAt(member);
      const post = { body: body(prefix) };
      const stream = await this.#withToken(member, async (token) => {
        const url = `${member}${prefix}/${method}`;
        const opened = await this.#http.stream(url, { ...post, token }, signal);
        const { cancel_reason: reason } = opened.first;
        if (typeof reason === "string" && wantsLogin(new EtcdRefusal(0, reason))) {
          throw new EtcdRefusal(0, reason);
        }
        return opened;
      });
      return await use(stream);
    });
  }

  /** Closes the connections after the last running request. */
  end(): void {
    if (this.#state === "closed") return;
    this.#state = this.#running === 0 ? "closed" : "ending";
    if (this.#state === "closed") this.#http[Symbol.dispose]();
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await work();
    } finally {
      this.#running--;
      if (this.#state === "ending") this.end();
    }
  }

  async #callAt(member: string, method: string, body: string): Promise<EtcdAnswer> {
    const url = `${member}${await this.#prefixAt(member)}/${method}`;
    return await this.#withToken(member, (token) => this.#http.post(url, { body, token }));
  }

  /** Asks with the token of the login, and once more with a new one if etcd refuses it. */
  async #withToken<T>(member: string, ask: (token?: string) => Promise<T>): Promise<T> {
    if (this.settings.login === undefined) return await ask();
    const prefix = await this.#prefixAt(member);
    const token = await this.#tokenFrom(member, prefix);
    try {
      return await ask(token);
    } catch (thrown) {
      if (!wantsLogin(thrown)) throw thrown;
      return await ask(await this.#tokenFrom(member, prefix, token));
    }
  }

  /** Asks the members in turn, and all of them again, with a backoff, while they have no leader. */
  async #atSomeMember<T>(
    kind: EtcdRequestKind,
    ask: (member: string) => Promise<T>,
  ): Promise<T> {
    const deadline = performance.now() + this.settings.requestTimeoutMs;
    const backoff = new Backoff({ firstMs: FIRST_PAUSE_MS, maxMs: MAX_PAUSE_MS });
    for (;;) {
      try {
        return await this.#askInTurn(kind, ask);
      } catch (thrown) {
        const leftMs = deadline - performance.now();
        if (leftMs <= 0 || !(thrown instanceof NoAnswer && thrown.isTemporary)) throw thrown;
        await sleep(backoff.next(leftMs));
      }
    }
  }

  async #askInTurn<T>(kind: EtcdRequestKind, ask: (member: string) => Promise<T>): Promise<T> {
    const { members, tls } = this.settings;
    const failures: MemberFailure[] = [];
    let isTemporary = false;
    const first = this.#first;
    for (let tried = 0; tried < members.length; tried++) {
      const index = (first + tried) % members.length;
      const member = members[index] ?? "";
      try {
        const answer = await ask(member);
        this.#first = index;
        return answer;
      } catch (thrown) {
        if (!isTransient(thrown)) throw thrown;
        failures.push({ member, thrown });
        isTemporary ||= isLeaderless(thrown);
        if (kind === "read" || isNotDone(thrown)) continue;
        this.#first = (index + 1) % members.length;
        throw new NoAnswer(await explainMembers(failures, tls), { isUncertain: true });
      }
    }
    throw new NoAnswer(await explainMembers(failures, tls), { isUncertain: false, isTemporary });
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
    const { username = "", password = "" } = this.settings.login ?? {};
    const body = JSON.stringify({ name: username, password });
    const url = `${member}${prefix}/auth/authenticate`;
    const { token } = await this.#http.post(url, { body });
    if (typeof token === "string") return token;
    throw new Reason(`${member}: the login gave no token`);
  }

  async #findPrefix(member: string): Promise<string> {
    const version = await this.#versionOf(member);
    this.#isRecognized = true;
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major !== 3) throw new Reason(`${member}: it is etcd ${version}, wanted etcd 3`);
    if (minor >= 4) return "/v3";
    return minor === 3 ? "/v3beta" : "/v3alpha";
  }

  async #versionOf(member: string): Promise<string> {
    try {
      const { etcdserver: version } = await this.#http.get(`${member}/version`);
      if (typeof version === "string") return version;
    } catch (thrown) {
      if (isTransient(thrown)) throw thrown;
    }
    throw new NotEtcd("it is not etcd");
  }
}
