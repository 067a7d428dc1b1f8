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
