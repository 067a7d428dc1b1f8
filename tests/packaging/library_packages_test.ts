import assert from "node:assert/strict";
import { symlink } from "node:fs/promises";
import { basename } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { output, ROOT } from "../../packaging/child.ts";
import { buildJsrPackage, checkJsrPackage } from "../../packaging/library/jsr_package.ts";
import { buildNpmPackage } from "../../packaging/library/npm_package.ts";
import { testLibraryPrograms } from "../support/library_programs.ts";
import type { Project } from "../support/project.ts";
import { tempDir } from "../support/temp_dir.ts";

/** Nothing answers there: what is missing on this machine cannot be fetched. */
const NOWHERE = "http://127.0.0.1:1";
const DATE = 1_700_000_000;

testLibraryPrograms("with the npm package, an empty home and no registry", async (project) => {
  await using work = await tempDir();
  const archive = await buildNpmPackage(work.path, { date: DATE });
  const installed = project.join("node_modules/@df/pubsub");
  await Deno.mkdir(installed, { recursive: true });
  await output("tar", ["-xzf", archive, "-C", installed, "--strip-components=1"]);
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
});

async function linkJsrPackage(project: Project): Promise<void> {
  await buildJsrPackage(project.join("library"));
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

testLibraryPrograms("with the package for JSR and an empty home", linkJsrPackage);

Deno.test("the package for JSR passes the checks of deno publish", async () => {
  await using directory = await tempDir();
  await buildJsrPackage(directory.path);
  await checkJsrPackage(directory.path);
});

Deno.test("the npm package is the same, when it is built again", async () => {
  const hashes: string[] = [];
  for (let time = 0; time < 2; time++) {
    await using work = await tempDir();
    const path = await buildNpmPackage(work.path, { date: DATE });
    assert.equal(basename(path), `df-pubsub-${config.version}.tgz`);
    hashes.push((await output("sha256sum", [path])).split(" ")[0] ?? "");
  }
  assert.equal(hashes[0], hashes[1]);
});
