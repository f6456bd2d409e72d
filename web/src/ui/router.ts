// Addresses: which page, and its parameters. Links are ordinary links.

import { signal } from "@preact/signals";
import { file, NEEDS_SERVER } from "../file/file.ts";
import { toast } from "./toast.tsx";

export interface Place {
  path: string;
  query: URLSearchParams;
  hash: string;
}

function here(): Place {
  return {
    path: location.pathname,
    query: new URLSearchParams(location.search),
    hash: location.hash.slice(1),
  };
}

export const place = signal<Place>(here());

/** Goes to an address of the page. */
export function go(url: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", url);
  else history.replaceState(null, "", url);
  const before = place.value.path;
  place.value = here();
  if (how === "push" && before !== place.value.path) window.scrollTo(0, 0);
}

/**
 * Changes parameters of the address in place, or as a step that the browser's back button takes
 * back; `null` and nothing take one away. What stands after `#` stays.
 */
export function setQuery(
  to: Record<string, string | null>,
  how: "push" | "replace" = "replace",
): void {
  const query = new URLSearchParams(place.peek().query);
  for (const [key, value] of Object.entries(to)) {
    if (value === null || value === "") query.delete(key);
    else query.set(key, value);
  }
  const text = query.toString();
  go(`${place.peek().path}${text && `?${text}`}${location.hash}`, how);
}

/**
 * Changes the part after `#` without a step in the browser's history. `place` stays as it is, so
 * that a selection, which is kept there, does not draw the page anew.
 */
export function setHash(hash: string): void {
  const url = `${location.pathname}${location.search}${hash ? `#${hash}` : ""}`;
  history.replaceState(history.state, "", url);
}

function onClick(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest?.("a");
  if (!link || link.target || link.hasAttribute("download")) return;
  if (!file && (link.origin !== location.origin || link.pathname.startsWith("/api/"))) return;
  if (link.getAttribute("href")?.startsWith("#")) return;
  event.preventDefault();
  if (file) {
    toast(`Not opened: ${NEEDS_SERVER}.`);
    return;
  }
  go(link.href);
}

export function listenForLinks(): void {
  document.addEventListener("click", onClick);
  window.addEventListener("popstate", () => {
    place.value = here();
  });
}

/** The parts of `path` if it has the form of `pattern` (`/g/:id`) and can be read, else `null`. */
export function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const found = path.replace(/\/+$/, "").split("/");
  if (wanted.length !== found.length) return null;
  const parts: Record<string, string> = {};
  for (let at = 0; at < wanted.length; at++) {
    if (!wanted[at].startsWith(":")) {
      if (wanted[at] !== found[at]) return null;
      continue;
    }
    const part = decoded(found[at]);
    if (part === null) return null;
    parts[wanted[at].slice(1)] = part;
  }
  return parts;
}

/** An address that somebody typed may have a `%` that stands for nothing. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
