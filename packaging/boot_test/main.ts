// Tests the life cycle of the .deb on a booted Debian 12: `deno task test:package [FILE.deb]`.
// Without a file it first builds the package. It needs root and, once, a Debian mirror; see
// docs/packaging.md.
import { join, resolve } from "node:path";
import { ROOT } from "../child.ts";
import { Container } from "./container.ts";
import { debianRoot } from "./debian_root.ts";
import { buildPackage, lint, makePackages } from "./packages.ts";
import { needTools } from "./tools.ts";

/** Each part uses a new Debian, or continues with that of the previous part. */
const PARTS = [
  { script: "fresh.sh", isNew: true },
  { script: "from_previous.sh", isNew: false },
  { script: "after_reboot.sh", isNew: false },
] as const;

async function main([file]: readonly string[]): Promise<void> {
  await needTools();
  const work = await Deno.makeTempDir({ prefix: "df-pubsub-boot-" });
  try {
    const deb = file === undefined ? await buildPackage(work) : resolve(file);
    console.log(`== ${deb}`);
    await lint(deb);
    const container = new Container(join(work, "root"));
    for (const { script, isNew } of PARTS) {
      if (isNew) {
        await debianRoot(container.root);
        await makePackages(deb, join(container.root, "test"), work);
      }
      console.log(`\n== boot: ${script}`);
      await container.run(join(ROOT, "packaging/boot_test/guest"), script);
    }
    console.log("\nThe package starts, runs, upgrades, and is removed without a trace");
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

try {
  await main(Deno.args);
} catch (error) {
  console.error(`Cannot test the package: ${error instanceof Error ? error.message : error}`);
  Deno.exit(1);
}
