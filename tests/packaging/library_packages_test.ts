import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { basename } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { output, ROOT } from "../../packaging/child.ts";
import { buildJsrPackage, checkJsrPackage } from "../../packaging/library/jsr_package.ts";
import { buildNpmPackage, packNpmPackage } from "../../packaging/library/npm_package.ts";
import { ENTRY_POINTS } from "../../packaging/library/sources.ts";
import { endAfterTests } from "../support/end_after_tests.ts";
import { testLibraryPrograms } from "../support/library_programs.ts";
import type { Project } from "../support/project.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Nothing answers there: what is missing on this machine cannot be fetched. */
const NOWHERE = "http://127.0.0.1:1";
const DATE = 1_700_000_000;

const work = await tempDir();
let npm: Promise<string> | undefined;
let jsr: Promise<string> | undefined;

/** The file of the npm package that the tests share. */
function npmPackage(): Promise<string> {
  return npm ??= buildNpmPackage(work.path, { date: DATE });
}

/** The directory of the package for JSR that the tests share. */
function jsrPackage(): Promise<string> {
  const directory = work.join("jsr");
  return jsr ??= buildJsrPackage(directory).then(() => directory);
}

async function installNpmPackage(project: Project): Promise<void> {
  const installed = project.join("node_modules/@df/pubsub");
  await Deno.mkdir(installed, { recursive: true });
  await output("tar", ["-xzf", await npmPackage(), "-C", installed, "--strip-components=1"]);
  const { dependencies } = JSON.parse(await Deno.readTextFile(`${installed}/package.json`));
  for (const name of Object.keys(dependencies)) {
    await symlink(`${ROOT}node_modules/${name}`, project.join(`node_modules/${name}`));
  }
  const wanted = { [config.name]: config.version, ioredis: dependencies.ioredis };
  await project.write("package.json", JSON.stringify({ type: "module", dependencies: wanted }));
  Object.assign(project.env, {
    HOME: project.join("home"),
    DENO_DIR: project.join("cache"),
    NPM_CONFIG_REGISTRY: NOWHERE,
    JSR_URL: NOWHERE,
  });
}

async function linkJsrPackage(project: Project): Promise<void> {
  await symlink(await jsrPackage(), project.join("library"));
  // What it takes from npm is in Deno's cache, by the name of the registry.
  Object.assign(project.env, { HOME: project.join("home"), JSR_URL: NOWHERE });
  project.env["DENO_DIR"] ??= JSON.parse(await output(Deno.execPath(), ["info", "--json"])).denoDir;
  const imports = {
    [config.name]: `jsr:${config.name}@${config.version}`,
    ioredis: config.imports.ioredis,
  };
  const manifest = { nodeModulesDir: "none", links: ["./library"], imports };
  await project.write("deno.json", JSON.stringify(manifest));
}

testLibraryPrograms("with the npm package, an empty home and no registry", {
  install: installNpmPackage,
});

testLibraryPrograms("with the package for JSR and an empty home", {
  install: linkJsrPackage,
  // The sources in it are checked as `deno publish` would.
  check: Object.values(ENTRY_POINTS).map((path) => `library/${path}`),
});

Deno.test("the package for JSR passes the checks of deno publish", async () => {
  // But for the types, which are checked beside the programs above.
  await checkJsrPackage(await jsrPackage(), { types: false });
});

Deno.test("the npm package is the same, when its content is packed again", async () => {
  const first = await npmPackage();
  await using other = await tempDir();
  // Written later, in another order, with other permissions.
  await output("cp", ["-r", work.join("package"), other.path]);
  await output("chmod", ["-R", "go-rwx", other.path]);
  const again = await packNpmPackage(other.path, { date: DATE });
  assert.equal(basename(again), `df-pubsub-${config.version}.tgz`);
  assert.equal(await hashOf(again), await hashOf(first));
});

Deno.test("the npm package names Deno, when Node imports what needs it", async () => {
  const directory = (await npmPackage()).replace(/[^/]*$/, "package");
  const { exports } = JSON.parse(await Deno.readTextFile(`${directory}/package.json`));
  const { types: _, ...main } = exports["."];
  // The first condition that holds counts, and Deno also takes "node".
  assert.deepEqual(Object.keys(main), ["deno", "node", "default"]);
  await assert.rejects(import(`${directory}/${main.node}`), {
    message: "@df/pubsub needs Deno 2.4.2 or later: on Node, only @df/pubsub/wire can be imported",
  });
  assert.deepEqual(Object.keys(exports["./wire"]), ["types", "default"]);
});

endAfterTests(work);

async function hashOf(path: string): Promise<string | undefined> {
  return (await output("sha256sum", [path])).split(" ")[0];
}
