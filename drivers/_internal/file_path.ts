/** The directory of a path's last part; the working directory if the path has only one part. */
export function directoryOf(path: string): string {
  const parts = /^(.*?)\/+[^/]+\/*$/.exec(path);
  if (parts !== null) return parts[1] || "/";
  return path.startsWith("/") ? "/" : ".";
}

/** An absolute path of the same file. */
export function absolutePath(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}

/** An absolute path without `.`, `..` and empty parts; a relative one begins at `base`. */
export function normalPath(path: string, base: string = Deno.cwd()): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** The state of a file, or of a symlink itself; undefined if it cannot be read. */
export function infoOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch {
    return undefined;
  }
}
