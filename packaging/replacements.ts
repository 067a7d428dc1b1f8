import type { Plugin } from "esbuild";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { ROOT } from "./child.ts";

/** A module that is another one in the bundle than in the sources. */
interface Replacement {
  /** Who asks for it. */
  readonly importer: RegExp;
  /** As it is asked for. */
  readonly module: RegExp;
  /** What it gets: a file of `stand_ins/`. */
  readonly standIn: string;
}

const COMMANDER = /\/node_modules\/commander\//;

/** What of them is asked for beyond what a stand-in has is an error, with the member's name. */
export const REPLACEMENTS: readonly Replacement[] = [
  // Newer Deno loads these when they are asked for: half of the time a cold start takes.
  { importer: COMMANDER, module: /^node:events$/, standIn: "event_emitter.ts" },
  { importer: COMMANDER, module: /^node:process$/, standIn: "no_exit_code.ts" },
  { importer: COMMANDER, module: /^node:(child_process|fs|path)$/, standIn: "nothing.ts" },
  { importer: /\/node_modules\/ioredis\//, module: /^debug$/, standIn: "silent_debug.ts" },
  {
    importer: /\/drivers\/_internal\/(lib)?zmq\//,
    module: /^\.\/libzmq_packaged\.ts$/,
    standIn: "libzmq_packaged.ts",
  },
];

/** Puts the stand-ins where they belong. */
export const standIns: Plugin = {
  name: "stand-ins",
  setup(build) {
    for (const { importer, module, standIn } of REPLACEMENTS) {
      const path = join(ROOT, "packaging/stand_ins", standIn);
      build.onResolve({ filter: module }, (asked) => {
        return importer.test(asked.importer) ? { path } : undefined;
      });
    }
  },
};

/** Writes the commit into the program. */
export function commitAs(commit: string | undefined): Plugin {
  return {
    name: "commit",
    setup(build) {
      const contents = `export const COMMIT = ${JSON.stringify(commit)};\n`;
      build.onLoad({ filter: /\/cli\/flags\/commit\.ts$/ }, () => ({ contents, loader: "ts" }));
    },
  };
}

const BUILT_INS: ReadonlySet<string> = new Set(builtinModules);

/** Has CommonJS packages get Node's modules by an import: a bundle of modules has no `require`. */
export const requiredBuiltIns: Plugin = {
  name: "required-built-ins",
  setup(build) {
    build.onResolve({ filter: /^[\w:/]+$/ }, ({ kind, path }) => {
      const name = path.replace(/^node:/, "");
      if (kind !== "require-call" || !BUILT_INS.has(name)) return undefined;
      return { path: name, namespace: "built-in" };
    });
    build.onLoad({ filter: /^/, namespace: "built-in" }, ({ path }) => {
      return { contents: `import module_ from "node:${path}";\nmodule.exports = module_;\n` };
    });
  },
};
