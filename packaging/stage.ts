import { bundle } from "./bundle.ts";
import type { Target } from "./targets.ts";

/** A directory with the content of the executable and nothing else; disposing removes it. */
export class Stage implements AsyncDisposable {
  readonly path: string;

  static async create(target: Target, commit: string | undefined): Promise<Stage> {
    const stage = new Stage(await Deno.makeTempDir({ prefix: "df-pubsub-compile-" }));
    try {
      await bundle({ directory: stage.path, target, commit });
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(path: string) {
    this.path = path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
