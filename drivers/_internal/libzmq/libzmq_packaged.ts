const MANIFEST = "zeromq/package.json";

/** The addon of this platform in the npm package; undefined without the package. */
export function packagedLibrary(): string | undefined {
  const arch = Deno.build.arch === "aarch64" ? "arm64" : "x64";
  const file = `build/linux/${arch}/node/glibc-127-Release/addon.node`;
  try {
    return Deno.realPathSync(new URL(file, import.meta.resolve(MANIFEST)));
  } catch {
    return undefined;
  }
}
