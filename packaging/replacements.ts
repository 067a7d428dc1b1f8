import type { Plugin } from "esbuild";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { ROOT } from "./child.ts";

/** A module that the bundle replaces. */
interface Replacement {
  /** The importing modules. */
  readonly importer: RegExp;
  /** The imported module. */
  readonly module: RegExp;
  /** The replacement: a file in `stand_ins/`. */
  readonly standIn: string;
}

const COMMANDER = /\/node_modules\/commander\//;

/** Use of a member that a stand-in lacks is an error with the member's name. */
export const REPLACEMENTS: readonly Replacement[] = [
  // Newer Deno loads these on demand, which takes half of the time of a cold start.
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

/** Inserts the stand-ins. */
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

/** Makes CommonJS packages import Node's modules, since a bundle of modules has no `require`. */
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
