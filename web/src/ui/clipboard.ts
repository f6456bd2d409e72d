// What is copied, and a word about it.

import { toast } from "./toast.tsx";

/** Copies a text and says so, or that it could not: browsers allow it over TLS and on one machine. */
export async function copyText(text: string, said: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    toast("Not copied: the browser does not allow it on this page.");
  }
}
