import type { FramePublisher } from "../../drivers/contract/pubsub.ts";
import { readPageAccess } from "../../service/fleet/page_access.ts";
import { placeOf } from "../../service/fleet/service_place.ts";
import type { NodesWanted } from "../../service/protocol/nodes_wanted.ts";
import { reportApplied, waitForNodes } from "../bus/applied_outcome.ts";
import { localService } from "../bus/service_places.ts";
import type { Composition } from "../composition.ts";
import { UsageError } from "../flags/failure.ts";
import { EXIT, type ExitCode } from "../terminal/exit_code.ts";
import type { Io } from "../terminal/io.ts";

/** Maximum number of topics to wait for: each needs a request. */
const MAX_TOPICS = 100;

/** The flags of a wait for nodes; times are in seconds. */
export interface WaitNodesFlags {
  readonly waitNodes?: NodesWanted | undefined;
  readonly ignoreOlderThan?: number | undefined;
  readonly timeout?: number | undefined;
  readonly json?: true | undefined;
  readonly quiet?: boolean | undefined;
}

/** The topics of published events. */
export class PublishedTopics implements Iterable<string> {
  readonly #topics = new Set<string>();

  /** The first hundred. */
  [Symbol.iterator](): IterableIterator<string> {
    return this.#topics.values();
  }

  note(topic: string): void {
    if (this.#topics.size <= MAX_TOPICS) this.#topics.add(topic);
  }

  /**
   * Waits until nodes have applied the published events, and reports those that have not. The
   * service announces the address of its pages; with a broker, the configuration has it.
   *
   * @throws {UsageError} if there are too many topics
   */
  async waitForNodes(
    composition: Composition,
    { service, address }: Pick<FramePublisher, "address" | "service">,
    { waitNodes: nodes, quiet: isQuiet = false, json, ...flags }: WaitNodesFlags,
    io: Io,
  ): Promise<ExitCode> {
    if (nodes === undefined) return EXIT.done;
    if (this.#topics.size > MAX_TOPICS) {
      throw new UsageError(
        `--wait-nodes: more than ${MAX_TOPICS} topics, wanted at most ${MAX_TOPICS}`,
      );
    }
    const access = await readPageAccess(composition.config, io);
    const announced = service && placeOf(service, address);
    const place = announced === undefined
      ? localService(composition, access)
      : { ...announced, ...access };
    const wanted = { ...flags, topics: [...this.#topics], nodes, isQuiet };
    const reports = await waitForNodes([place], wanted, io);
    return reportApplied(reports, io, { asJson: json ?? !io.out.isTerminal, isQuiet });
  }
}
