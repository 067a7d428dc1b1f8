import { wrap } from "../service/config/table_text.ts";

/** Escapes come on top of it: lines are to stay below 80. */
const WIDTH = 66;

/** A part of a manual page: a heading and what is below it. */
export function part(heading: string, ...paragraphs: readonly string[]): string {
  // A heading begins a paragraph by itself.
  return [`.SH ${heading}`, paragraphs.join("\n").replace(/^\.PP\n/, "")].join("\n");
}

/** A term with its explanation. */
export function item(term: string, text: string): string {
  return `.TP\n.B ${escape(term)}\n${filled(text)}`;
}

/** Terms with their explanations. */
export function items(all: readonly (readonly [term: string, text: string])[]): string {
  return all.map(([term, text]) => item(term, text)).join("\n");
}

/** A paragraph of text that is filled. */
export function paragraph(text: string): string {
  return `.PP\n${filled(text)}`;
}

function filled(text: string): string {
  return text.split("\n").flatMap((line) => wrap(line, WIDTH)).map(escape).join("\n");
}

/** Lines as they are. */
export function verbatim(text: string): string {
  return `.PP\n.nf\n${escape(text)}\n.fi`;
}

/** A text with a full stop at its end. */
export function sentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}

/** A text that the formatter takes for nothing but text. */
export function escape(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    // A line that begins with a dot or a quote would be a command.
    .replaceAll(/^(?=[.'])/gm, "\\&")
    .replaceAll(/[^\0-\x7f]/gu, (character) => `\\[u${hex(character)}]`);
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
