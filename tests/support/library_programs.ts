import assert from "node:assert/strict";
import { openNbApi } from "../../mod.ts";
import { type Example, libraryExamples, libraryPage } from "./programs.ts";
import { type Install, Project, succeeded } from "./project.ts";
import { startRedis } from "./redis/server.ts";

interface Options {
  readonly install: Install;
  /** Files of the project whose types are checked besides those of programs and examples. */
  readonly check?: readonly string[];
}

/** Registers a test that runs the programs of docs/library.md in a project with the library. */
export function testLibraryPrograms(title: string, { install, check = [] }: Options): void {
  Deno.test(`the programs of docs/library.md run, ${title}`, async (test) => {
    const { programs, output } = await libraryPage();
    await using project = await Project.open(install);
    for (const [name, code] of programs) await project.write(name, code);
    await test.step("they type-check with default compiler options, as do all examples", async () => {
      const examples = await writeExamples(project);
      await project.run("check", ...programs.keys(), ...examples, ...check);
    });
    await test.step("rows.ts prints what it says", async () => {
      await using program = project.startProgram("rows.ts");
      assert.equal(succeeded(await program.result()), output);
    });
    await test.step("node.ts follows controller.ts", () => followController(project));
    await test.step("loopback.ts keeps the contract", async () => {
      const report = await project.run("test", "-A", "--no-check", "loopback_test.ts");
      assert.match(report, /loopback loses none of 10,000 frames and keeps their order \.\.\. ok/);
      assert.match(report, /an application uses the driver by its name \.\.\. ok/);
    });
    await test.step("decode.ts decodes what is on a bus", () => decodeBus(project));
  });
}

/** Writes every `@example` of the library to a file. @returns the names of the files */
async function writeExamples(project: Project): Promise<string[]> {
  const examples = await libraryExamples();
  const write = async ({ code }: Example, index: number) => {
    const name = `example_${index}.ts`;
    await project.write(name, code);
    return name;
  };
  return await Promise.all(examples.map(write));
}

async function followController(project: Project): Promise<void> {
  // As on a host with the package: its file, and one in conf.d, which takes precedence.
  const files = [project.join("df-pubsub.ini"), project.join("site.conf")];
  const [packaged = "", own = ""] = files;
  await Deno.writeTextFile(
    packaged,
    `[df]
publisher_bind_address = 127.0.0.1
publisher_port = 0
publisher_multiproc_socket = ${project.join("socket")}
sqlite_path = ${project.join("of_the_package.sqlite3")}
`,
  );
  await Deno.writeTextFile(own, `[df]\nsqlite_path = ${project.join("northbound.sqlite3")}\n`);
  await using controller = project.startProgram("controller.ts", ...files);
  await controller.stdout.waitFor(/one row is written/);
  const [, port] = await controller.stdout.waitFor(/pages at port (\d+)/);
  await using node = project.startProgram("node.ts", ...files);
  await node.stdout.waitFor(/initial port-1\ncomplete: 1 ports/);
  const readiness = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal((await readiness.json()).ready, true);
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
  assert.match(await metrics.text(), /^# TYPE df_pubsub_\w+ counter$/m);
  {
    const set = { "df.enable_df_pub_sub": true };
    await using other = await openNbApi({ files, set });
    await other.set("lport", "port-1", "{}");
    await node.stdout.waitFor(/set port-1\n/);
    await other.delete("lport", "port-1");
  }
  await node.stdout.waitFor(/delete port-1\n/);
  assert.match(succeeded(await node.stop()), /stopped\n$/);
  await controller.stdout.waitFor(/set port-1\ndelete port-1/);
  assert.match(succeeded(await controller.stop()), /accepted 1, relayed 3, clean: true\n$/);
}

async function decodeBus(project: Project): Promise<void> {
  await using redis = await startRedis();
  await using tool = project.startProgram("decode.ts", redis.address.split(":").at(-1) ?? "");
  await tool.stdout.waitFor(/listening/);
  await using api = await openNbApi({
    set: {
      "df.enable_df_pub_sub": true,
      "df.pub_sub_use_multiproc": false,
      "df.pub_sub_driver": "redis_db_pubsub_driver",
      "df.remote_db_hosts": redis.address,
      "df.nb_db_class": "memory",
    },
  });
  await api.create("lport", "port-1", "{}");
  await tool.stdout.waitFor(/^"D": create lport\/port-1 "\{\}", seq 1$/m);
  await redis.cli(["publish", "D", "no event"]);
  await tool.stdout.waitFor(/^"D": NOT_AN_EVENT: /m);
  succeeded(await tool.stop());
}
