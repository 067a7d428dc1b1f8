import { messageOf } from "../../contract/errors.ts";
import type { Settings } from "../../contract/option.ts";
import { Reason } from "../reason.ts";
import { EtcdRefusal, explainEtcd, isOfLogin, NotEtcd } from "./errors.ts";
import type { AnswerStream, EtcdAnswer } from "./http.ts";
import { type EtcdRequestKind, EtcdSession, type EtcdStreamRequest } from "./session.ts";
import { type EtcdSettings, readEtcdSettings } from "./settings.ts";

/**
 * Uses etcd through the JSON gateway of its members, with one POST per request.
 *
 * If a member does not answer, has no leader or is stopping, the client tries the next one; it
 * begins with the last member that answered. A request that changes something is sent to another
 * member only if it was certainly not carried out. If no member answers, the options and their
 * files are read again for the next request; if etcd refuses the login, they are read at once.
 */
export class EtcdClient implements Disposable {
  readonly #settings: Settings;
  #session: EtcdSession;
  #isStale = false;

  /**
   * @throws {Reason} if no member answers, with the reason of each; a {@linkcode NotEtcd} if none
   * answered as etcd
   */
  static async open(settings: Settings): Promise<EtcdClient> {
    const session = new EtcdSession(await readEtcdSettings(settings));
    try {
      await session.start();
    } catch (thrown) {
      session.end();
      throw session.isRecognized ? thrown : new NotEtcd(explainEtcd(thrown), { cause: thrown });
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
    const text = JSON.stringify(body);
    const ask = (session: EtcdSession) => session.call(method, text, kind);
    const first = this.#session;
    try {
      return await this.#inSession(ask);
    } catch (thrown) {
      const isSame = !this.#isStale && this.#session === first;
      // etcd checks the login before it carries a request out.
      if (isSame || !isOfLogin(thrown)) throw thrown;
      return await this.#inSession(ask);
    }
  }

  /**
   * Lets `use` read a stream of answers of one member.
   *
   * @throws the errors of the stream and of `use`
   */
  stream<T>(
    request: EtcdStreamRequest,
    use: (answers: AnswerStream) => Promise<T>,
  ): Promise<T> {
    return this.#inSession((session) => session.stream(request, use), request.signal);
  }

  /** Requests that are running still end. */
  [Symbol.dispose](): void {
    this.#session.end();
  }

  async #inSession<T>(
    ask: (session: EtcdSession) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    if (this.#isStale) await this.#renew();
    const session = this.#session;
    try {
      return await ask(session);
    } catch (thrown) {
      const isAnswered = signal?.aborted === true ||
        thrown instanceof EtcdRefusal && !(isOfLogin(thrown) && await this.#hasOtherLogin(session));
      if (!isAnswered && session === this.#session) this.#isStale = true;
      throw thrown;
    }
  }

  /** Whether another login is configured now. */
  async #hasOtherLogin(session: EtcdSession): Promise<boolean> {
    const { login } = session.settings;
    const now = await this.#readAgain().catch(() => session.settings);
    return JSON.stringify(now.login) !== JSON.stringify(login);
  }

  async #renew(): Promise<void> {
    const session = new EtcdSession(await this.#readAgain(), this.#session.first);
    this.#session.end();
    this.#session = session;
    this.#isStale = false;
  }

  /** While it runs, a file that is missing may come back: until then etcd is not available. */
  async #readAgain(): Promise<EtcdSettings> {
    try {
      return await readEtcdSettings(this.#settings);
    } catch (cause) {
      throw new Reason(messageOf(cause), { cause });
    }
  }
}
