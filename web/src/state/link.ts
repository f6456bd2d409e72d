// A whole view in the part of an address after `#`, which no server ever sees.

import { readView, type View } from "./document.ts";

async function through(bytes: Uint8Array, stream: CompressionStream | DecompressionStream) {
  const piped = new Blob([bytes as BlobPart]).stream().pipeThrough(stream as ReadableWritablePair);
  return new Uint8Array(await new Response(piped).arrayBuffer());
}

/** `z=…`: the document, deflated, in base64url. */
export async function encodeView(view: View, selection: readonly number[]): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify({ view, selection }));
  const bytes = await through(text, new CompressionStream("deflate-raw"));
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return `z=${btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

const MOST_BYTES = 4 * 1024 * 1024;

/** The view in a link, or `null` if there is none or it cannot be read. */
export async function decodeView(
  hash: string,
): Promise<{ view: View; selection: number[] } | null> {
  const code = new URLSearchParams(hash).get("z");
  if (!code || code.length > MOST_BYTES) return null;
  try {
    const binary = atob(code.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const text = new TextDecoder().decode(
      await through(bytes, new DecompressionStream("deflate-raw")),
    );
    const read = JSON.parse(text) as { view: unknown; selection?: unknown };
    const view = readView(read.view);
    if (!view) return null;
    const selection = Array.isArray(read.selection)
      ? read.selection.filter((node): node is number => Number.isInteger(node))
      : [];
    return { view, selection };
  } catch {
    return null;
  }
}
