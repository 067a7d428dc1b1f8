/** The directory that a path names its last part in; the working directory when it names none. */
export function directoryOf(path: string): string {
  const parts = /^(.*?)\/+[^/]+\/*$/.exec(path);
  if (parts !== null) return parts[1] || "/";
  return path.startsWith("/") ? "/" : ".";
}

/** The same file by a path from the root. */
export function absolutePath(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}

/** A path from the root without `.`, `..` and empty parts; a relative one begins at `base`. */
export function normalPath(path: string, base: string = Deno.cwd()): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") ? path : `${base}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}
