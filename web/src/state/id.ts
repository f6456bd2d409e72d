// Ids that no other tab makes.

/**
 * Random hexadecimal digits, a few. Not of `crypto.randomUUID`: browsers have that, as the clipboard
 * and locks, over TLS and on one machine only, and the page is served over plain http, too.
 */
export function randomId(digits = 8): string {
  const bytes = crypto.getRandomValues(new Uint8Array(Math.ceil(digits / 2)));
  const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return text.slice(0, digits);
}
